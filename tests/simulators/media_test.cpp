// Known answers of the video port's simulator, and what an independent reader makes of its transport stream.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "tests/simulators/media/clip.hpp"
#include "tests/simulators/media/live_stream.hpp"
#include "tests/simulators/media/media_crypto.hpp"
#include "tests/simulators/media/part_writer.hpp"
#include "tests/simulators/media/ts_mux.hpp"
#include "tests/simulators/media_viewer.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

const json::value& vectors() {
    static const json::value root = [] {
        std::ifstream file(TEST_DATA_DIR "/vectors/camera_media.json");
        return json::parse(
            std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
    }();
    return root;
}

std::string text(const json::value& entry, std::string_view name) {
    return std::string(entry.at(name).as_string());
}

std::string sha256_hex(Bytes data) {
    Buffer out(32);
    EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(),
               nullptr);
    return hex_lower(out);
}

TEST(MediaCrypto, HashesPasswordsAsTheVectors) {
    for (const json::value& entry : vectors().at("password_hash").as_array()) {
        EXPECT_EQ(password_secret(text(entry, "password"), MediaHash::md5), text(entry, "md5_upper"));
        EXPECT_EQ(password_secret(text(entry, "password"), MediaHash::sha256), text(entry, "sha256_upper"));
    }
}

TEST(MediaCrypto, SealsPartsAsTheVectors) {
    const Buffer audio = from_hex(text(vectors().at("ts"), "audio_part_pts_450000_cc_3")).value();
    for (const json::value& entry : vectors().at("key_exchange").as_array()) {
        SCOPED_TRACE(text(entry, "name"));
        const std::string header = text(entry, "header");
        const MediaKey key = derive_media_key(between(header, "nonce=\"", "\""),
                                              between(header, "username=\"", "\""), text(entry, "secret"));
        EXPECT_EQ(hex_lower(key.key), text(entry, "key"));
        EXPECT_EQ(hex_lower(key.iv), text(entry, "iv"));
        PartSealer sealer(key);
        Buffer cipher;
        sealer.append_sealed(cipher, from_hex(text(entry, "plain")).value());
        EXPECT_EQ(hex_lower(cipher), text(entry, "cipher"));
        Buffer second; // the IV starts anew
        sealer.append_sealed(second, audio);
        if (entry.as_object().contains("audio_part_cipher_sha256")) {
            EXPECT_EQ(sha256_hex(second), text(entry, "audio_part_cipher_sha256"));
        }
    }
}

TEST(MediaCrypto, UsesTheFactorySecretOfTheVectors) {
    for (const json::value& entry : vectors().at("key_exchange").as_array())
        if (text(entry, "name").starts_with("none")) {
            EXPECT_EQ(kFactorySecret, text(entry, "secret"));
        }
}

TEST(MediaCrypto, AnswersDigestsAsTheVectors) {
    for (const json::value& entry : vectors().at("digest").as_array()) {
        const auto challenge = parse_digest(text(entry, "challenge"));
        EXPECT_EQ(challenge.at("realm"), kRealm);
        EXPECT_EQ(challenge.at("opaque"), kOpaque);
        EXPECT_EQ(digest_response({text(entry, "username"), text(entry, "secret"), text(entry, "method"),
                                   text(entry, "uri"), challenge.at("nonce"), text(entry, "nc"),
                                   text(entry, "cnonce")}),
                  text(entry, "response"));
    }
}

TEST(TsMux, WritesTablesAndUtcTagAsTheVectors) {
    Buffer packets;
    ts::append_preamble(packets, {.audio = ts::StreamType::alaw, .utc_seconds = 1789688911});
    ts::Continuity().stamp(packets);
    ASSERT_EQ(packets.size(), ts::kPreamblePackets * ts::kPacketSize);
    const auto packet = [&](std::size_t i) {
        return hex_lower(Bytes(packets).subspan(i * ts::kPacketSize, ts::kPacketSize));
    };
    const json::value& expected = vectors().at("ts");
    EXPECT_EQ(packet(1), text(expected, "utc_tag_packet_1789688911"));
    EXPECT_EQ(packet(2), text(expected, "pat_pid0"));
    EXPECT_EQ(packet(3), text(expected, "pmt_pid0x12"));
}

TEST(TsMux, WritesAudioAsTheVectors) {
    Buffer samples;
    for (int i = 0; i < 400; ++i) append(samples, as_bytes("\x55\xD5"));
    Buffer packets;
    ts::append_pes(packets, ts::Pes::audio, samples);
    ts::store_pts(std::span(packets).subspan<4 + ts::kPtsOffset, 5>(), 450'000);
    ts::Continuity continuity;
    Buffer before(to_buffer(Bytes(packets).first(3 * ts::kPacketSize)));
    continuity.stamp(before);
    continuity.stamp(packets);
    EXPECT_EQ(hex_lower(packets), text(vectors().at("ts"), "audio_part_pts_450000_cc_3"));
}

TEST(TsMux, WritesPtsAsTheVectors) {
    for (const json::value& entry : vectors().at("ts").at("pts").as_array()) {
        std::array<std::byte, 5> out{};
        ts::store_pts(out, entry.at("pts").to_number<std::uint64_t>());
        EXPECT_EQ(hex_lower(out), text(entry, "bytes"));
    }
}

TEST(TsMux, FillsTheLastPacketWhateverIsLeft) {
    for (std::size_t size = 0; size < 400; ++size) {
        Buffer packets;
        ts::append_pes(packets, ts::Pes::video, Buffer(size, std::byte{0xAB}));
        ASSERT_EQ(packets.size() % ts::kPacketSize, 0U);
        Buffer pes;
        for (Bytes rest = packets; !rest.empty(); rest = rest.subspan(ts::kPacketSize)) {
            const std::size_t adaptation = (u8(rest[3]) & 0x20U) != 0 ? 1U + u8(rest[4]) : 0U;
            append(pes, rest.first(ts::kPacketSize).subspan(4 + adaptation));
        }
        ASSERT_EQ(pes.size(), ts::kPtsOffset + 5 + size);
        EXPECT_TRUE(std::ranges::all_of(Bytes(pes).subspan(ts::kPtsOffset + 5),
                                        [](std::byte b) { return b == std::byte{0xAB}; }));
    }
}

struct ClipKind {
    const char* name;
    ts::StreamType audio;
    const char* codec;
};

class ClipTest : public testing::TestWithParam<ClipKind> {
protected:
    std::shared_ptr<const Clip> load() { return ClipLibrary().find(GetParam().name, GetParam().audio); }
};

TEST_P(ClipTest, HasAKeyframeEvery2SecondsAndWholePartsInOrder) {
    const auto clip = load();
    ASSERT_TRUE(clip);
    EXPECT_EQ(clip->duration_90k, 24U * 90'000);
    ASSERT_TRUE(clip->parts.front().keyframe);
    std::size_t frames = 0, keyframes = 0, tones = 0, pieces = 0;
    std::uint64_t last = 0;
    for (const ClipPart& part : clip->parts) {
        EXPECT_LE(last, part.offset_90k);
        last = part.offset_90k;
        EXPECT_EQ(part.packets.size() % ts::kPacketSize, 0U);
        EXPECT_LE(part.packets.size() / ts::kPacketSize + (part.keyframe ? ts::kPreamblePackets : 0),
                  ts::kMaxPartPackets);
        EXPECT_TRUE(!part.keyframe || part.offset_90k % 180'000 == 0);
        keyframes += part.keyframe ? 1 : 0;
        pieces += part.starts_unit ? 0 : 1;
        (part.kind == ts::Pes::audio ? tones : frames) += part.starts_unit ? 1 : 0;
    }
    EXPECT_EQ(frames, 360U);
    EXPECT_EQ(keyframes, 12U);
    EXPECT_EQ(tones, GetParam().audio == ts::StreamType::none ? 0U : 240U);
    EXPECT_EQ(pieces > 0,
              std::string_view(GetParam().name) != "h264_sub"); // big keyframes go on in further parts
}

/// Plays `loops` laps of the clip without waiting.
Buffer play(const std::shared_ptr<const Clip>& clip, const LiveOptions& options, std::uint64_t laps) {
    const SteadyTime now = std::chrono::steady_clock::now();
    LiveStream stream(clip, options, now, now);
    Buffer out;
    while (stream.due() < now + std::chrono::seconds(24 * laps)) stream.append_next(out, PartFault::none);
    return out;
}

TEST_P(ClipTest, CountsOnAcrossTheLoop) {
    const Buffer packets = play(load(), {}, 2);
    std::map<unsigned, unsigned> counters;
    for (std::size_t at = 0; at < packets.size(); at += ts::kPacketSize) {
        ASSERT_EQ(u8(packets[at]), 0x47U);
        const unsigned pid = (u8(packets[at + 1]) & 0x1FU) << 8U | u8(packets[at + 2]);
        const unsigned counter = u8(packets[at + 3]) & 0x0FU;
        ASSERT_TRUE(!counters.contains(pid) || counter == (counters[pid] + 1) % 16)
            << "pid " << pid << " at " << at;
        counters[pid] = counter;
    }
    EXPECT_EQ(counters.size(), GetParam().audio == ts::StreamType::none ? 4U : 5U);
}

/// Output of a command, its errors included.
std::string run(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return out;
    std::array<char, 4096> chunk{};
    while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), pipe))
        out.append(chunk.data(), size);
    ::pclose(pipe);
    return out;
}

TEST_P(ClipTest, IsReadByFfprobe) {
    if (std::system("ffprobe -version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no ffprobe";
    const auto file = std::filesystem::temp_directory_path() /
                      ("simulator-" + std::to_string(::getpid()) + "-" + GetParam().name + ".ts");
    const Buffer packets = play(load(), {.first_pts_90k = 900'000}, 2);
    std::ofstream(file, std::ios::binary) << as_text(packets);
    const std::string streams = run(
        "ffprobe -v error -select_streams v -show_entries stream=codec_name -of csv=p=0 " + file.string());
    EXPECT_TRUE(streams.starts_with(GetParam().codec)) << streams;
    const std::string stamps =
        run("ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 " + file.string());
    std::filesystem::remove(file);
    long expected = 900'000;
    const char* at = stamps.c_str();
    int frames = 0;
    while (*at != '\0') {
        char* end = nullptr;
        const long pts = std::strtol(at, &end, 10);
        if (end == at) {
            ++at; // line ends and commas
            continue;
        }
        ASSERT_EQ(pts, expected) << "frame " << frames;
        expected += 6000;
        ++frames;
        at = end;
    }
    EXPECT_EQ(frames, 720);
}

INSTANTIATE_TEST_SUITE_P(All, ClipTest,
                         testing::Values(ClipKind{"h264_hd", ts::StreamType::alaw, "h264"},
                                         ClipKind{"h264_sub", ts::StreamType::none, "h264"},
                                         ClipKind{"h265_hd", ts::StreamType::ulaw, "hevc"}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(LiveStream, WrapsThePtsAt33Bits) {
    const auto clip = ClipLibrary().find("h264_sub", ts::StreamType::none);
    ASSERT_TRUE(clip);
    const Buffer packets = play(clip, {.first_pts_90k = (1ULL << 33U) - 6000}, 1);
    std::set<std::string> stamps;
    for (std::size_t at = 0; at + ts::kPacketSize <= packets.size(); at += ts::kPacketSize)
        if ((u8(packets[at + 1]) & 0x40U) != 0 && u8(packets[at + 2]) == ts::kVideoPid &&
            u8(packets[at + 3]) < 0x20)
            stamps.insert(hex_lower(Bytes(packets).subspan(at + 4 + ts::kPtsOffset, 5)));
    EXPECT_TRUE(stamps.contains("2fffffd121")); // 2^33 - 6000
    EXPECT_TRUE(stamps.contains("2100010001")); // 0
}

} // namespace
} // namespace tplink::sim
