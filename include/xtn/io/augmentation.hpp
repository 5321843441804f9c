// SPDX-License-Identifier: BSD-3-Clause
// Images as a model reads them in training: cropped and enlarged again, shifted, mirrored, by numbers that depend on the seed
// and the step alone, so that a run that goes on sees what it would have seen.
//
// Output pixel (y, x) of an image of height H is taken at
//
//     y' = top (1 - share) H + (y - down + 1/2) share - 1/2,
//
// x' alike; between pixels by bilinear interpolation, and black where y - down is not in the image.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/image_set.hpp>

namespace xtn {

/// What may happen to an image.
struct augmentation {
    std::size_t shift = 0;  ///< by at most so many pixels, along either axis
    bool flip = false;      ///< left and right, half of the times
    double crop = 1;        ///< the smallest share of both sides that is left, above 0
};

/// What happens to one image; by default nothing.
struct image_transform {
    std::ptrdiff_t down = 0, right = 0;
    bool flipped = false;
    double share = 1;          ///< of both sides that is left
    double top = 0, left = 0;  ///< where the window stands: 0 at one end, 1 at the other
};

/// For each of the `count` images of a step. Another kind of change does not alter the numbers of the others. Throws
/// shape_error for a crop that is no share.
inline std::vector<image_transform> draw_transforms(const augmentation& what, std::size_t count, std::uint64_t seed,
                                                    std::uint64_t step) {
    if (!(what.crop > 0 && what.crop <= 1))
        throw shape_error("augmentation: a crop leaves a share above 0 and at most 1 of the sides, not " +
                          std::to_string(what.crop));
    random_stream random(seed, ~step);  // from the other end than the streams of batches
    std::vector<image_transform> all(count);
    for (image_transform& t : all) {
        const auto steps = static_cast<double>(2 * what.shift + 1);
        const auto offset = [&] {
            return static_cast<std::ptrdiff_t>(std::floor(random.uniform() * steps)) -
                   static_cast<std::ptrdiff_t>(what.shift);
        };
        t.down = offset();
        t.right = offset();
        t.flipped = random.uniform() < 0.5 && what.flip;
        t.share = random.uniform(what.crop, 1);
        t.top = random.uniform();
        t.left = random.uniform();
    }
    return all;
}

namespace detail {

/// Where the pixels of one axis come from: between `first` and `second`, `weight` of the latter; nowhere if `black`.
struct source_pixel {
    std::size_t first = 0, second = 0;
    double weight = 0;
    bool black = false;
};

inline void find_sources(std::span<source_pixel> axis, std::ptrdiff_t shift, double share, double start) {
    const auto length = static_cast<std::ptrdiff_t>(axis.size());
    for (std::ptrdiff_t y = 0; y < length; ++y) {
        source_pixel& p = axis[static_cast<std::size_t>(y)];
        const std::ptrdiff_t unshifted = y - shift;
        p.black = unshifted < 0 || unshifted >= length;
        if (p.black) continue;
        const double at = std::clamp(
            start * (1 - share) * static_cast<double>(length) + (static_cast<double>(unshifted) + 0.5) * share - 0.5,
            0.0, static_cast<double>(length - 1));
        p.first = static_cast<std::size_t>(at);
        p.second = std::min(p.first + 1, axis.size() - 1);
        p.weight = at - std::floor(at);
    }
}

}  // namespace detail

/// Image i of a set as numbers, channel by channel, row by row. Throws shape_error unless `out` has room for one image.
inline void write_image(const image_set& images, std::size_t i, const normalisation& numbers, std::span<float> out,
                        const image_transform& t = {}) {
    const std::size_t channels = images.shape().channels, height = images.shape().height, width = images.shape().width;
    if (i >= images.size() || out.size() != images.shape().size() || numbers.mean.size() != channels)
        throw shape_error(images.origin() + ": image " + std::to_string(i) + " of " + std::to_string(images.size()) +
                          " has " + std::to_string(images.shape().size()) + " numbers in " + std::to_string(channels) +
                          " channels, but there is room for " + std::to_string(out.size()) +
                          " and a normalisation of " + std::to_string(numbers.mean.size()));
    std::vector<detail::source_pixel> rows(height), columns(width);
    detail::find_sources(rows, t.down, t.share, t.top);
    detail::find_sources(columns, t.right, t.share, t.left);
    if (t.flipped) std::ranges::reverse(columns);
    const std::uint8_t* plane = images.image(i).data();
    float* to = out.data();
    for (std::size_t c = 0; c < channels; ++c, plane += height * width)
        for (const detail::source_pixel& y : rows)
            for (const detail::source_pixel& x : columns) {
                const auto row = [&](std::size_t r) {
                    const double first = plane[r * width + x.first], second = plane[r * width + x.second];
                    return first + x.weight * (second - first);
                };
                const double upper = y.black || x.black ? 0 : row(y.first);
                const double byte = y.weight == 0 || x.black ? upper : upper + y.weight * (row(y.second) - upper);
                *to++ = numbers(byte, c);
            }
}

}  // namespace xtn
