#pragma once
// The scene in front of the simulated cameras: textured wall, moving ball and band, a running clock, and the
// frame's number as a row of black and white blocks, for programs to read.

#include <cstdint>
#include <vector>

namespace tplink::sim {

struct SceneSize {
    int width = 1280; ///< multiple of 4
    int height = 720; ///< multiple of 4
    int fps = 15;
    int texture = 40;     ///< amplitude of the wall's noise: decides the size of keyframes
    int band_texture = 0; ///< the same of the band that moves: decides the size of the frames between
};

class Scene {
public:
    explicit Scene(SceneSize size);

    /// I420, tightly packed.
    /// Blocks along the upper edge, each width/16 wide and height/12 high: white, black, then ten bits of the
    /// frame's number, highest first, white is 1.
    std::vector<std::uint8_t> draw(int frame) const;

private:
    SceneSize size_;
    std::vector<std::uint8_t> wall_;
    std::vector<std::uint8_t> band_; ///< luma of a vertical band, width/8 wide
};

} // namespace tplink::sim
