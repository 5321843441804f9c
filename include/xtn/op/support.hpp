// SPDX-License-Identifier: BSD-3-Clause
// Which K of the m x n coefficients of a matrix in an orthonormal basis are free; the others are 0.
//
//     zigzag          the K smallest by u + v: along antidiagonals, as JPEG orders its coefficients
//     scaled_zigzag   the K smallest by u/m + v/n: the same frequency in both directions, whatever the shape
//     rectangle       the first p x q, p : q near m : n and p q at most K
//     scattered       K drawn without replacement
//     largest         the K largest of a given matrix, its best approximation by K coefficients
//
// Equal keys are ordered by u. How large the rank of such a matrix can be differs: a rectangle of half the coefficients
// of 128 x 128 has rank 90 at most, a zigzag 127, and only scattered supports keep full rank at a twentieth.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/number.hpp>

namespace xtn {

/// How many coefficients: a number, or a fraction of all.
class coefficients {
public:
    static coefficients count(std::size_t k) { return {static_cast<double>(k), false}; }
    static coefficients fraction(double f) { return {f, true}; }

    /// Of an m x n matrix. Throws shape_error unless it is 1 to m n.
    std::size_t of(std::size_t m, std::size_t n) const {
        const auto all = static_cast<double>(m * n);
        const double k = is_fraction_ ? std::round(value_ * all) : value_;
        if (!(k >= 1 && k <= all))
            throw shape_error("a matrix of " + std::to_string(m) + " x " + std::to_string(n) + " has 1 to " +
                              std::to_string(m * n) + " coefficients; " +
                              (is_fraction_ ? "the fraction " + std::to_string(value_)
                                            : std::to_string(static_cast<std::size_t>(value_))) +
                              " was asked for");
        return static_cast<std::size_t>(k);
    }

private:
    coefficients(double value, bool is_fraction) : value_(value), is_fraction_(is_fraction) {}
    double value_;
    bool is_fraction_;
};

/// A choice of coefficients; see this file's head for the kinds.
class support {
public:
    enum class order : std::uint8_t { zigzag, scaled_zigzag, rectangle, scattered, largest, custom };

    static support zigzag(coefficients k) { return {order::zigzag, k}; }
    static support scaled_zigzag(coefficients k) { return {order::scaled_zigzag, k}; }
    static support rectangle(coefficients k) { return {order::rectangle, k}; }
    static support scattered(coefficients k, std::uint64_t seed) { return {order::scattered, k, seed}; }
    /// Only where there is a matrix to choose from.
    static support largest(coefficients k) { return {order::largest, k}; }
    /// These elements of the coefficient matrix, counted row by row.
    static support custom(std::vector<std::size_t> elements) {
        support s(order::custom, coefficients::count(elements.size()));
        s.elements_ = std::move(elements);
        return s;
    }

    /// The support of that order; the seed is of scattered ones.
    static support of(order o, coefficients k, std::uint64_t seed = 0) { return {o, k, seed}; }
    /// The order with this name, as it is spelt in the code. Throws xtn::error for any other word.
    static order order_named(std::string_view word) {
        const auto found = std::find(names.begin(), names.end(), word);
        if (found == names.end())
            throw error("\"" + std::string(word) +
                        "\" is no support; there are zigzag, scaled_zigzag, rectangle, scattered, largest and custom");
        return static_cast<order>(found - names.begin());
    }

    order kind() const { return order_; }
    /// In words that from_text reads, for an m x n matrix: "zigzag 8192", "scattered 8192 7", "custom 0 1 5".
    std::string text(std::size_t m, std::size_t n) const {
        std::string words(names[static_cast<std::size_t>(order_)]);
        if (order_ == order::custom)
            for (const std::size_t e : elements_) words += " " + std::to_string(e);
        else
            words += " " + std::to_string(k_.of(m, n));
        if (order_ == order::scattered) words += " " + std::to_string(seed_);
        return words;
    }
    /// Throws xtn::error where the words are no support's.
    static support from_text(const std::string& words) {
        std::istringstream in(words);
        std::string word;
        in >> word;
        const order o = order_named(word);
        const auto refuse = [&] {
            throw error(
                "\"" + words +
                "\" is no support: whole numbers below 2^64 follow the order, the number of coefficients (and " +
                "the seed of a scattered one) or the elements of a custom one");
        };
        std::vector<std::uint64_t> numbers;
        while (in >> word) {
            const auto number = parse_number<std::uint64_t>(word);
            if (!number) refuse();
            numbers.push_back(*number);
        }
        if (o == order::custom) return custom({numbers.begin(), numbers.end()});
        if (numbers.size() != (o == order::scattered ? 2u : 1u)) refuse();
        return of(o, coefficients::count(numbers[0]), numbers.size() == 2 ? numbers[1] : 0);
    }

    /// The extents p x q of a rectangle in an m x n matrix.
    std::pair<std::size_t, std::size_t> rectangle_in(std::size_t m, std::size_t n) const {
        const std::size_t k = k_.of(m, n);
        const double share = std::sqrt(static_cast<double>(k) / static_cast<double>(m * n));
        const auto p = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(share * static_cast<double>(m))),
                                               (k + n - 1) / n, std::min(m, k));
        return {p, std::min(n, k / p)};
    }

    /// The chosen elements of an m x n matrix, counted row by row, in ascending order. The matrix itself, its magnitudes
    /// row by row, decides where the largest are wanted. Throws shape_error where K or an element does not fit, or an element
    /// is named twice.
    std::vector<std::size_t> elements(std::size_t m, std::size_t n, std::span<const double> magnitudes = {}) const {
        std::vector<std::size_t> chosen = elements_;
        if (order_ == order::rectangle) {
            const auto [p, q] = rectangle_in(m, n);
            for (std::size_t u = 0; u < p; ++u)
                for (std::size_t v = 0; v < q; ++v) chosen.push_back(u * n + v);
        } else if (order_ != order::custom) {
            chosen.resize(m * n);
            std::iota(chosen.begin(), chosen.end(), std::size_t{0});
            const std::size_t k = k_.of(m, n);
            if (order_ == order::scattered) {
                random_stream(seed_).shuffle(std::span(chosen));
            } else {
                if (order_ == order::largest && magnitudes.size() != m * n)
                    throw shape_error(
                        "the largest coefficients are known only of a given matrix: make the operator "
                        "with from_dense");
                std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
                    return order_ == order::largest ? magnitudes[a] > magnitudes[b] : key(a, m, n) < key(b, m, n);
                });
            }
            chosen.resize(k);
        }
        std::sort(chosen.begin(), chosen.end());
        const auto twice = std::adjacent_find(chosen.begin(), chosen.end());
        if (twice != chosen.end()) throw shape_error("the support names element " + std::to_string(*twice) + " twice");
        if (!chosen.empty() && chosen.back() >= m * n)
            throw shape_error("the support names element " + std::to_string(chosen.back()) + ", but a matrix of " +
                              std::to_string(m) + " x " + std::to_string(n) + " has " + std::to_string(m * n));
        return chosen;
    }

private:
    support(order o, coefficients k, std::uint64_t seed = 0) : order_(o), k_(k), seed_(seed) {}

    /// What zigzags sort by; elements of equal keys stay in row order.
    std::size_t key(std::size_t element, std::size_t m, std::size_t n) const {
        const std::size_t u = element / n, v = element % n;
        return order_ == order::zigzag ? u + v : u * n + v * m;
    }

    static constexpr std::array<std::string_view, 6> names{"zigzag",    "scaled_zigzag", "rectangle",
                                                           "scattered", "largest",       "custom"};
    order order_;
    coefficients k_;
    std::uint64_t seed_;
    std::vector<std::size_t> elements_;
};

}  // namespace xtn
