#pragma once
// Turns the parts of one session into plain media: finds the key that fits, drops what does not decrypt.

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/stream/key_exchange.hpp"
#include "protocols/stream/part_reader.hpp"

namespace tplink::stream {

class PartDecoder {
public:
    /// exchange: nothing when the camera sent no Key-Exchange; then parts must be plain.
    /// secrets: candidates; the first that yields sensible media stays.
    /// memory: index of the secret that fitted last, tried first; renewed by the proof. Null: none is kept.
    PartDecoder(const std::optional<KeyExchange>& exchange, const std::vector<Secret>& secrets,
                std::shared_ptr<std::atomic<unsigned>> memory = {});

    /// The plain body; encrypted or not is read from each part, for cameras mix them.
    /// errors: malformed: drop this part. auth_failed: none of the first parts made sense, the secret is
    /// wrong.
    Result<Buffer> decode(Part& part);

private:
    Result<Buffer> prove(const Part& part);

    struct Candidate {
        PartCipher cipher;
        unsigned index;
    };
    std::vector<Candidate> ciphers_; ///< one left when proven
    std::shared_ptr<std::atomic<unsigned>> memory_;
    bool has_exchange_;
    bool proven_ = false;
    int failures_ = 0; ///< before the proof
};

} // namespace tplink::stream
