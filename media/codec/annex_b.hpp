#pragma once
// NAL units of a byte stream (ITU-T H.264 and H.265, Annex B).

#include <cstddef>
#include <optional>

#include "protocols/base/bytes.hpp"

namespace tplink::media {

/// One NAL unit and its place.
struct NalUnit {
    std::size_t begin = 0; ///< of its start code, zero bytes before it included
    std::size_t end = 0;   ///< behind its last byte that is not zero
    Bytes bytes;           ///< from the NAL header on; never empty
};

/// Walks the NAL units of one access unit in order, without allocating. Empty NAL units are skipped.
class NalReader {
public:
    /// in: start codes of 3 or 4 bytes; zero bytes may stand before and between NAL units. Must outlive the
    /// reader.
    explicit NalReader(Bytes access_unit);

    /// Nothing at the end.
    std::optional<NalUnit> next();

    /// False when something else than zero bytes stands before the first start code, or when there is none.
    bool starts_with_start_code() const { return clean_; }

private:
    Bytes bytes_;
    std::size_t begin_ = 0; // of the next NAL unit, leading zeros included
    std::size_t code_ = 0;  // its 00 00 01
    bool clean_ = false;
};

} // namespace tplink::media
