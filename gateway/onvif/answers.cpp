#include "gateway/onvif/answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fmt/format.h>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway::onvif {
namespace {

struct Ask {
    const SoapRequest& request;
    const Camera& camera;
    const Here& here;
    Backend& backend;
};
using Answer = Result<std::string> (*)(const Ask&);

std::string mac_text(const std::string& mac) {
    std::string out;
    for (std::size_t i = 0; i + 1 < mac.size(); i += 2) out += (out.empty() ? "" : ":") + mac.substr(i, 2);
    return out;
}

std::string percent(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_.~:").find(c) != std::string_view::npos;
        if (plain) out.push_back(c);
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

// --- device -------------------------------------------------------------------------------------------------------

Result<std::string> date_and_time(const Ask& ask) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(ask.here.now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    const std::string stamp = fmt::format("<tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time><tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date>",
                                          utc.tm_hour, utc.tm_min, utc.tm_sec, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
    return "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
           "<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>" + stamp + "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>";
}

Result<std::string> capabilities(const Ask& ask) {
    std::string out = fmt::format(
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>{}</tt:XAddr></tt:Device>"
        "<tt:Events><tt:XAddr>{}</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
        "<tt:Media><tt:XAddr>{}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>",
        ask.here.address("device_service"), ask.here.address("event_service"), ask.here.address("media_service"));
    if (!ask.camera.buttons.empty()) out += "<tt:PTZ><tt:XAddr>" + ask.here.address("ptz_service") + "</tt:XAddr></tt:PTZ>";
    return out + "</tds:Capabilities></tds:GetCapabilitiesResponse>";
}

Result<std::string> services(const Ask& ask) {
    std::string out = "<tds:GetServicesResponse>";
    const auto service = [&](std::string_view space, std::string_view path) {
        out += fmt::format("<tds:Service><tds:Namespace>http://www.onvif.org/{}</tds:Namespace><tds:XAddr>{}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>", space, ask.here.address(path));
    };
    service("ver10/device/wsdl", "device_service");
    service("ver10/media/wsdl", "media_service");
    service("ver10/events/wsdl", "event_service");
    if (!ask.camera.buttons.empty()) service("ver20/ptz/wsdl", "ptz_service");
    return out + "</tds:GetServicesResponse>";
}

Result<std::string> information(const Ask& ask) {
    return fmt::format("<tds:GetDeviceInformationResponse><tds:Manufacturer>TP-Link</tds:Manufacturer><tds:Model>{}</tds:Model><tds:FirmwareVersion>{}</tds:FirmwareVersion>"
                       "<tds:SerialNumber>{}</tds:SerialNumber><tds:HardwareId>{}</tds:HardwareId></tds:GetDeviceInformationResponse>",
                       escaped(ask.camera.model), escaped(ask.camera.firmware), ascii_upper(ask.camera.mac), escaped(ask.camera.hardware.empty() ? ask.camera.model : ask.camera.hardware));
}

Result<std::string> interfaces(const Ask& ask) {
    return fmt::format("<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token=\"eth0\"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>{}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>"
                       "</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>", mac_text(ask.camera.mac));
}

Result<std::string> scopes(const Ask& ask) {
    std::string out = "<tds:GetScopesResponse>";
    for (const std::string& scope : scopes_of(ask.camera)) out += "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>" + escaped(scope) + "</tt:ScopeItem></tds:Scopes>";
    return out + "</tds:GetScopesResponse>";
}

Result<std::string> hostname(const Ask& ask) {
    return "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>" + ask.camera.id + "</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>";
}

Result<std::string> service_capabilities(const Ask& ask) {
    if (ask.request.space.find("/media/") != std::string::npos)
        return std::string("<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri=\"true\" Rotation=\"false\" VideoSourceMode=\"false\" OSD=\"false\"><trt:ProfileCapabilities MaximumNumberOfProfiles=\"2\"/>"
               "<trt:StreamingCapabilities RTPMulticast=\"false\" RTP_TCP=\"true\" RTP_RTSP_TCP=\"true\" NonAggregateControl=\"false\"/></trt:Capabilities></trt:GetServiceCapabilitiesResponse>");
    if (ask.request.space.find("/events/") != std::string::npos)
        return std::string("<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSSubscriptionPolicySupport=\"false\" WSPullPointSupport=\"true\" MaxPullPoints=\"8\"/></tev:GetServiceCapabilitiesResponse>");
    if (ask.request.space.find("/ptz/") != std::string::npos)
        return std::string("<tptz:GetServiceCapabilitiesResponse><tptz:Capabilities EFlip=\"false\" Reverse=\"false\" MoveStatus=\"false\" StatusPosition=\"false\"/></tptz:GetServiceCapabilitiesResponse>");
    return std::string("<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network IPFilter=\"false\"/><tds:Security UsernameToken=\"true\" HttpDigest=\"false\"/><tds:System DiscoveryResolve=\"false\" DiscoveryBye=\"true\"/>"
           "</tds:Capabilities></tds:GetServiceCapabilitiesResponse>");
}

// --- media --------------------------------------------------------------------------------------------------------

std::string source_configuration(const Profile& widest, std::string_view tag) {
    return fmt::format("<{0} token=\"source\"><tt:Name>source</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>video</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"{1}\" height=\"{2}\"/></{0}>", tag, widest.width, widest.height);
}

std::string encoder_configuration(const Profile& profile, std::string_view tag) {
    const std::string detail = profile.encoding == "H264" ? "<tt:H264><tt:GovLength>60</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>" : "";
    return fmt::format("<{0} token=\"{1}\"><tt:Name>{1}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{2}</tt:Encoding><tt:Resolution><tt:Width>{3}</tt:Width><tt:Height>{4}</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality>"
                       "<tt:RateControl><tt:FrameRateLimit>{5}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>{6}</tt:BitrateLimit></tt:RateControl>{7}"
                       "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></{0}>",
                       tag, profile.token, profile.encoding, profile.width, profile.height, profile.fps, profile.bitrate_kbps, detail);
}

std::string ptz_configuration(std::string_view tag) {
    return fmt::format("<{0} token=\"ptz\"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz</tt:NodeToken>"
                       "<tt:DefaultRelativePanTiltTranslationSpace>http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationGenericSpace</tt:DefaultRelativePanTiltTranslationSpace>"
                       "<tt:DefaultContinuousPanTiltVelocitySpace>http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace</tt:DefaultContinuousPanTiltVelocitySpace><tt:DefaultPTZTimeout>PT5S</tt:DefaultPTZTimeout></{0}>", tag);
}

std::string profile_xml(const Camera& camera, const Profile& profile, std::string_view tag) {
    std::string out = fmt::format("<{} token=\"{}\" fixed=\"true\"><tt:Name>{}</tt:Name>", tag, profile.token, profile.token);
    out += source_configuration(camera.profiles.front(), "tt:VideoSourceConfiguration") + encoder_configuration(profile, "tt:VideoEncoderConfiguration");
    if (!camera.buttons.empty()) out += ptz_configuration("tt:PTZConfiguration");
    return out + fmt::format("</{}>", tag);
}

/// The profile or encoder the request names. errors: refused.
Result<const Profile*> profile_of(const Ask& ask, std::string_view word = "ProfileToken") {
    const std::string token = ask.request.text(word);
    for (const Profile& profile : ask.camera.profiles)
        if (profile.token == token) return &profile;
    return fail(Errc::refused, "there is no profile '" + token.substr(0, 40) + "'");
}

Result<std::string> profiles(const Ask& ask) {
    std::string out = "<trt:GetProfilesResponse>";
    for (const Profile& profile : ask.camera.profiles) out += profile_xml(ask.camera, profile, "trt:Profiles");
    return out + "</trt:GetProfilesResponse>";
}

Result<std::string> one_profile(const Ask& ask) {
    const Profile* profile = TRY(profile_of(ask));
    return "<trt:GetProfileResponse>" + profile_xml(ask.camera, *profile, "trt:Profile") + "</trt:GetProfileResponse>";
}

Result<std::string> video_sources(const Ask& ask) {
    const Profile& widest = ask.camera.profiles.front();
    return fmt::format("<trt:GetVideoSourcesResponse><trt:VideoSources token=\"video\"><tt:Framerate>{}</tt:Framerate><tt:Resolution><tt:Width>{}</tt:Width><tt:Height>{}</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>",
                       widest.fps, widest.width, widest.height);
}

Result<std::string> source_configurations(const Ask& ask) {
    return "<trt:GetVideoSourceConfigurationsResponse>" + source_configuration(ask.camera.profiles.front(), "trt:Configurations") + "</trt:GetVideoSourceConfigurationsResponse>";
}

Result<std::string> encoder_configurations(const Ask& ask) {
    std::string out = "<trt:GetVideoEncoderConfigurationsResponse>";
    for (const Profile& profile : ask.camera.profiles) out += encoder_configuration(profile, "trt:Configurations");
    return out + "</trt:GetVideoEncoderConfigurationsResponse>";
}

Result<std::string> encoder_configuration_of(const Ask& ask) {
    const Profile* profile = TRY(profile_of(ask, "ConfigurationToken"));
    return "<trt:GetVideoEncoderConfigurationResponse>" + encoder_configuration(*profile, "trt:Configuration") + "</trt:GetVideoEncoderConfigurationResponse>";
}

Result<std::string> stream_uri(const Ask& ask) {
    const Profile* profile = TRY(profile_of(ask));
    return fmt::format("<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://{}:{}/{}{}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>",
                       escaped(ask.here.host()), ask.here.rtsp_port, ask.camera.id, profile->token == "main" ? "" : "/" + profile->token);
}

Result<std::string> snapshot_uri(const Ask& ask) {
    const Profile* profile = TRY(profile_of(ask));
    return fmt::format("<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>{}?profile={}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetSnapshotUriResponse>",
                       ask.here.address("snapshot"), profile->token);
}

// --- pan and tilt -------------------------------------------------------------------------------------------------

constexpr std::string_view kRange = "<tt:XRange><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:XRange><tt:YRange><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:YRange>";

std::string spaces() {
    return fmt::format("<tt:RelativePanTiltTranslationSpace><tt:URI>http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationGenericSpace</tt:URI>{0}</tt:RelativePanTiltTranslationSpace>"
                       "<tt:ContinuousPanTiltVelocitySpace><tt:URI>http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace</tt:URI>{0}</tt:ContinuousPanTiltVelocitySpace>", kRange);
}

std::string node(const Camera& camera, std::string_view tag) {
    return fmt::format("<{0} token=\"ptz\" FixedHomePosition=\"false\"><tt:Name>ptz</tt:Name><tt:SupportedPTZSpaces>{1}</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>{2}</tt:MaximumNumberOfPresets><tt:HomeSupported>false</tt:HomeSupported></{0}>",
                       tag, spaces(), camera.presets.size());
}

Result<std::string> nodes(const Ask& ask) { return "<tptz:GetNodesResponse>" + node(ask.camera, "tptz:PTZNode") + "</tptz:GetNodesResponse>"; }
Result<std::string> one_node(const Ask& ask) { return "<tptz:GetNodeResponse>" + node(ask.camera, "tptz:PTZNode") + "</tptz:GetNodeResponse>"; }
Result<std::string> ptz_configurations(const Ask&) { return "<tptz:GetConfigurationsResponse>" + ptz_configuration("tptz:PTZConfiguration") + "</tptz:GetConfigurationsResponse>"; }
Result<std::string> ptz_options(const Ask&) {
    return "<tptz:GetConfigurationOptionsResponse><tptz:PTZConfigurationOptions><tt:Spaces>" + spaces() +
           "</tt:Spaces><tt:PTZTimeout><tt:Min>PT0S</tt:Min><tt:Max>PT10S</tt:Max></tt:PTZTimeout></tptz:PTZConfigurationOptions></tptz:GetConfigurationOptionsResponse>";
}
Result<std::string> ptz_status(const Ask& ask) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(ask.here.now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("<tptz:GetStatusResponse><tptz:PTZStatus><tt:MoveStatus><tt:PanTilt>UNKNOWN</tt:PanTilt></tt:MoveStatus><tt:UtcTime>{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>",
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

double number_of(const std::map<std::string, std::string>& attributes, const char* name) {
    const auto at = attributes.find(name);
    double value = 0;
    if (at != attributes.end()) std::from_chars(at->second.data(), at->second.data() + at->second.size(), value);
    return value >= -1 && value <= 1 ? value : 0;
}

/// One press of the button for the stronger direction; no movement presses nothing.
Result<void> press(const Ask& ask) {
    const SoapRequest::Node* where = ask.request.find("PanTilt");
    if (where == nullptr) return {};
    const double x = number_of(where->attributes, "x"), y = number_of(where->attributes, "y");
    if (x == 0 && y == 0) return {};
    const std::string button = std::abs(x) >= std::abs(y) ? (x < 0 ? "ptz_left" : "ptz_right") : (y < 0 ? "ptz_down" : "ptz_up");
    if (std::find(ask.camera.buttons.begin(), ask.camera.buttons.end(), button) == ask.camera.buttons.end()) return fail(Errc::refused, "the camera does not move that way");
    return ask.backend.set(ask.camera.id, button, "PRESS");
}

Result<std::string> continuous_move(const Ask& ask) {
    TRY_VOID(press(ask));
    return std::string("<tptz:ContinuousMoveResponse/>");
}
Result<std::string> relative_move(const Ask& ask) {
    TRY_VOID(press(ask));
    return std::string("<tptz:RelativeMoveResponse/>");
}
Result<std::string> stop(const Ask& ask) {
    if (std::find(ask.camera.buttons.begin(), ask.camera.buttons.end(), "ptz_stop") != ask.camera.buttons.end()) TRY_VOID(ask.backend.set(ask.camera.id, "ptz_stop", "PRESS"));
    return std::string("<tptz:StopResponse/>");  // a step ends by itself
}

Result<std::string> presets(const Ask& ask) {
    std::string out = "<tptz:GetPresetsResponse>";
    for (std::size_t i = 0; i < ask.camera.presets.size(); ++i)
        out += fmt::format("<tptz:Preset token=\"{}\"><tt:Name>{}</tt:Name></tptz:Preset>", i + 1, escaped(ask.camera.presets[i]));
    return out + "</tptz:GetPresetsResponse>";
}

Result<std::string> goto_preset(const Ask& ask) {
    const std::string token = ask.request.text("PresetToken");
    std::size_t index = 0;
    std::from_chars(token.data(), token.data() + token.size(), index);
    if (index < 1 || index > ask.camera.presets.size()) return fail(Errc::refused, "there is no preset '" + token.substr(0, 40) + "'");
    TRY_VOID(ask.backend.set(ask.camera.id, "preset", ask.camera.presets[index - 1]));
    return std::string("<tptz:GotoPresetResponse/>");
}

struct Entry {
    std::string_view operation;
    Answer answer;
    bool is_public = false, needs_motor = false;
};
constexpr std::array kAnswers = {
    Entry{"GetSystemDateAndTime", date_and_time, true}, Entry{"GetCapabilities", capabilities, true}, Entry{"GetServices", services, true},
    Entry{"GetServiceCapabilities", service_capabilities, true}, Entry{"GetDeviceInformation", information}, Entry{"GetNetworkInterfaces", interfaces}, Entry{"GetScopes", scopes},
    Entry{"GetHostname", hostname}, Entry{"GetProfiles", profiles}, Entry{"GetProfile", one_profile}, Entry{"GetVideoSources", video_sources},
    Entry{"GetVideoSourceConfigurations", source_configurations}, Entry{"GetVideoEncoderConfigurations", encoder_configurations},
    Entry{"GetVideoEncoderConfiguration", encoder_configuration_of}, Entry{"GetStreamUri", stream_uri}, Entry{"GetSnapshotUri", snapshot_uri},
    Entry{"GetNodes", nodes, false, true}, Entry{"GetNode", one_node, false, true}, Entry{"GetConfigurations", ptz_configurations, false, true},
    Entry{"GetConfigurationOptions", ptz_options, false, true}, Entry{"GetStatus", ptz_status, false, true}, Entry{"ContinuousMove", continuous_move, false, true},
    Entry{"RelativeMove", relative_move, false, true}, Entry{"Stop", stop, false, true}, Entry{"GetPresets", presets, false, true}, Entry{"GotoPreset", goto_preset, false, true}};

const Entry* entry_of(const SoapRequest& request) {
    const auto at = std::find_if(kAnswers.begin(), kAnswers.end(), [&](const Entry& entry) { return entry.operation == request.operation; });
    return at == kAnswers.end() ? nullptr : &*at;
}

}  // namespace

std::string Here::host() const { return authority.substr(0, authority.rfind(':')); }
std::string Here::address(std::string_view path) const { return "http://" + escaped(authority) + "/onvif/" + std::string(path); }

bool is_public(const SoapRequest& request) {
    const Entry* entry = entry_of(request);
    return entry != nullptr && entry->is_public;
}

std::vector<std::string> scopes_of(const Camera& camera) {
    const std::string base = "onvif://www.onvif.org/";
    std::vector<std::string> out{base + "Profile/Streaming", base + "type/video_encoder", base + "name/" + percent(camera.name), base + "hardware/" + percent(camera.model), base + "mac/" + mac_text(camera.mac)};
    if (!camera.buttons.empty()) out.push_back(base + "type/ptz");
    return out;
}

Body answer(const SoapRequest& request, const Camera& camera, const Here& here, Backend& backend) {
    const Entry* entry = entry_of(request);
    if (entry == nullptr || (entry->needs_motor && camera.buttons.empty())) return std::nullopt;
    return entry->answer({request, camera, here, backend});
}

}  // namespace tplink::gateway::onvif
