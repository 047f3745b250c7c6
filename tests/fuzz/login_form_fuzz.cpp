// Whatever a browser, or somebody who is none, sends as cookies and form: values come from the text itself, few of them.

#include <cstdint>
#include <cstdlib>

#include "gateway/web/login_form.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto values = tplink::gateway::cookie_values(text, "tplink2mqtt_8745");
    if (values.size() > 4) std::abort();
    for (const std::string_view value : values) {
        if (value.find(';') != value.npos) std::abort();
        if (!value.empty() && (value.data() < text.data() || value.data() + value.size() > text.data() + text.size())) std::abort();
    }
    if (const auto form = tplink::gateway::parse_login_form(text)) {
        if (size > 4096 || form->username.size() + form->password.reveal().size() > size) std::abort();
    }
    return 0;
}
