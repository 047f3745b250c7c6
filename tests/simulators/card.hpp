#pragma once
// What a camera's card holds, as its control API lists it: days, and the recordings of a day in the dialect of the
// camera's component `playback`.

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace tplink::sim {

/// Seconds since 1970.
struct CardRecording {
    std::int64_t start_s = 0, end_s = 0;
    int type = 1; ///< 1 continuous, 2 on detection
};

/// All members from any thread.
class Card {
public:
    using Reply = tl::expected<boost::json::object, int>; ///< result or error_code

    /// playback: version of the component. 1 knows searchVideoOfDay; later ones searchVideoWithUTC too; from 6 on that
    /// wants a player_id where older ones want the user id.
    Card(std::vector<CardRecording> recordings, int playback) : recordings_(std::move(recordings)), playback_(playback) {}

    /// Nothing for methods that are none of the card's.
    std::optional<Reply> answer(std::string_view method, const boost::json::object& params);
    /// Whether a download may name it as client_id.
    bool is_client(std::int64_t id) const;
    /// User ids that were handed out are refused from now on.
    void forget_users();
    /// Taken out: searches are refused.
    void set_present(bool present);
    /// {method: how often it was asked}.
    boost::json::object state() const;

private:
    Reply search_days(const boost::json::object& query) const;
    Reply search_day(const boost::json::object& query) const;
    Reply search_utc(const boost::json::object& query) const;
    Reply page(std::int64_t begin_s, std::int64_t end_s, const boost::json::object& query) const;
    Reply new_user();

    const std::vector<CardRecording> recordings_;
    const int playback_;
    mutable std::mutex mutex_; // guards all below
    std::int64_t first_user_ = 1, next_user_ = 1;
    bool present_ = true;
    std::map<std::string, int, std::less<>> asked_;
};

} // namespace tplink::sim
