// VIGI cameras: get_encrypt_info, the login's answer, quoted texts.
#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "protocols/tapo/reply.hpp"
#include "protocols/vigi/login.hpp"
#include "protocols/vigi/quoting.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink;
    const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
    if (const auto info = vigi::read_encrypt_info(text)) (void)vigi::login_body(*info, "admin", "password");
    if (const auto stok = vigi::read_stok(text, 200); stok && stok->reveal().size() > 256) std::abort();
    const auto reply = tapo::parse_object(text);
    if (reply && vigi::unquoted(vigi::quoted(*reply)) != boost::json::value(*reply)) std::abort();
    return 0;
}
