#include "tests/simulators/http_server.hpp"

#include "tests/simulators/connection.hpp"
#include "tests/simulators/faults.hpp"
#include "tests/simulators/faulty_sender.hpp"
#include "tests/simulators/http_message.hpp"

namespace tplink::sim {

HttpServer::HttpServer(HttpServerOptions options, Handler handler, FaultSwitch& faults)
    : tls_(options.tls), exact_content_length_(options.exact_content_length), on_client_(options.on_client),
      handler_(std::move(handler)), faults_(faults),
      port_(options, [this](Connection& connection, const std::string& peer) { serve(connection, peer); }) {}

void HttpServer::serve(Connection& connection, const std::string& peer) {
    if (on_client_ && !on_client_(connection)) return;
    if (tls_ && !connection.start_tls(tls_.get())) return;
    std::string buffered;
    while (auto request = read_request(connection, buffered, exact_content_length_)) {
        request->peer = peer;
        if (!answer(connection, *request)) return;
    }
}

bool HttpServer::answer(Connection& connection, const HttpRequest& request) {
    const Faults faults = faults_.get(); // as they were when the request came
    const Strike strike = faults_.next_strike();
    if (strike == Strike::deaf) {
        connection.wait_closed();
        return false;
    }
    HttpReply reply;
    try {
        if (strike == Strike::forbid || strike == Strike::too_many)
            reply = {.status = strike == Strike::forbid ? 403 : 429, .content_type = "text/html"};
        else
            reply = handler_(request);
    } catch (const std::exception& error) { // a bug of the simulator must not look like a dead device
        reply = {
            .status = 500, .body = std::string("simulator: ") + error.what(), .content_type = "text/plain"};
    }
    if (reply.drop) {
        connection.wait_closed();
        return false;
    }
    const std::string* asked = request.header("Connection");
    reply.close = reply.close || (asked && *asked == "close");
    const bool go_on =
        send_with_faults(connection, faults, strike,
                         {.bytes = to_bytes(reply),
                          .kept_back = (reply.body.size() + 1) / 2,
                          .garbage = strike == Strike::garbage ? to_bytes(garbage_reply()) : std::string()});
    if (reply.then) reply.then();
    return go_on && !reply.close && !faults.close_after_answer;
}

} // namespace tplink::sim
