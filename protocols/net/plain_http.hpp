#pragma once
// HTTP without TLS on one kept connection, as plugs are asked every few seconds: one system call to send, two to receive.

#include <memory>

#include "protocols/net/http_client.hpp"

namespace tplink::net {

std::unique_ptr<HttpClient> make_plain_http_client(const HttpOptions& options);

} // namespace tplink::net
