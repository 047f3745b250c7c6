#include "tests/simulators/media/clips/picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace tplink::sim {
namespace {

constexpr double kTau = 6.283185307179586;
constexpr int kFrameBits = 10;

/// Small, the same on every machine: clips must not differ between two builds.
class Noise {
public:
    int next(int amplitude) {
        state_ = state_ * 1664525U + 1013904223U;
        return amplitude == 0
                   ? 0
                   : static_cast<int>((state_ >> 16U) % static_cast<unsigned>(2 * amplitude)) - amplitude;
    }

private:
    std::uint32_t state_ = 7;
};

std::uint8_t luma(int value) { return static_cast<std::uint8_t>(std::clamp(value, 16, 235)); }

/// Writes into the luma plane, cut at the edges.
class Canvas {
public:
    Canvas(std::vector<std::uint8_t>& i420, int width, int height)
        : i420_(i420), width_(width), height_(height) {}

    void set(int x, int y, std::uint8_t value) {
        if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
        i420_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)] =
            value;
    }
    void fill(int x, int y, int width, int height, std::uint8_t value) {
        for (int row = y; row < y + height; ++row)
            for (int column = x; column < x + width; ++column) set(column, row, value);
    }
    void disc(int centre_x, int centre_y, int radius, std::uint8_t value) {
        for (int dy = -radius; dy <= radius; ++dy)
            for (int dx = -radius; dx <= radius; ++dx)
                if (dx * dx + dy * dy <= radius * radius) set(centre_x + dx, centre_y + dy, value);
    }

private:
    std::vector<std::uint8_t>& i420_;
    int width_;
    int height_;
};

/// Seven segments: bits 0..6 = top, upper right, lower right, bottom, lower left, upper left, middle.
constexpr std::array<unsigned, 10> kSegments{0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f};

void draw_digit(Canvas& canvas, int x, int y, int height, int digit) {
    const int thick = height / 8;
    const int width = height / 2;
    const int half = height / 2;
    const unsigned on = kSegments[static_cast<std::size_t>(digit)];
    const auto bar = [&](unsigned bit, int left, int top, int bar_width, int bar_height) {
        if ((on >> bit & 1U) != 0) canvas.fill(x + left, y + top, bar_width, bar_height, 235);
    };
    bar(0, 0, 0, width, thick);
    bar(1, width - thick, 0, thick, half);
    bar(2, width - thick, half, thick, half);
    bar(3, 0, height - thick, width, thick);
    bar(4, 0, half, thick, half);
    bar(5, 0, 0, thick, half);
    bar(6, 0, half - thick / 2, width, thick);
}

/// "SS:FF", seconds and frames, on a dark plate in the lower half.
void draw_clock(Canvas& canvas, const SceneSize& size, int frame) {
    const int height = size.height / 5;
    const int step = height * 3 / 4;
    const int x = (size.width - 5 * step) / 2;
    const int y = size.height - height * 3 / 2;
    canvas.fill(x - step / 4, y - height / 6, 5 * step + step / 4, height + height / 3, 20);
    const int seconds = frame / size.fps;
    const int rest = frame % size.fps;
    draw_digit(canvas, x, y, height, seconds / 10 % 10);
    draw_digit(canvas, x + step, y, height, seconds % 10);
    canvas.fill(x + 2 * step + step / 4, y + height / 4, height / 8, height / 8, 235);
    canvas.fill(x + 2 * step + step / 4, y + height * 5 / 8, height / 8, height / 8, 235);
    draw_digit(canvas, x + 3 * step, y, height, rest / 10);
    draw_digit(canvas, x + 4 * step, y, height, rest % 10);
}

void draw_frame_number(Canvas& canvas, const SceneSize& size, int frame) {
    const int width = size.width / 16;
    const int height = size.height / 12;
    canvas.fill(0, 0, width, height, 235);
    canvas.fill(width, 0, width, height, 16);
    for (int bit = 0; bit < kFrameBits; ++bit) {
        const bool one = (frame >> (kFrameBits - 1 - bit) & 1) != 0;
        canvas.fill((bit + 2) * width, 0, width, height, one ? 235 : 16);
    }
}

std::vector<std::uint8_t> draw_wall(const SceneSize& size) {
    const int luma_size = size.width * size.height;
    std::vector<std::uint8_t> out(static_cast<std::size_t>(luma_size) * 3 / 2);
    Noise noise;
    std::size_t at = 0;
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
            out[at++] = luma(70 + 80 * x / size.width + 40 * y / size.height + noise.next(size.texture));
    for (int plane = 0; plane < 2; ++plane) // four colours, so that exchanged planes are seen at once
        for (int y = 0; y < size.height / 2; ++y)
            for (int x = 0; x < size.width / 2; ++x) {
                const bool high = plane == 0 ? x > size.width / 4 : y > size.height / 4;
                out[at++] = high ? 150 : 105;
            }
    return out;
}

} // namespace

Scene::Scene(SceneSize size) : size_(size), wall_(draw_wall(size)) {
    Noise noise;
    band_.resize(static_cast<std::size_t>(size.width / 8) * static_cast<std::size_t>(size.height));
    for (auto& pixel : band_) pixel = luma(150 + noise.next(size.band_texture));
}

std::vector<std::uint8_t> Scene::draw(int frame) const {
    std::vector<std::uint8_t> out = wall_;
    Canvas canvas(out, size_.width, size_.height);
    const double phase =
        kTau * frame / (8.0 * size_.fps); // all motion repeats after 8 s: the loop has no seam

    const int band_width = size_.width / 8;
    const int band_x = static_cast<int>((size_.width - band_width) * (0.5 + 0.5 * std::cos(phase)));
    for (int y = size_.height / 6; y < size_.height / 2; ++y)
        for (int x = 0; x < band_width; ++x)
            canvas.set(band_x + x, y, band_[static_cast<std::size_t>(y * band_width + x)]);
    canvas.disc(static_cast<int>(size_.width * (0.5 + 0.4 * std::sin(phase))),
                static_cast<int>(size_.height * (0.35 + 0.15 * std::sin(3 * phase))), size_.height / 14, 210);
    draw_clock(canvas, size_, frame);
    draw_frame_number(canvas, size_, frame);
    return out;
}

} // namespace tplink::sim
