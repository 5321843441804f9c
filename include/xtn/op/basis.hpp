// SPDX-License-Identifier: BSD-3-Clause
// Orthonormal bases of R^n, as n x n matrices whose rows are the basis vectors, slowest first where that has a meaning.
//
//     DCT-II:  D[k, i] = s_k cos(pi (2 i + 1) k / (2 n)),   s_0 = sqrt(1/n), s_k = sqrt(2/n)
//
// (Ahmed, Natarajan & Rao, "Discrete cosine transform", IEEE Trans. Comput. C-23, 1974). A random orthonormal basis is
// the orthogonal polar factor of a Gaussian matrix, which is distributed by Haar's measure.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <string_view>

#include <xtn/backend/random.hpp>
#include <xtn/core/number.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn {

/// An orthonormal basis of R^n for every n: DCT-II, or random and fixed by a seed.
class basis {
public:
    /// Random orthonormal vectors; matrices of different extents, and different streams, are independent.
    static basis random_orthonormal(std::uint64_t seed) { return basis(seed); }
    static basis dct2() { return basis(); }

    /// The first `count` vectors of the basis of R^n (count x n). `stream` tells apart several bases of one extent.
    template <scalar T>
    xt::xtensor<T, 2> vectors(std::size_t n, std::size_t count, std::uint64_t stream = 0) const {
        xt::xtensor<T, 2> d(std::array{count, n});
        if (is_random_) {
            xt::xtensor<double, 2> gaussian(std::array{n, n});
            random_stream(seed_, stream).fill_normal(std::span<double>(gaussian.data(), gaussian.size()), 1.0);
            const tt::svd_result<double> f = tt::svd(gaussian);
            const xt::xtensor<double, 2> polar = einsum<"ij,jk->ik">(f.u, f.vt);
            std::transform(polar.data(), polar.data() + d.size(), d.data(),
                           [](double x) { return static_cast<real_of<T>>(x); });
            return d;
        }
        const auto length = static_cast<double>(n);
        for (std::size_t k = 0; k < count; ++k)
            for (std::size_t i = 0; i < n; ++i) {
                const std::size_t angle = (2 * i + 1) * k % (4 * n);  // in units of pi / 2n: large ones lose nothing
                d(k, i) =
                    static_cast<real_of<T>>(std::sqrt((k == 0 ? 1 : 2) / length) *
                                            std::cos(std::numbers::pi * static_cast<double>(angle) / (2 * length)));
            }
        return d;
    }

    bool is_random() const { return is_random_; }
    std::uint64_t seed() const { return seed_; }
    /// In words that from_text reads: "dct2", "random_orthonormal 7".
    std::string text() const { return is_random_ ? "random_orthonormal " + std::to_string(seed_) : "dct2"; }
    /// Throws xtn::error where the words are no basis's.
    static basis from_text(const std::string& words) {
        constexpr std::string_view random = "random_orthonormal ";
        if (words == "dct2") return dct2();
        if (words.starts_with(random))
            if (const auto seed = parse_number<std::uint64_t>(std::string_view(words).substr(random.size())))
                return random_orthonormal(*seed);
        throw error("\"" + words + "\" is no basis; there are dct2, and random_orthonormal with a seed below 2^64");
    }

private:
    basis() = default;
    explicit basis(std::uint64_t seed) : is_random_(true), seed_(seed) {}

    bool is_random_ = false;
    std::uint64_t seed_ = 0;
};

}  // namespace xtn
