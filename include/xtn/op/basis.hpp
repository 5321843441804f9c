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
    /// Random orthonormal vectors; those of different extents, and of different streams, are independent.
    static basis random_orthonormal(std::uint64_t seed) { return {kind::haar, seed}; }
    static basis dct2() { return {kind::dct2, 0}; }

    /// The first `count` vectors of the basis of R^n (count x n). `stream`, below 2^32, tells apart several bases of one
    /// extent. Throws shape_error unless count is 1 to n.
    template <scalar T>
    xt::xtensor<T, 2> vectors(std::size_t n, std::size_t count, std::uint64_t stream = 0) const {
        if (count == 0 || count > n)
            throw shape_error("basis: R^" + std::to_string(n) + " has bases of " + std::to_string(n) +
                              " vectors, not " + std::to_string(count));
        xt::xtensor<T, 2> d(std::array{count, n});
        if (is_random()) {
            if (kind_ == kind::haar) stream = (stream << 32) + n;
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

    bool is_random() const { return kind_ != kind::dct2; }
    std::uint64_t seed() const { return seed_; }
    /// In words that from_text reads: "dct2", "haar 7".
    std::string text() const {
        const std::string name(names[static_cast<std::size_t>(kind_)]);
        return is_random() ? name + " " + std::to_string(seed_) : name;
    }
    /// Throws xtn::error where the words are no basis's.
    static basis from_text(const std::string& words) {
        const std::string_view text = words, name = text.substr(0, text.find(' '));
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) {
            const auto k = static_cast<kind>(found - names.begin());
            if (k == kind::dct2 && text == name) return dct2();
            if (k != kind::dct2 && text != name)
                if (const auto seed = parse_number<std::uint64_t>(text.substr(name.size() + 1))) return {k, *seed};
        }
        throw error("\"" + words + "\" is no basis; there are dct2, and haar with a seed below 2^64");
    }

private:
    /// The matrices of random_orthonormal, which older files name, begin with the same Gaussian numbers for every extent.
    enum class kind : std::uint8_t { dct2, haar, random_orthonormal };
    static constexpr std::array<std::string_view, 3> names{"dct2", "haar", "random_orthonormal"};

    basis(kind k, std::uint64_t seed) : kind_(k), seed_(seed) {}

    kind kind_;
    std::uint64_t seed_;
};

}  // namespace xtn
