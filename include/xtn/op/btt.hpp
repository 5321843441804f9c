// SPDX-License-Identifier: BSD-3-Clause
// The block tensor train: every block of the matrix, rows and columns of one digit each, has a low rank of its own,
//
//     W[(l j), (k i)] = sum_r left[j, l, k, r] right[k, r, j, i],
//
// so that right acts within the blocks k of the input, left within the blocks j of the output (Qiu et al., arXiv 2406.06248).
// Of rank 1 it is a Monarch matrix, two block-diagonal factors with a transposition of digits between (Dao et al.,
// arXiv 2204.00595); monarch() gives those of any number of blocks. As no two entries of W in different blocks have a number in
// common, the truncated SVDs of the blocks are the nearest one to a matrix.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/low_rank.hpp>
#include <xtn/op/sites.hpp>

namespace xtn {

/// A block tensor train of two sites.
template <scalar T>
class btt : public any_operator<T> {
public:
    using sites_type = std::vector<std::size_t>;

    /// Zeros in the sites (l, j) of out and (k, i) of in. A rank beyond l or i is cut. Throws shape_error for a rank of 0 and
    /// other than two sites.
    btt(const sites_type& out_sites, const sites_type& in_sites, std::size_t rank)
        : btt(zeros(out_sites, in_sites, rank)) {}
    /// These factors, left (j, l, k, rank) and right (k, rank, j, i). Throws shape_error where they do not fit.
    btt(const parameter<T>& left, const parameter<T>& right)
        : any_operator<T>({"jlkr,krji", "lj", "ki", {left, right}}, {{"left", left}, {"right", right}}) {
        detail::describe_sites(this->describe_as("btt"), this->network(), "rank", {rank()});
    }

    /// The nearest block tensor train to a matrix (out x in) in the Frobenius norm, the singular values shared evenly by both
    /// factors. The relative error is stored in *error if given. Throws shape_error where the sites do not multiply to the
    /// matrix.
    template <class E>
    static btt from_dense(const xt::xexpression<E>& w, const sites_type& out_sites, const sites_type& in_sites,
                          std::size_t rank, double* error = nullptr) {
        const xt::xtensor<T, 2> matrix = w;
        const btt made(out_sites, in_sites, rank);
        if (matrix.shape(0) != made.out() || matrix.shape(1) != made.in())
            throw shape_error("btt::from_dense: the sites multiply to " + std::to_string(made.out()) + " x " +
                              std::to_string(made.in()) + ", but the matrix is " + std::to_string(matrix.shape(0)) +
                              " x " + std::to_string(matrix.shape(1)));
        const std::size_t l = out_sites[0], j = out_sites[1], k = in_sites[0], i = in_sites[1], r = made.rank();
        xt::xtensor<T, 2> block(std::array{l, i});
        for (std::size_t row = 0; row < j; ++row)
            for (std::size_t column = 0; column < k; ++column) {
                for (std::size_t o = 0; o < l; ++o)
                    for (std::size_t c = 0; c < i; ++c) block(o, c) = matrix(o * j + row, column * i + c);
                const auto best = low_rank<T>::from_dense(block, r);
                for (std::size_t o = 0; o < l; ++o)
                    std::copy_n(best.left().data() + o * r, r, made.left().data() + ((row * l + o) * k + column) * r);
                for (std::size_t s = 0; s < r; ++s)
                    std::copy_n(best.right().data() + s * i, i, made.right().data() + ((column * r + s) * j + row) * i);
            }
        if (error != nullptr) *error = relative_error(made, matrix);
        return made;
    }

    const parameter<T>& left() const { return this->parameters()[0].value; }
    const parameter<T>& right() const { return this->parameters()[1].value; }
    std::size_t rank() const { return right().shape()[1]; }

private:
    static std::pair<parameter<T>, parameter<T>> zeros(const sites_type& out, const sites_type& in, std::size_t rank) {
        if (out.size() != 2 || in.size() != 2)
            throw shape_error("btt: there are two sites in out and in, not " + std::to_string(out.size()) + " and " +
                              std::to_string(in.size()));
        if (rank == 0) throw shape_error("btt: the rank is 0, it must be at least 1");
        rank = std::min({rank, out[0], in[1]});
        return {parameter<T>(std::vector{out[1], out[0], in[0], rank}),
                parameter<T>(std::vector{in[0], rank, out[1], in[1]})};
    }
    explicit btt(const std::pair<parameter<T>, parameter<T>>& factors) : btt(factors.first, factors.second) {}
};

/// What a Monarch matrix of this number of diagonal blocks is, whose hidden width is the smaller one of out and in: a block
/// tensor train of rank min(out, in) / blocks^2. Throws shape_error where blocks^2 does not divide out and in.
inline operator_description monarch(std::size_t out, std::size_t in, std::size_t blocks) {
    const std::size_t square = blocks * blocks;
    if (square == 0 || out % square != 0 || in % square != 0)
        throw shape_error("monarch: the square of " + std::to_string(blocks) + " blocks does not divide " +
                          std::to_string(out) + " and " + std::to_string(in));
    return operator_description{"btt"}
        .set("out", std::vector{out / blocks, blocks})
        .set("in", std::vector{blocks, in / blocks})
        .set("rank", std::min(out, in) / square);
}

namespace detail {

template <scalar T>
operator_family<T> btt_family() {
    return {"btt",
            [](const auto& d, const auto& from, const auto&) -> any_operator<T> {
                d.require({"out", "in", "rank"});
                const std::vector<std::size_t> out = d.numbers("out"), in = d.numbers("in");
                if (out.size() != 2 || in.size() != 2) d.refuse("has two sites in out and in");
                const std::size_t rank = d.number("rank");
                const parameter<T> left = from("left", {out[1], out[0], in[0], rank});  // read and refused first
                return xtn::btt<T>(left, from("right", {in[0], rank, out[1], in[1]}));
            },
            [](const auto& w, const auto& d, const auto&) -> any_operator<T> {
                return xtn::btt<T>::from_dense(w, d.numbers("out"), d.numbers("in"), d.number("rank"));
            }};
}

}  // namespace detail
}  // namespace xtn
