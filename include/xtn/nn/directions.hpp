// SPDX-License-Identifier: BSD-3-Clause
// Directions w_1 ... w_m in d dimensions, as rows, for random features of the kernel e^(x . y) = E e^(w . x - |x|^2 / 2)
// e^(w . y - |y|^2 / 2), w ~ N(0, I) (Choromanski et al., arXiv 2009.14794, lemma 1).
//
//     gaussian     independent N(0, I)
//     orthogonal   the same law, but in blocks of d orthogonal to each other (ibid., section 3.1)
//     sobol        the same law from the points of a Sobol sequence, coordinate by coordinate
//     polar        w = r v: v uniform on the sphere, r from the inverse distribution of |w| at the points of a
//                  one-dimensional Sobol sequence (positive fixed features of DiJiang, arXiv 2403.19928, equation 9)
//     dct          w = t_i c_i: rows c_i of the orthonormal DCT-II, t_i ~ N(0, 1) (the released code of DiJiang)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/inline.hpp>

namespace xtn::nn {

/// The laws above.
enum class directions { gaussian, orthogonal, sobol, polar, dct };

/// In the order of `directions`.
inline constexpr std::array<std::string_view, 5> direction_names{"gaussian", "orthogonal", "sobol", "polar", "dct"};

/// Throws xtn::error for a name that means nothing.
inline directions directions_named(std::string_view name) {
    for (std::size_t k = 0; k < direction_names.size(); ++k)
        if (direction_names[k] == name) return static_cast<directions>(k);
    throw error("\"" + std::string(name) + "\" are no directions; expected gaussian, orthogonal, sobol, polar or dct");
}

/// `count` directions in `dim` dimensions (count x dim), drawn from the seed. Throws shape_error where there are none.
XTN_INLINE xt::xtensor<double, 2> draw_directions(directions kind, std::size_t count, std::size_t dim,
                                                  std::uint64_t seed);

}  // namespace xtn::nn

#if XTN_DEFINE
#include <xtn/nn/draw_directions.hpp>
#endif
