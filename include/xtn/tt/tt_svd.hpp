// SPDX-License-Identifier: BSD-3-Clause
// TT-SVD: a dense operator or vector as a chain, by one truncated SVD per bond, from left to right.
// Oseledets, "Tensor-train decomposition", SIAM J. Sci. Comput. 33 (2011), algorithm 1.
//
//     B_0 = W in chain order (o_1 i_1 o_2 i_2 ...);   B_{k-1} as an (r_{k-1} o_k i_k) x (rest) matrix ~ U B_k,
//     U = core k, the leading r_k left singular vectors;  B_k = U^H B_{k-1}.
//
// Each step is an orthogonal projection of what the one before has left, so the errors add in squares, exactly:
//
//     |W - W_tt|_F^2 = sum_k |B_{k-1} - U B_k|_F^2 <= sum_k min_{rank r_k} |W_(k) - X|_F^2,
//
// the bound (theorem 2.2 there) by the best approximations of the unfoldings W_(k): a factor sqrt(n - 1) at most from
// the best chain with these bonds. A relative tolerance eps gives each of the n - 1 steps eps |W|_F / sqrt(n - 1).
// With a sketch the singular vectors come from randomized_svd, and the errors are measured: they add in squares all the
// same, but the bound holds up to what the sketch loses.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/memory.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/mps.hpp>
#include <xtn/tt/randomized_svd.hpp>
#include <xtn/tt/site_order.hpp>
#include <xtn/tt/truncation.hpp>

namespace xtn::tt {

namespace detail {

template <scalar T>
struct projection {
    xt::xtensor<T, 2> basis;  ///< U, orthonormal columns
    xt::xtensor<T, 2> rest;   ///< U^H B
    double discarded;         ///< |B - U U^H B|_F
};

/// No truncation: U as wide as the shape permits.
template <scalar T>
projection<T> full_projection(xt::xtensor<T, 2> b) {
    const std::size_t rows = b.shape(0);
    if (rows > b.shape(1)) {
        auto [q, r] = qr(std::move(b));
        return {std::move(q), std::move(r), 0};
    }
    return {identity_matrix<T>(rows), std::move(b), 0};
}

/// |B - U rest|_F, some rows at a time: B is the largest thing in memory, and there is no second one.
template <scalar T>
double distance(const xt::xtensor<T, 2>& b, const xt::xtensor<T, 2>& u, const xt::xtensor<T, 2>& rest) {
    const std::size_t rows = b.shape(0), columns = b.shape(1), rank = rest.shape(0);
    const std::size_t height = std::clamp<std::size_t>((std::size_t{1} << 20) / columns, 1, rows);
    double norm = 0;
    for (std::size_t first = 0; first < rows; first += height) {
        const std::size_t count = std::min(height, rows - first);
        xt::xtensor<T, 2> missed = einsum<"ij,jk->ik">(as_tensor(u.data() + first * rank, {count, rank}), rest);
        missed -= as_tensor(b.data() + first * columns, {count, columns});
        norm = std::hypot(norm, frobenius_norm(missed));
    }
    return norm;
}

/// The leading singular vectors: exact ones, or from sketches of growing width until one leaves at most `tail` or is
/// as wide as max_bond. Beyond a third of the shorter side the exact ones cost no more.
template <scalar T>
projection<T> truncated_projection(const xt::xtensor<T, 2>& b, std::size_t max_bond, double tail,
                                   const std::optional<sketch>& how) {
    const std::size_t shorter = std::min(b.shape(0), b.shape(1));
    std::size_t width = tail > 0 ? std::min<std::size_t>(max_bond, 32) : max_bond;
    for (; how && width < shorter / 3 && how->oversampling < shorter / 3 - width;
         width = std::min(2 * width, max_bond)) {
        svd_result<T> f = randomized_svd(b, width, *how);
        xt::xtensor<T, 2> rest = einsum<"ij,ik->jk">(conjugated(f.u), b);
        const double beyond = distance(b, f.u, rest);
        if (beyond > tail && width < max_bond) continue;

        std::vector<double> rows(width);
        for (std::size_t r = 0; r < width; ++r) rows[r] = frobenius_norm(std::span<const T>(&rest(r, 0), b.shape(1)));
        const std::span<const double> norms(rows);
        const std::size_t rank = retained_rank(norms, max_bond, tail, beyond);
        f.vt = std::move(rest);
        f = std::move(f).leading(rank);
        return {std::move(f.u), std::move(f.vt), std::hypot(beyond, frobenius_norm(norms.subspan(rank)))};
    }
    split f(b, max_bond, tail);
    return {std::move(f.kept.u), f.kept.s_vt(), f.discarded};
}

/// The sweep, on entries in chain order.
template <scalar T, std::size_t Physical>
approximation<chain<T, Physical>> decompose(xt::xtensor<T, 2> rest,
                                            const std::array<std::span<const std::size_t>, Physical>& sites,
                                            truncation limit, const std::optional<sketch>& how) {
    const std::size_t n = sites.front().size();
    const int power = take_power(rest);
    const double norm = frobenius_norm(rest);
    limit = limits_for(norm, limit);
    const double tail = n == 1 ? 0 : limit.tolerance * norm / std::sqrt(static_cast<double>(n - 1));
    std::vector<typename chain<T, Physical>::core_type> cores;
    std::size_t bond = 1;
    double discarded = 0;
    for (std::size_t k = 0; k < n; ++k) {
        std::array<std::size_t, Physical + 2> shape{bond};
        std::size_t rows = bond;
        for (std::size_t d = 0; d < Physical; ++d) rows *= shape[d + 1] = sites[d][k];
        const std::size_t columns = rest.size() / rows;
        shape.back() = bond = 1;
        if (k + 1 < n) {
            rest.reshape({rows, columns});
            const bool full = limit.tolerance == 0 && limit.max_bond >= std::min(rows, columns);
            projection<T> p =
                full ? full_projection(std::move(rest)) : truncated_projection(rest, limit.max_bond, tail, how);
            discarded = std::hypot(discarded, p.discarded);
            shape.back() = bond = p.basis.shape(1);
            cores.push_back(reshaped(std::move(p.basis), shape));
            rest = std::move(p.rest);
        } else {
            put_power(rest, power, "xtn::tt::tt_svd: the norm of the core of site " + std::to_string(k));
            cores.push_back(reshaped(std::move(rest), shape));
        }
    }
    return {chain<T, Physical>(std::move(cores), n - 1), norm > 0 ? discarded / norm : 0.0};
}

/// The sweep on a matrix of which row(o, values) writes row o.
template <scalar T, class Row>
approximation<mpo<T>> decompose_rows(const Row& row, std::span<const std::size_t> out_sites,
                                     std::span<const std::size_t> in_sites, const truncation& limit,
                                     const std::optional<sketch>& how) {
    const site_order order(out_sites, in_sites);
    std::vector<T> values(order.in.size());
    xt::xtensor<T, 2> entries(std::array<std::size_t, 2>{1, order.out.size() * order.in.size()});
    for (std::size_t o = 0; o < order.out.size(); ++o) {
        row(o, std::span<T>(values));
        for (std::size_t i = 0; i < values.size(); ++i) entries.data()[order.out[o] + order.in[i]] = values[i];
    }
    return decompose<T, 2>(std::move(entries), {out_sites, in_sites}, limit, how);
}

/// Throws unless the sites multiply to the shape, which has entries, and the limits can be kept.
template <std::size_t Physical>
void check_tt_svd(const std::array<std::size_t, Physical>& shape,
                  const std::array<std::span<const std::size_t>, Physical>& sites, const truncation& limit) {
    const std::string caller = "xtn::tt::tt_svd";
    if (sites.front().empty() || sites.front().size() != sites.back().size())
        throw shape_error(caller + (Physical == 1
                                        ? ": at least one site is needed"
                                        : ": out and in need the same number of sites, at least one, but have " +
                                              std::to_string(sites.front().size()) + " and " +
                                              std::to_string(sites.back().size())));
    std::array<std::size_t, Physical> product{};
    for (std::size_t d = 0; d < Physical; ++d) product[d] = flat_extent(sites[d]);
    if (product != shape)
        throw shape_error(caller + ": the sites multiply to " + to_string(geometry::row_major(product)) +
                          ", but the shape is " + to_string(geometry::row_major(shape)));
    if (std::ranges::count(shape, std::size_t{0}) > 0) throw shape_error(caller + ": there are no entries");
    require_limits(limit, caller);
}

}  // namespace detail

/// The MPO of w (out x in) with these sites, in descending significance. Bonds are as small as the limit allows: at most
/// limit.max_bond and the rank that the shape permits; with a tolerance, no larger than it takes to keep the relative
/// error at or below it (where max_bond permits), or slightly larger from a sketch. The centre is the last site. Throws
/// shape_error where sites and matrix disagree, numeric_error for a non-finite entry or a norm that is neither 0 nor a normal number of T.
template <scalar T>
approximation<mpo<T>> tt_svd(const xt::xtensor<T, 2>& w, std::span<const std::size_t> out_sites,
                             std::span<const std::size_t> in_sites, const truncation& limit = {},
                             const std::optional<sketch>& how = std::nullopt) {
    detail::check_tt_svd<2>(w.shape(), {out_sites, in_sites}, limit);
    detail::require_finite(w, "xtn::tt::tt_svd");
    const auto row = [&](std::size_t o, std::span<T> values) {
        std::copy_n(w.data() + o * w.shape(1), values.size(), values.begin());
    };
    return detail::decompose_rows<T>(row, out_sites, in_sites, limit, how);
}

/// The same of a matrix that is given row by row, so that it is in memory once, in the order of the chain: row(o, values)
/// writes row o, a std::span<T>, for each o in ascending order.
template <scalar T, std::invocable<std::size_t, std::span<T>> Row>
approximation<mpo<T>> tt_svd_of_rows(const Row& row, std::span<const std::size_t> out_sites,
                                     std::span<const std::size_t> in_sites, const truncation& limit = {},
                                     const std::optional<sketch>& how = std::nullopt) {
    const std::array shape{detail::flat_extent(out_sites), detail::flat_extent(in_sites)};
    detail::check_tt_svd<2>(shape, {out_sites, in_sites}, limit);
    const auto finite_row = [&](std::size_t o, std::span<T> values) {
        row(o, values);
        constexpr std::size_t parts = sizeof(T) / sizeof(real_of<T>);
        if (!backend::all_finite(parts * values.size(), reinterpret_cast<const real_of<T>*>(values.data())))
            throw numeric_error("xtn::tt::tt_svd_of_rows: row " + std::to_string(o) +
                                " has an entry that is not finite");
    };
    return detail::decompose_rows<T>(finite_row, out_sites, in_sites, limit, how);
}

/// The same with braces: tt_svd(w, {8, 16}, {8, 16}, {.max_bond = 16}).
template <scalar T>
approximation<mpo<T>> tt_svd(const xt::xtensor<T, 2>& w, std::initializer_list<std::size_t> out_sites,
                             std::initializer_list<std::size_t> in_sites, const truncation& limit = {},
                             const std::optional<sketch>& how = std::nullopt) {
    return tt_svd(w, std::span(out_sites.begin(), out_sites.size()), std::span(in_sites.begin(), in_sites.size()),
                  limit, how);
}

/// The MPS of a vector with these sites, in the same way.
template <scalar T>
approximation<mps<T>> tt_svd(const xt::xtensor<T, 1>& v, std::span<const std::size_t> sites,
                             const truncation& limit = {}, const std::optional<sketch>& how = std::nullopt) {
    detail::check_tt_svd<1>(v.shape(), {sites}, limit);
    detail::require_finite(v, "xtn::tt::tt_svd");
    return detail::decompose<T, 1>(detail::reshaped(v, std::array<std::size_t, 2>{1, v.size()}), {sites}, limit, how);
}
/// The same with braces.
template <scalar T>
approximation<mps<T>> tt_svd(const xt::xtensor<T, 1>& v, std::initializer_list<std::size_t> sites,
                             const truncation& limit = {}, const std::optional<sketch>& how = std::nullopt) {
    return tt_svd(v, std::span(sites.begin(), sites.size()), limit, how);
}

}  // namespace xtn::tt
