// Stands in for the generated assets.cpp when the gateway is built without its page.

#include "gateway/web/assets.hpp"

namespace tplink::gateway {

namespace {

constexpr Asset kAssets[] = {
    {"/",
     "text/html; charset=utf-8",
     "no-page",
     false,
     "<!doctype html><html lang=\"en\"><title>tplink2mqtt</title><p>This gateway was built without its page. "
     "Build it with -DWITH_PAGE=ON, which needs nodejs and npm. The API works.</p></html>",
     {}},
    {"/login",
     "text/html; charset=utf-8",
     "no-page",
     false,
     "<!doctype html><html lang=\"en\"><title>Sign in</title><h1>Sign in</h1><!--message-->"
     "<form method=\"post\" action=\"login\"><label>User name <input name=\"username\"></label> "
     "<label>Password <input name=\"password\" type=\"password\"></label> <button>Sign in</button></form></html>",
     {},
     true},
};

} // namespace

std::span<const Asset> assets() { return kAssets; }

} // namespace tplink::gateway
