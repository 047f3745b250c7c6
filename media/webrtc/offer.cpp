#include "media/webrtc/offer.hpp"

#include <gst/sdp/gstsdpmessage.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

namespace tplink::media::webrtc {
namespace {

// A browser's offer has 5 to 10 KB and two or three media lines.
constexpr std::size_t kMaxOffer = 128U << 10;
constexpr guint kMaxMedia = 32;

struct SdpFree {
    void operator()(GstSDPMessage* message) const { gst_sdp_message_free(message); }
};

bool equal_nocase(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

bool has_attribute(const GstSDPMedia& media, std::string_view key) {
    for (guint i = 0; i < gst_sdp_media_attributes_len(&media); ++i)
        if (gst_sdp_media_get_attribute(&media, i)->key == key) return true;
    return false;
}

// Port 0 rejects a line, but not one that shares the port of another (RFC 9143, bundle-only).
bool can_receive(const GstSDPMedia& media) {
    const auto has = [&](std::string_view key) {
        for (guint i = 0; i < gst_sdp_media_attributes_len(&media); ++i)
            if (gst_sdp_media_get_attribute(&media, i)->key == key) return true;
        return false;
    };
    if (gst_sdp_media_get_port(&media) == 0 && !has("bundle-only")) return false;
    return !has("sendonly") && !has("inactive");
}

// "rtpmap:96 H264/90000" gives 96 when `encoding` is "H264/90000".
std::optional<int> payload_of(std::string_view rtpmap, std::string_view encoding) {
    int payload = 0;
    const auto [end, error] = std::from_chars(rtpmap.data(), rtpmap.data() + rtpmap.size(), payload);
    if (error != std::errc{} || payload < 0 || payload > 127 || end == rtpmap.data() + rtpmap.size() || *end != ' ')
        return std::nullopt;
    std::string_view name = rtpmap.substr(static_cast<std::size_t>(end - rtpmap.data()) + 1);
    if (name.size() > encoding.size() && name[encoding.size()] == '/') name = name.substr(0, encoding.size());
    if (!equal_nocase(name, encoding)) return std::nullopt;
    return payload;
}

// Mode 1 is what cameras need: pictures are larger than one packet.
bool has_packetization_mode_1(const GstSDPMedia& media, int payload) {
    const std::string prefix = std::to_string(payload) + " ";
    for (guint i = 0; i < gst_sdp_media_attributes_len(&media); ++i) {
        const GstSDPAttribute* attribute = gst_sdp_media_get_attribute(&media, i);
        if (std::string_view(attribute->key) != "fmtp" || attribute->value == nullptr) continue;
        const std::string_view value = attribute->value;
        if (value.starts_with(prefix) && value.find("packetization-mode=1") != std::string_view::npos) return true;
    }
    return false;
}

template <class Accept> std::optional<int> find_payload(const GstSDPMedia& media, std::string_view encoding, Accept accept) {
    for (guint i = 0; i < gst_sdp_media_attributes_len(&media); ++i) {
        const GstSDPAttribute* attribute = gst_sdp_media_get_attribute(&media, i);
        if (std::string_view(attribute->key) != "rtpmap" || attribute->value == nullptr) continue;
        if (const auto payload = payload_of(attribute->value, encoding); payload && accept(*payload)) return payload;
    }
    return std::nullopt;
}

// The static types 0 and 8 need no rtpmap line.
bool lists_format(const GstSDPMedia& media, std::string_view format) {
    for (guint i = 0; i < gst_sdp_media_formats_len(&media); ++i)
        if (gst_sdp_media_get_format(&media, i) == format) return true;
    return false;
}

std::optional<AcceptedAudio> find_audio(const GstSDPMedia& media, Codec codec, const char* encoding, int fixed) {
    if (const auto payload = find_payload(media, encoding, [](int) { return true; })) return AcceptedAudio{codec, *payload};
    if (lists_format(media, std::to_string(fixed))) return AcceptedAudio{codec, fixed};
    return std::nullopt;
}

}  // namespace

Result<Offer> parse_offer(const std::string& sdp) {
    if (sdp.size() > kMaxOffer || !sdp.starts_with("v=0")) return fail(Errc::malformed, "the offer is not an SDP");
    GstSDPMessage* raw = nullptr;
    if (gst_sdp_message_new_from_text(sdp.c_str(), &raw) != GST_SDP_OK) return fail(Errc::malformed, "the offer is not an SDP");
    const std::unique_ptr<GstSDPMessage, SdpFree> message(raw);
    if (gst_sdp_message_medias_len(raw) > kMaxMedia) return fail(Errc::malformed, "the offer has too many media lines");
    Offer offer;
    offer.sdp = sdp;
    for (guint i = 0; i < gst_sdp_message_medias_len(raw); ++i) {
        const GstSDPMedia& media = *gst_sdp_message_get_media(raw, i);
        if (media.media == nullptr || !can_receive(media)) continue;
        const std::string_view kind = media.media;
        if (kind == "video" && !offer.h265) offer.h265 = find_payload(media, "H265/90000", [](int) { return true; });
        if (kind == "video" && offer.video_payload < 0)
            offer.video_payload = find_payload(media, "H264/90000", [&](int p) { return has_packetization_mode_1(media, p); }).value_or(-1);
        if (kind == "audio" && !offer.pcma && !offer.pcmu) {
            offer.pcma = find_audio(media, Codec::pcma, "PCMA/8000", 8);
            offer.pcmu = find_audio(media, Codec::pcmu, "PCMU/8000", 0);
            offer.opus = find_payload(media, "opus/48000", [](int) { return true; });
            offer.speaks = !has_attribute(media, "recvonly");
        }
    }
    if (offer.video_payload < 0 && !offer.h265)
        return fail(Errc::unsupported, "the offer accepts neither H.264 video with packetization-mode 1 nor H.265");
    return offer;
}

Result<std::vector<RemoteCandidate>> parse_fragment(const std::string& fragment) {
    constexpr std::size_t kMostCandidates = 32, kMostLength = 400;
    constexpr std::string_view kBegin = "a=candidate:";
    std::vector<RemoteCandidate> candidates;
    std::string_view rest = fragment;
    bool is_fragment = false;
    while (!rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        is_fragment = is_fragment || line.starts_with("a=ice-ufrag:") || line.starts_with("a=mid:") || line.starts_with(kBegin);
        if (!line.starts_with(kBegin)) continue;
        if (line.size() > kMostLength || candidates.size() == kMostCandidates) return fail(Errc::malformed, "the fragment has too many candidates");
        if (line.find(".local ") == line.npos) candidates.push_back({std::string(line.substr(2))});
    }
    if (!is_fragment) return fail(Errc::malformed, "the body is no SDP fragment with candidates");
    return candidates;
}

std::string add_candidates(const std::string& answer, const std::vector<std::string>& addresses) {
    std::string out;
    std::string_view rest = answer;
    unsigned number = 0;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n') == rest.npos ? rest.size() : rest.find('\n') + 1);
        rest.remove_prefix(line.size());
        out += line;
        // "a=candidate:1 1 UDP 2015363327 192.168.1.5 8660 typ host"
        std::vector<std::string_view> words;
        for (std::string_view left = line; !left.empty();) {
            const std::string_view word = left.substr(0, left.find(' '));
            words.push_back(word);
            left.remove_prefix(std::min(word.size() + 1, left.size()));
        }
        if (words.size() < 8 || !words[0].starts_with("a=candidate:") || !equal_nocase(words[2], "UDP") || !words[7].starts_with("host")) continue;
        for (const std::string& address : addresses) {
            if (answer.find(" " + address + " ") != std::string::npos) continue;
            out += "a=candidate:x" + std::to_string(++number) + " " + std::string(words[1]) + " UDP " + std::string(words[3]) + " " + address + " " +
                   std::string(words[5]) + " typ host\r\n";
        }
    }
    return out;
}

}  // namespace tplink::media::webrtc
