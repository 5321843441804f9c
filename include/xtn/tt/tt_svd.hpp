// SPDX-License-Identifier: BSD-3-Clause
// TT-SVD: a dense operator as a matrix product operator, by one truncated SVD per bond, from left to right.
// Oseledets, "Tensor-train decomposition", SIAM J. Sci. Comput. 33 (2011), algorithm 1.
//
//     B_0 = W in chain order (o_1 i_1 o_2 i_2 ...);   B_{k-1} as an (r_{k-1} o_k i_k) x (rest) matrix = U S V^T,
//     core k = the first r_k columns of U,   B_k = the first r_k rows of S V^T.
//
// Each step is an orthogonal projection of what the one before has left, so the errors add in squares, exactly:
//
//     |W - W_tt|_F^2 = sum_k |singular values discarded in step k|^2 <= sum_k min_{rank r_k} |W_(k) - X|_F^2,
//
// the bound (theorem 2.2 there) by the best approximations of the unfoldings W_(k): a factor sqrt(n - 1) at most from
// the best MPO with these bonds. A relative tolerance eps gives each of the n - 1 steps eps |W|_F / sqrt(n - 1).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/simd.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/site_order.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn::tt {

/// A chain and how far it is from the matrix it approximates.
template <real_scalar T>
struct tt_svd_result {
    tt::mpo<T> chain;
    double relative_error;  ///< |W - chain|_F / |W|_F, from the discarded singular values; 0 for W = 0
};

namespace detail {

template <real_scalar T>
void check_tt_svd(const xt::xtensor<T, 2>& w, std::span<const std::size_t> out_sites,
                  std::span<const std::size_t> in_sites, const truncation& limit) {
    if (out_sites.empty() || out_sites.size() != in_sites.size())
        throw shape_error("xtn::tt::tt_svd: out and in need the same number of sites, at least one, but have " +
                          std::to_string(out_sites.size()) + " and " + std::to_string(in_sites.size()));
    const std::size_t out = flat_extent(out_sites);
    const std::size_t in = flat_extent(in_sites);
    if (out != w.shape(0) || in != w.shape(1))
        throw shape_error("xtn::tt::tt_svd: the sites multiply to " + std::to_string(out) + " x " + std::to_string(in) +
                          ", but the matrix is " + std::to_string(w.shape(0)) + " x " + std::to_string(w.shape(1)));
    if (w.size() == 0) throw shape_error("xtn::tt::tt_svd: the matrix is empty");
    if (limit.max_bond == 0) throw shape_error("xtn::tt::tt_svd: the maximal bond is 0, it must be at least 1");
    if (!backend::all_finite(1, &limit.tolerance) || limit.tolerance < 0)
        throw numeric_error("xtn::tt::tt_svd: the relative tolerance must be finite and at least 0");
    require_finite(w, "xtn::tt::tt_svd");
}

}  // namespace detail

/// The MPO of w (out x in) with these sites, in descending significance. Bonds are as small as the limit allows: at most
/// limit.max_bond and the rank that the shape permits; with a tolerance, no larger than it takes to keep the relative
/// error at or below it (where max_bond permits). The cores but the last are left-orthogonal. Throws shape_error where
/// sites and matrix disagree, numeric_error for a non-finite entry or norm.
template <real_scalar T>
tt_svd_result<T> tt_svd(const xt::xtensor<T, 2>& w, std::span<const std::size_t> out_sites,
                        std::span<const std::size_t> in_sites, const truncation& limit = {}) {
    detail::check_tt_svd(w, out_sites, in_sites, limit);
    const std::size_t n = out_sites.size();

    xt::xtensor<T, 2> rest = xt::xtensor<T, 2>::from_shape({1, w.size()});
    const detail::site_order order(out_sites, in_sites);
    const T* from = w.data();
    for (const std::size_t row : order.out)
        for (const std::size_t column : order.in) rest.data()[row + column] = *from++;

    std::vector<xt::xtensor<T, 4>> cores(n);
    std::size_t bond = 1;
    double norm = 0;
    double discarded = 0;
    for (std::size_t k = 0; k + 1 < n; ++k) {
        const std::size_t rows = bond * out_sites[k] * in_sites[k];
        const std::size_t columns = rest.size() / rows;
        rest.reshape({rows, columns});
        const svd_result<T> f = svd(rest);
        const std::span<const T> s(f.s);
        if (k == 0) norm = frobenius_norm(s);
        if (!backend::all_finite(1, &norm)) throw numeric_error("xtn::tt::tt_svd: the norm of the matrix overflows");
        const std::size_t rank =
            retained_rank(s, limit.max_bond, limit.tolerance * norm / std::sqrt(static_cast<double>(n - 1)));
        discarded = std::hypot(discarded, frobenius_norm(s.subspan(rank)));

        cores[k].resize({bond, out_sites[k], in_sites[k], rank});
        for (std::size_t row = 0; row < rows; ++row)
            std::copy_n(f.u.data() + row * s.size(), rank, cores[k].data() + row * rank);
        rest.resize({rank, columns});
        for (std::size_t r = 0; r < rank; ++r)
            std::transform(f.vt.data() + r * columns, f.vt.data() + (r + 1) * columns, rest.data() + r * columns,
                           [&](T v) { return s[r] * v; });
        bond = rank;
    }
    cores[n - 1].resize({bond, out_sites[n - 1], in_sites[n - 1], 1});
    std::copy(rest.begin(), rest.end(), cores[n - 1].begin());
    return {mpo<T>(std::move(cores)), norm > 0 ? discarded / norm : 0.0};
}

/// The same with braces: tt_svd(w, {8, 16}, {8, 16}, {.max_bond = 16}).
template <real_scalar T>
tt_svd_result<T> tt_svd(const xt::xtensor<T, 2>& w, std::initializer_list<std::size_t> out_sites,
                        std::initializer_list<std::size_t> in_sites, const truncation& limit = {}) {
    return tt_svd(w, std::span<const std::size_t>(out_sites.begin(), out_sites.size()),
                  std::span<const std::size_t>(in_sites.begin(), in_sites.size()), limit);
}

}  // namespace xtn::tt
