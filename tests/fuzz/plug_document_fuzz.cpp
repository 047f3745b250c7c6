// Whatever a plug or hub answers: rows, children and requests made from it must not crash, and stay bounded.

#include <boost/json/parse.hpp>
#include <cstdlib>

#include "gateway/capabilities/tables.hpp"

using namespace tplink;
using namespace tplink::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    boost::system::error_code ec;
    const json::value parsed = json::parse({reinterpret_cast<const char*>(data), size}, ec);
    if (ec || !parsed.is_object()) return 0;
    const Document& document = parsed.get_object();
    Identity identity;
    identity.mac = "a842a1001122";
    for (const Family family : {Family::tapo_plug, Family::kasa_plug}) {
        const Table table = table_of(family);
        Offer offer(table.rows, {});
        offer.update(document, 1'800'000'000);
        const json::object state = render(offer.rows(), document, {}, 1'800'000'000);
        for (const Capability* row : offer.rows())
            if (const auto wanted = parse_command(*row, json::value("1"), document)) (void)make_request(*row, *wanted, document);
        for (const ChildrenOf& how : table.children) {
            const auto children = find_children(how, document, identity);
            if (children && children->size() > 128) std::abort();
            if (children)
                for (const Child& child : *children) Offer(how.table(child.kind).rows, child.identity.components).update({{how.lands_in, child.entry}}, 1);
        }
    }
    return 0;
}
