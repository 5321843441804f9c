// SPDX-License-Identifier: BSD-3-Clause
// How much of a decomposition to keep: by the number of values, by the relative error, or both.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <xtn/tt/svd.hpp>

namespace xtn::tt {

/// How much of a decomposition to keep; both limits hold, and at least one value stays.
struct truncation {
    std::size_t max_bond = std::numeric_limits<std::size_t>::max();  ///< at least 1
    double tolerance = 0;  ///< relative Frobenius error allowed; 0 keeps all values, so that shapes alone decide bonds
};

/// A chain (or matrix) and how far it is from what it approximates.
template <class Chain>
struct approximation {
    Chain chain;
    double relative_error;  ///< |exact - chain|_F / |exact|_F, from the discarded singular values; 0 for exact = 0
};

/// How many singular values to keep: at most `max_bond`, at least one, and otherwise as few as leave the norm of the
/// discarded ones, together with an error of `beyond` that is there already, at most `tail`. A tail of 0 discards
/// nothing.
template <std::floating_point T>
std::size_t retained_rank(std::span<const T> s, std::size_t max_bond, double tail, double beyond = 0) {
    std::size_t rank = s.size();
    double discarded = beyond;
    while (tail > 0 && rank > 1) {
        discarded = std::hypot(discarded, static_cast<double>(s[rank - 1]));
        if (discarded > tail) break;
        --rank;
    }
    return std::min(rank, max_bond);
}

namespace detail {

/// Throws, naming the caller, unless the limits can be kept.
inline void require_limits(const truncation& limit, const std::string& caller) {
    if (limit.max_bond == 0) throw shape_error(caller + ": the maximal bond is 0, it must be at least 1");
    if (!backend::all_finite(1, &limit.tolerance) || limit.tolerance < 0)
        throw numeric_error(caller + ": the relative tolerance must be finite and at least 0");
}

/// The limits for a tensor of this norm: of zero, one value keeps any tolerance.
inline truncation limits_for(double norm, truncation limit) {
    if (norm == 0 && limit.tolerance > 0) limit.max_bond = 1;
    return limit;
}

/// The leading part of an SVD, with the norm of the rest.
template <scalar T>
struct split {
    svd_result<T> kept;
    double discarded;

    split(const xt::xtensor<T, 2>& a, std::size_t max_bond, double tail) {
        svd_result<T> all = svd(a);
        const std::span<const real_of<T>> s(all.s);
        const std::size_t rank = retained_rank(s, max_bond, tail);
        discarded = frobenius_norm(s.subspan(rank));
        kept = std::move(all).leading(rank);
    }
};

}  // namespace detail
}  // namespace xtn::tt
