#pragma once
// Reading requests from and writing replies to bytes; the part of HTTP a device server has.

#include <optional>
#include <string>

#include "tests/simulators/http_server.hpp"

namespace tplink::sim {

class Connection;

/// Reads one request; `buffered` keeps bytes that came beyond it. Nothing at the end of the connection, when
/// head or body are too large (16 KiB, 1 MiB), or when it is no HTTP. exact_content_length: another spelling
/// of that header counts as no body.
std::optional<HttpRequest> read_request(Connection& connection, std::string& buffered,
                                        bool exact_content_length);

std::string to_bytes(const HttpReply& reply);
/// 200 with a body that is neither JSON nor ciphertext.
HttpReply garbage_reply();
/// Bytes that are no HTTP at all.
std::string noise_bytes();

} // namespace tplink::sim
