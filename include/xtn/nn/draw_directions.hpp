// SPDX-License-Identifier: BSD-3-Clause
// Directions drawn from their laws (directions.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/random/sobol.hpp>

#include <xtn/backend/random.hpp>
#include <xtn/core/error.hpp>
#include <xtn/nn/directions.hpp>
#include <xtn/op/basis.hpp>

namespace xtn::nn {

namespace detail {

/// Points of a Sobol sequence strictly inside the unit cube, the first (the origin) passed over, shifted by a random
/// vector modulo 1 (Cranley and Patterson, SIAM J. Numer. Anal. 13, 1976), so that every point is uniform.
class shifted_sobol {
public:
    shifted_sobol(std::size_t dimension, random_stream& random) : engine_(dimension), shift_(dimension) {
        engine_.discard(dimension);
        for (double& s : shift_) s = random.uniform();
    }
    /// The next coordinate; the coordinates of a point follow each other.
    double operator()() {
        const double range = static_cast<double>(engine_.max()) + 1;
        const double x = (static_cast<double>(engine_()) + 0.5) / range + shift_[next_];
        next_ = (next_ + 1) % shift_.size();
        return x < 1 ? x : x - 1;
    }

private:
    boost::random::sobol engine_;
    std::vector<double> shift_;
    std::size_t next_ = 0;
};

inline double row_norm(const xt::xtensor<double, 2>& w, std::size_t i) {
    double squares = 0;
    for (std::size_t j = 0; j < w.shape(1); ++j) squares += w(i, j) * w(i, j);
    return std::sqrt(squares);
}

inline void scale_row(xt::xtensor<double, 2>& w, std::size_t i, double factor) {
    for (std::size_t j = 0; j < w.shape(1); ++j) w(i, j) *= factor;
}

}  // namespace detail

XTN_INLINE xt::xtensor<double, 2> draw_directions(directions kind, std::size_t count, std::size_t dim,
                                                  std::uint64_t seed) {
    if (count == 0 || dim == 0)
        throw shape_error("draw_directions: " + std::to_string(count) + " directions in " + std::to_string(dim) +
                          " dimensions");
    random_stream random(seed);
    const boost::math::normal normal;
    xt::xtensor<double, 2> w({count, dim});
    random.fill_normal(std::span<double>(w.data(), w.size()), 1.0);
    if (kind == directions::sobol) {
        detail::shifted_sobol points(dim, random);
        for (double& x : w) x = boost::math::quantile(normal, points());
    } else if (kind == directions::polar) {
        detail::shifted_sobol points(1, random);
        const boost::math::chi_squared square(static_cast<double>(dim));
        for (std::size_t i = 0; i < count; ++i)
            detail::scale_row(w, i, std::sqrt(boost::math::quantile(square, points())) / detail::row_norm(w, i));
    } else if (kind == directions::dct) {
        const xt::xtensor<double, 2> rows = basis::dct2().vectors<double>(dim, dim);
        for (std::size_t i = 0; i < count; ++i) {
            const double t = w(i, 0);
            for (std::size_t j = 0; j < dim; ++j) w(i, j) = t * rows(i % dim, j);
        }
    } else if (kind == directions::orthogonal) {
        for (std::size_t first = 0; first < count; first += dim) {
            const auto q = basis::random_orthonormal(seed).vectors<double>(dim, dim, first + 1);  // stream 0 is taken
            for (std::size_t i = first; i < std::min(first + dim, count); ++i) {
                const double length = detail::row_norm(w, i);  // of an independent Gaussian
                for (std::size_t j = 0; j < dim; ++j) w(i, j) = length * q(i - first, j);
            }
        }
    }
    return w;
}

}  // namespace xtn::nn
