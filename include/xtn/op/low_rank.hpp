// SPDX-License-Identifier: BSD-3-Clause
// The low-rank operator: W[o, i] = sum_r left[o, r] right[r, i].
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/family.hpp>
#include <xtn/tt/randomized_svd.hpp>

namespace xtn {

/// left (out x rank) times right (rank x in). Rank is static or xtn::dynamic. A dynamic rank beyond what out and in permit is
/// cut to that; a static one is a shape_error, as is 0.
template <scalar T, std::size_t Rank = dynamic>
class low_rank : public any_operator<T> {
public:
    /// Zeros.
    low_rank(std::size_t out, std::size_t in) requires(Rank != dynamic) : low_rank(out, in, Rank) {}
    low_rank(std::size_t out, std::size_t in, std::size_t rank) : low_rank(zeros(out, in, permitted(rank, out, in))) {}
    /// The factors left (out x rank) and right (rank x in).
    low_rank(const parameter<T>& left, const parameter<T>& right)
        : any_operator<T>({"or,ri", "o", "i", {left, right}}, {{"left", left}, {"right", right}}) {
        if (Rank != dynamic && this->rank() != Rank)
            throw shape_error("low_rank: the rank is fixed to " + std::to_string(Rank) + ", but the factors have " +
                              std::to_string(this->rank()));
        this->describe_as("low_rank").set("out", this->out()).set("in", this->in()).set("rank", rank());
    }
    /// The best approximation of that rank in the Frobenius norm (Eckart & Young 1936), the singular values shared
    /// evenly by both factors; all of them unless a rank is given. From a sketch, if one is given, nearly the best. The
    /// relative Frobenius error is stored in *error if given.
    template <class E>
    static low_rank from_dense(const xt::xexpression<E>& w, std::size_t rank = Rank, double* error = nullptr,
                               const std::optional<tt::sketch>& how = std::nullopt) {
        const xt::xtensor<T, 2> matrix = w;
        low_rank result = from_svd(how ? tt::randomized_svd(matrix, rank, *how) : tt::svd(matrix), rank);
        if (error != nullptr) *error = relative_error(result, matrix);
        return result;
    }
    /// The first `rank` terms of a singular value decomposition.
    static low_rank from_svd(const tt::svd_result<T>& svd, std::size_t rank = Rank) {
        const std::size_t out = svd.u.shape()[0], in = svd.vt.shape()[1], values = svd.s.size();
        if (svd.u.shape()[1] != values || svd.vt.shape()[0] != values)
            throw shape_error("low_rank: the decomposition has " + std::to_string(values) + " values, but " +
                              std::to_string(svd.u.shape()[1]) + " left and " + std::to_string(svd.vt.shape()[0]) +
                              " right vectors");
        rank = permitted(rank, values, values);
        low_rank result(out, in, rank);
        for (std::size_t r = 0; r < rank; ++r) {
            const auto root = std::sqrt(svd.s[r]);
            for (std::size_t o = 0; o < out; ++o) result.left().values()[o * rank + r] = svd.u(o, r) * root;
            for (std::size_t i = 0; i < in; ++i) result.right().values()[r * in + i] = svd.vt(r, i) * root;
        }
        return result;
    }

    std::size_t rank() const { return left().shape()[1]; }
    const parameter<T>& left() const { return this->parameters()[0].value; }
    const parameter<T>& right() const { return this->parameters()[1].value; }

private:
    static std::size_t permitted(std::size_t rank, std::size_t out, std::size_t in) {
        const std::size_t most = std::min(out, in);
        if (rank == 0) throw shape_error("low_rank: the rank is 0, it must be at least 1");
        if (Rank != dynamic && Rank > most)
            throw shape_error("low_rank: the rank is fixed to " + std::to_string(Rank) + ", but can be " +
                              std::to_string(most) + " at most");
        return std::min(rank, most);
    }
    using factors = std::pair<parameter<T>, parameter<T>>;
    static factors zeros(std::size_t out, std::size_t in, std::size_t rank) {
        return {parameter<T>(std::vector{out, rank}), parameter<T>(std::vector{rank, in})};
    }
    explicit low_rank(const factors& f) : low_rank(f.first, f.second) {}
};

namespace detail {

template <scalar T>
operator_family<T> low_rank_family() {
    return {"low_rank",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "rank"});
                const std::size_t rank = d.number("rank");
                const parameter<T> left = from("left", {d.number("out"), rank});  // read and refused first
                return xtn::low_rank<T>(left, from("right", {rank, d.number("in")}));
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return xtn::low_rank<T>::from_dense(w, d.number("rank"));
            }};
}

}  // namespace detail
}  // namespace xtn
