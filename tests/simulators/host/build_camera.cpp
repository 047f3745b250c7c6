#include "tests/simulators/host/build_camera.hpp"

#include <array>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/camera_l4.hpp"
#include "tests/simulators/camera_vigi.hpp"
#include "tests/simulators/card.hpp"
#include "tests/simulators/document/document_camera.hpp"
#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/host/option_reader.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

std::optional<json::object> read_document(const std::string& path) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    boost::system::error_code error;
    const json::value parsed = json::parse(text, error);
    if (error || !parsed.is_object()) return std::nullopt;
    return parsed.get_object();
}

/// "document": file of method -> result; its member "children" (device_id -> document) stands for a hub's
/// cameras.
void read_document_options(OptionReader& options, CameraOptions& out) {
    DocumentTraits traits;
    std::string path;
    options.read("document", path);
    options.read("shuffles_batches", traits.shuffles_batches);
    options.read("breaks_batches", traits.breaks_batches);
    options.read("strict_params", traits.strict_params);
    traits.clock_skew_s = out.camera.clock_skew_s;
    traits.siren_s = out.camera.siren_s;
    if (path.empty()) return;
    auto document = read_document(path);
    if (!document) {
        options.refuse("document: " + path + " is no JSON object");
        return;
    }
    std::map<std::string, json::object> children;
    if (const json::value* given = document->if_contains("children"); given && given->is_object())
        for (const auto& [id, child] : given->get_object())
            if (child.is_object()) children[id] = child.get_object();
    document->erase("children");
    out.make_inside = [traits, document = *document, children](const DeviceOptions& device) {
        DocumentTraits own = traits;
        own.mac = device.mac;
        own.alias = device.alias;
        own.address = device.address;
        return std::make_shared<DocumentCamera>(document, children, own, device.world);
    };
}

/// "onvif": true opens the event service; "ring_port" makes a doorbell; "battery": true lets the camera
/// sleep.
void read_events(OptionReader& options, CameraOptions& out) {
    bool onvif = false;
    options.read("onvif", onvif);
    OnvifOptions service;
    options.read("onvif_port", service.port);
    options.read("camera_username", service.username);
    options.read("camera_password", service.password);
    options.read("never_sends_false", service.never_sends_false);
    options.read("delivers_nothing", service.delivers_nothing);
    if (onvif) out.onvif = service;
    options.read("ring_port", out.ring_port);
    options.read("ring_address", out.ring_address);
    bool battery = false;
    options.read("battery", battery);
    SleepOptions sleep;
    options.read("stays_awake_ms", sleep.stays_awake);
    options.read("wakes_in_ms", sleep.wakes_in);
    options.read("sleeps_deep", sleep.deep);
    if (battery) out.sleep = sleep;
}

void read_camera(OptionReader& options, CameraOptions& out) {
    options.read("reboot_ms", out.reboot_ms);
    options.read("sw_version", out.camera.sw_version);
    options.read("has_motor", out.camera.has_motor);
    options.read("has_white_lamp", out.camera.has_white_lamp);
    options.read("has_person_detection", out.camera.has_person_detection);
    options.read("has_card", out.camera.has_card);
    options.read("playback", out.camera.playback);
    options.read("h265", out.camera.h265);
    options.read("wired", out.camera.wired);
    options.read("dot_keys", out.camera.dot_keys);
    options.read("privacy_lag_ms", out.camera.privacy_lag);
    options.read("siren_s", out.camera.siren_s);
    options.read("session_life_s", out.session_life);
    options.read("max_sessions", out.max_sessions);
    options.read("max_attempts", out.max_attempts);
    options.read("lockout_s", out.lockout);
    options.read("clock_skew_s", out.camera.clock_skew_s);
    read_document_options(options, out);
    read_events(options, out);
    options.read("pkcs1_announcement", out.pkcs1_announcement);
    options.choose(
        "alarm",
        {{"none", AlarmDialect::none}, {"manual", AlarmDialect::manual}, {"siren", AlarmDialect::siren}},
        out.camera.alarm);
    options.choose("suites",
                   {{"any", TlsSuites::any},
                    {"static_rsa_only", TlsSuites::static_rsa_only},
                    {"ecdhe_only", TlsSuites::ecdhe_only}},
                   out.suites);
}

MediaServerOptions media_of(const CameraOptions& options, MediaHash hash) {
    MediaServerOptions out;
    out.hash = hash;
    out.codec = options.camera.h265 ? MediaCodec::h265 : MediaCodec::h264;
    return out;
}

BuiltCamera build_l1(const DeviceOptions& common, const std::string& model, OptionReader& options,
                     const HostShares& shares) {
    CameraL1Options out;
    static_cast<DeviceOptions&>(out) = common;
    out.camera.model = model.empty() ? "C200" : model;
    out.camera.sw_version = "1.1.18 Build 210218 Rel.00001n";
    out.camera.hw_version = "1.0";
    out.camera.dot_keys = true;
    out.suites = TlsSuites::static_rsa_only;
    read_camera(options, out);
    options.read("refuses_with_401", out.refuses_with_401);
    out.identity = shares.identity;
    BuiltCamera built{.media = media_of(out, MediaHash::md5)};
    built.device = std::make_unique<CameraL1>(std::move(out));
    return built;
}

BuiltCamera build_l3(const DeviceOptions& common, const std::string& model, OptionReader& options,
                     const HostShares& shares) {
    CameraL3Options out;
    static_cast<DeviceOptions&>(out) = common;
    out.camera.model = model.empty() ? "C210" : model;
    read_camera(options, out);
    options.choose("hash", {{"sha256", PasswordHash::sha256}, {"md5", PasswordHash::md5}}, out.hash);
    options.read("plain_single_replies", out.plain_single_replies);
    options.read("plain_ended_reply", out.plain_ended_reply);
    options.read("ended_code", out.ended_code);
    options.read("seq_window", out.seq_window);
    out.identity = shares.identity;
    BuiltCamera built{.media =
                          media_of(out, out.hash == PasswordHash::md5 ? MediaHash::md5 : MediaHash::sha256)};
    built.device = std::make_unique<CameraL3>(std::move(out));
    return built;
}

BuiltCamera build_l4(const DeviceOptions& common, const std::string& model, OptionReader& options,
                     const HostShares& shares) {
    CameraL4Options out;
    static_cast<DeviceOptions&>(out) = common;
    out.camera.model = model.empty() ? "C510W" : model;
    out.camera.sw_version = "1.3.4 Build 251120 Rel.00001n";
    out.camera.alarm = AlarmDialect::siren; // old-style requests do not pass here
    out.suites = TlsSuites::ecdhe_only;
    read_camera(options, out);
    options.choose("hash", {{"sha256", PasswordHash::sha256}, {"md5", PasswordHash::md5}}, out.hash);
    options.choose(
        "crypt", {{"none", L4Crypt::none}, {"sha256_crypt", L4Crypt::sha256_crypt}, {"sha1", L4Crypt::sha1}},
        out.crypt);
    options.choose("user", {{"md5", L4User::md5}, {"sha256", L4User::sha256}, {"literal", L4User::literal}},
                   out.user);
    options.read("iterations", out.iterations);
    options.read("announces_tpap", out.announces_tpap);
    options.read("answers_discover", out.answers_discover);
    options.read("refuses_first_relogin", out.refuses_first_relogin);
    out.identity = shares.identity;
    BuiltCamera built{.media =
                          media_of(out, out.hash == PasswordHash::md5 ? MediaHash::md5 : MediaHash::sha256)};
    built.device = std::make_unique<CameraL4>(std::move(out));
    return built;
}

BuiltCamera build_vigi(const DeviceOptions& common, const std::string& model, OptionReader& options,
                       const HostShares& shares) {
    CameraVigiOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.discovery_port.reset(); // found by WS-Discovery only
    out.camera.model = model.empty() ? "VIGI C540V" : model;
    out.camera.sw_version = "2.1.0 Build 240901 Rel.00001n";
    out.camera.hw_version = "1.0";
    read_camera(options, out);
    options.read("rsa", out.rsa);
    options.read("key_2", out.key_2);
    out.identity = shares.identity;
    BuiltCamera built{.media = media_of(out, MediaHash::md5)};
    built.media.vendor = MediaVendor::vigi_plain_key;
    built.device = std::make_unique<CameraVigi>(std::move(out));
    return built;
}

constexpr std::int64_t kRecordingSpan = 60, kRecordingGap = 600;

/// "recordings": a list of {start_s, end_s, type}, or how many minutes there are on the card, one each ten minutes up to now.
std::vector<CardRecording> read_recordings(OptionReader& options, std::int64_t now_s) {
    std::vector<CardRecording> out;
    const json::value* given = options.find("recordings");
    if (given == nullptr) return out;
    if (given->is_int64()) {
        for (std::int64_t n = given->get_int64(); n > 0; --n) {
            const std::int64_t end = now_s - n * kRecordingGap;
            out.push_back({end - kRecordingSpan, end, n % 2 == 0 ? 2 : 1});
        }
        return out;
    }
    if (!given->is_array()) {
        options.refuse("recordings: neither a number nor a list");
        return out;
    }
    for (const json::value& one : given->get_array()) {
        CardRecording recording;
        const json::object fields = one.is_object() ? one.get_object() : json::object();
        OptionReader reader(fields);
        reader.read("start_s", recording.start_s);
        reader.read("end_s", recording.end_s);
        reader.read("type", recording.type);
        if (!one.is_object() || !reader.error().empty()) options.refuse("recordings: " + reader.error());
        out.push_back(recording);
    }
    return out;
}

/// Of the component, as the camera lists it.
int playback_version(OptionReader& options) {
    int version = CameraFacts().playback;
    std::string path;
    options.read("document", path);
    options.read("playback", version);
    const auto document = path.empty() ? std::nullopt : read_document(path);
    if (!document) return version;
    boost::system::error_code error;
    const json::value whole(*document);
    const json::value* list = whole.find_pointer("/getAppComponentList/app_component/app_component_list", error);
    if (list != nullptr && list->is_array())
        for (const json::value& one : list->get_array())
            if (one.is_object() && one.at("name") == "playback") return one.at("version").to_number<int>();
    return version;
}

void read_card(OptionReader& options, const World& world, BuiltCamera& built) {
    const int playback = playback_version(options);
    const auto recordings = read_recordings(options, world.unix_s());
    std::string picture;
    options.read("jpeg", picture);
    if (!picture.empty()) {
        std::ifstream in(picture, std::ios::binary);
        built.media.jpeg.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        if (built.media.jpeg.empty()) options.refuse("jpeg: " + picture + " cannot be read");
    }
    if (recordings.empty()) return;
    built.card = std::make_shared<Card>(recordings, playback);
    built.media.is_client = [card = built.card](std::int64_t id) { return card->is_client(id); };
    for (const CardRecording& one : recordings) built.media.recordings.push_back({one.start_s, one.end_s});
}

/// A hub's video port is told which of its cameras is meant.
void read_children(OptionReader& options, MediaServerOptions& out) {
    std::string path;
    options.read("document", path);
    const auto document = path.empty() ? std::nullopt : read_document(path);
    const json::value* children = document ? document->if_contains("children") : nullptr;
    if (children == nullptr || !children->is_object()) return;
    for (const auto& [id, child] : children->get_object()) out.children.emplace_back(id);
}

void read_media(OptionReader& options, MediaServerOptions& out) {
    read_children(options, out);
    options.read("bench_clip", out.bench_clip);
    options.read("media_sessions", out.max_sessions);
    options.read("waits_for_keyframe", out.waits_for_keyframe);
    options.read("two_lenses", out.two_lenses);
    options.read("heartbeat_ms", out.heartbeat);
    options.choose("audio",
                   {{"absent", MediaAudio::absent},
                    {"alaw_8k", MediaAudio::alaw_8k},
                    {"ulaw_16k", MediaAudio::ulaw_16k},
                    {"aac_16k", MediaAudio::aac_16k}},
                   out.audio);
    options.choose("key_exchange",
                   {{"md5", MediaKeyExchange::md5},
                    {"none", MediaKeyExchange::none},
                    {"plain", MediaKeyExchange::plain},
                    {"hkdf", MediaKeyExchange::hkdf}},
                   out.key_exchange);
}

} // namespace

BuiltCamera build_camera(const std::string& kind, const DeviceOptions& common, const std::string& model,
                         OptionReader& options, const HostShares& shares) {
    using Build = BuiltCamera (*)(const DeviceOptions&, const std::string&, OptionReader&, const HostShares&);
    static constexpr auto kBuilders =
        std::to_array<std::pair<std::string_view, Build>>({{"tapo_camera_l1", build_l1},
                                                           {"tapo_camera_l3", build_l3},
                                                           {"tapo_camera_l4", build_l4},
                                                           {"vigi_camera", build_vigi}});
    for (const auto& [name, build] : kBuilders) {
        if (name != kind) continue;
        BuiltCamera built = build(common, model, options, shares);
        read_media(options, built.media);
        read_card(options, common.world, built);
        return built;
    }
    return {};
}

} // namespace tplink::sim
