#pragma once
// The form to sign in, as HTML.

#include "gateway/web/http_server.hpp"

namespace tplink::gateway {

/// The form; after a refusal of the gatekeeper with its status, its headers and its sentence.
HttpResponse login_page(std::optional<HttpResponse> refusal = std::nullopt);
/// 303 to the page, below whatever prefix the browser sees.
HttpResponse to_page();

}  // namespace tplink::gateway
