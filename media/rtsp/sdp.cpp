#include "media/rtsp/sdp.hpp"

#include "media/codec/annex_b.hpp"
#include "media/codec/nal_type.hpp"
#include "media/codec/sps.hpp"

namespace tplink::media::rtsp {
namespace {

struct Sets {
    std::string vps, sps, pps; ///< base64
    std::string profile;       ///< H.264: profile-level-id
    std::optional<VideoFormat> format;
};

Sets sets_of(const AccessUnit& keyframe) {
    Sets sets;
    NalReader nals(*keyframe.data);
    while (const auto nal = nals.next()) {
        const NalKind kind = nal_kind(keyframe.codec, nal->bytes);
        if (kind == NalKind::vps && sets.vps.empty()) sets.vps = base64_encode(nal->bytes);
        if (kind == NalKind::pps && sets.pps.empty()) sets.pps = base64_encode(nal->bytes);
        if (kind != NalKind::sps || !sets.sps.empty()) continue;
        sets.sps = base64_encode(nal->bytes);
        if (nal->bytes.size() >= 4) sets.profile = hex_lower(nal->bytes.subspan(1, 3));
        if (const auto format = parse_sps(keyframe.codec, nal->bytes)) sets.format = *format;
    }
    return sets;
}

std::string video_lines(const Description& description) {
    const bool h265 = description.format.video == Codec::h265;
    const std::string pt = std::to_string(kVideoPayload);
    std::string text = "m=video 0 RTP/AVP " + pt + "\r\na=rtpmap:" + pt + (h265 ? " H265/90000\r\n" : " H264/90000\r\n");
    const Sets sets = description.keyframe ? sets_of(*description.keyframe) : Sets{};
    std::string parameters;
    if (h265) {
        if (!sets.vps.empty() && !sets.sps.empty() && !sets.pps.empty())
            parameters = "sprop-vps=" + sets.vps + ";sprop-sps=" + sets.sps + ";sprop-pps=" + sets.pps;
    } else {
        parameters = "packetization-mode=1";
        if (!sets.profile.empty()) parameters += ";profile-level-id=" + sets.profile;
        if (!sets.sps.empty() && !sets.pps.empty()) parameters += ";sprop-parameter-sets=" + sets.sps + "," + sets.pps;
    }
    if (!parameters.empty()) text += "a=fmtp:" + pt + " " + parameters + "\r\n";
    if (sets.format)
        text += "a=framesize:" + pt + " " + std::to_string(sets.format->width) + "-" + std::to_string(sets.format->height) + "\r\n";
    return text;
}

std::string control(unsigned track) { return "a=control:stream=" + std::to_string(track) + "\r\n"; }

}  // namespace

std::string format_sdp(const Description& description) {
    const bool v6 = description.address.find(':') != std::string::npos;
    const std::string direction = description.backchannel ? "a=recvonly\r\n" : "";
    std::string text = "v=0\r\no=- 1 1 IN " + std::string(v6 ? "IP6 " : "IP4 ") + description.address + "\r\ns=" + description.name +
                       "\r\nc=IN " + (v6 ? "IP6 ::" : "IP4 0.0.0.0") +
                       "\r\nt=0 0\r\na=tool:tplink2mqtt\r\na=type:broadcast\r\na=control:*\r\na=range:npt=now-\r\n";
    text += video_lines(description) + control(kVideoTrack) + direction;
    if (description.format.audio) text += "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n" + control(kAudioTrack) + direction;
    if (description.backchannel)
        text += "m=audio 0 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" + control(kBackTrack) + "a=sendonly\r\n";
    return text;
}

}  // namespace tplink::media::rtsp
