// SPDX-License-Identifier: BSD-3-Clause
// How the orthogonality centre moves through neighbouring sites of a chain: to the right by QR, to the left by LQ, or by
// truncated SVDs. What remains beside the orthonormal factor goes on into the neighbour.
//
// The powers of two of the norms (norm.hpp) are taken out on the way and given back to the centre in the end. So it does
// not matter how a norm is spread over the sites: 1e200, 1e200 and 1e-300 make 1e100.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/expr/einsum.hpp>
#include <xtn/tt/qr.hpp>
#include <xtn/tt/truncation.hpp>

namespace xtn::tt::detail {

/// The sites of a chain that a move changes. Cores are (left bond, physical indices, right bond).
template <scalar T>
class centre_move {
public:
    std::vector<xt::xtensor<T, 3>> cores;

    /// Cores of which the first `first` are left-orthonormal, those behind `last` right-orthonormal.
    centre_move(std::vector<xt::xtensor<T, 3>> sites, std::size_t first, std::size_t last)
        : cores(std::move(sites)), first_(first), last_(last) {}

    /// Makes site k the centre; bonds shrink to what the shapes permit.
    void to(std::size_t k) {
        while (first_ < k) {
            power_ += take_power(cores[first_]);
            power_ += take_power(cores[first_ + 1]);
            auto [q, r] = qr(left_unfolding());
            place_left(std::move(q), r);
        }
        while (last_ > k) {
            power_ += take_power(cores[last_]);
            power_ += take_power(cores[last_ - 1]);
            auto [l, q] = lq(right_unfolding());
            place_right(l, std::move(q));
        }
    }

    /// Moves the centre to site k and truncates every bond it passes. Returns the relative error.
    double to(std::size_t k, const truncation& limit) {
        power_ += take_power(cores[first_]);
        const double norm = frobenius_norm(cores[first_]);
        const truncation kept = limits_for(norm, limit);
        const double steps = std::abs(static_cast<double>(k) - static_cast<double>(first_));
        const double tail = limit.tolerance * norm / std::sqrt(std::max(steps, 1.0));
        double discarded = 0;
        while (first_ < k) {
            split f(left_unfolding(), kept.max_bond, tail);
            discarded = std::hypot(discarded, f.discarded);
            place_left(std::move(f.kept.u), f.kept.s_vt());
        }
        while (last_ > k) {
            split f(right_unfolding(), kept.max_bond, tail);
            discarded = std::hypot(discarded, f.discarded);
            place_right(f.kept.u_s(), std::move(f.kept.vt));
        }
        return norm > 0 ? discarded / norm : 0.0;
    }

    /// The norm of the sites, once they have a centre.
    backend::scaled_number norm() const {
        backend::scaled_number norm = scaled_norm(cores[first_]);
        norm.exponent += power_;
        return norm;
    }

    /// Gives the powers back to the centre. Throws numeric_error, naming the norm as `what`, where T does not hold it.
    void finish(const std::string& what) { put_power(cores[first_], std::exchange(power_, 0), what); }

private:
    std::size_t first_, last_;
    int power_ = 0;

    /// The first core as a matrix (left bond and physical indices) x right bond, the last one as left bond x (the rest).
    xt::xtensor<T, 2> left_unfolding() const {
        const std::size_t bond = cores[first_].shape(2);
        return reshaped(cores[first_], std::array{cores[first_].size() / bond, bond});
    }
    xt::xtensor<T, 2> right_unfolding() const {
        const std::size_t bond = cores[last_].shape(0);
        return reshaped(cores[last_], std::array{bond, cores[last_].size() / bond});
    }

    /// Site first_ becomes q, and its right neighbour, now first, takes up r.
    void place_left(xt::xtensor<T, 2> q, const xt::xtensor<T, 2>& r) {
        auto &core = cores[first_], &next = cores[first_ + 1];
        next = einsum<"ab,bpc->apc">(r, next);
        core = reshaped(std::move(q), std::array{core.shape(0), core.shape(1), r.shape(0)});
        last_ = std::max(last_, ++first_);
    }
    /// Site last_ becomes q, and its left neighbour, now last, takes up l.
    void place_right(const xt::xtensor<T, 2>& l, xt::xtensor<T, 2> q) {
        auto &core = cores[last_], &next = cores[last_ - 1];
        next = einsum<"apb,bc->apc">(next, l);
        core = reshaped(std::move(q), std::array{l.shape(1), core.shape(1), core.shape(2)});
        first_ = std::min(first_, --last_);
    }
};

}  // namespace xtn::tt::detail
