// SPDX-License-Identifier: BSD-3-Clause
// The families of this library and the settings of their descriptions. Sites are lists such as 8x16.
//
//     dense(out, in)                              low_rank(out, in, rank)
//     mpo(out, in, bonds)                         kronecker(out, in)
//     tucker(out, in, ranks)                      spectral(out, in, support, basis)
//     symmetric(n)   diagonal(n)                  gram(n, rank)   cholesky(n)
//     btt(out, in, rank)
//     sum(a, b, ...)   product(a, b)   block_diagonal(a, b, ...)   transposed(a)   adjoint(a)
//     scaled(a, by), scaled(a, shape) for a trained factor of that shape
//
// Instead of bonds and ranks, bond and rank are one number for all of them, less where the sites permit no more. mpo, kronecker
// and tucker show the first rows and columns of their matrix where "shown" says 23x17. Made from a matrix, a support may be
// "largest 100", and the terms of a sum are fitted from the last to the first, each to what those behind it leave.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/algebra.hpp>
#include <xtn/op/btt.hpp>
#include <xtn/op/dense.hpp>
#include <xtn/op/diagonal.hpp>
#include <xtn/op/family.hpp>
#include <xtn/op/kronecker.hpp>
#include <xtn/op/low_rank.hpp>
#include <xtn/op/mpo.hpp>
#include <xtn/op/spectral.hpp>
#include <xtn/op/symmetric.hpp>
#include <xtn/op/tucker.hpp>

namespace xtn {

namespace detail {

/// All operands of a description, whose parameters begin with the prefix and their number.
template <scalar T>
std::vector<any_operator<T>> described_operands(const operator_description& d, const std::string& prefix,
                                                const parameter_source<T>& from, const operator_families<T>& all) {
    d.require({}, d.operands.size());
    std::vector<any_operator<T>> made;
    for (std::size_t k = 0; k < d.operands.size(); ++k)
        made.push_back(all.operand(d.operands[k], prefix + std::to_string(k) + ".", from));
    return made;
}

template <scalar T>
operator_family<T> sum_family() {
    return {"sum",
            [](const auto& d, const auto& from, const auto& all) -> any_operator<T> {
                return xtn::sum(described_operands<T>(d, "terms.", from, all));
            },
            [](const auto& w, const auto& d, const auto& all) -> any_operator<T> {
                std::vector<any_operator<T>> terms;
                xt::xtensor<T, 2> rest = w;
                for (std::size_t k = d.operands.size(); k-- > 0;) {
                    terms.insert(terms.begin(), all.from_dense(rest, d.operands[k]));
                    if (k > 0) rest -= terms.front().to_dense();
                }
                return xtn::sum(terms);
            }};
}

template <scalar T>
operator_family<T> product_family() {
    return {"product", [](const auto& d, const auto& from, const auto& all) -> any_operator<T> {
                d.require({}, 2);
                const any_operator<T> left = all.operand(d.operands[0], "left.", from);  // read and refused first
                return xtn::product(left, all.operand(d.operands[1], "right.", from));
            }};
}

template <scalar T>
operator_family<T> block_diagonal_family() {
    return {"block_diagonal", [](const auto& d, const auto& from, const auto& all) -> any_operator<T> {
                return xtn::block_diagonal(described_operands<T>(d, "blocks.", from, all));
            }};
}

template <scalar T>
operator_family<T> scaled_family() {
    return {"scaled", [](const auto& d, const auto& from, const auto& all) -> any_operator<T> {
                d.require({"by", "shape"}, 1);
                if (d.has("by")) return xtn::scaled(exact_number<T>(d, "by"), all.operand(d.operands[0], "", from));
                const parameter<T> scale = from("scale", d.numbers("shape"));
                return xtn::scaled(scale, all.operand(d.operands[0], "operand.", from));
            }};
}

template <scalar T>
operator_family<T> transposed_family(bool conjugate) {
    return {conjugate ? "adjoint" : "transposed",
            [conjugate](const auto& d, const auto& from, const auto& all) -> any_operator<T> {
                d.require({}, 1);
                return transposed(all.operand(d.operands[0], "", from), conjugate);
            }};
}

}  // namespace detail

/// The families of the library. A copy takes those of users as well.
template <scalar T>
const operator_families<T>& library_families() {
    static const operator_families<T> families(
        {detail::dense_family<T>(), detail::low_rank_family<T>(), detail::mpo_family<T>(), detail::btt_family<T>(),
         detail::diagonal_family<T>(), detail::kronecker_family<T>(), detail::tucker_family<T>(),
         detail::spectral_family<T>(), detail::symmetric_family<T>(), detail::gram_family<T>(),
         detail::cholesky_family<T>(), detail::sum_family<T>(), detail::product_family<T>(), detail::scaled_family<T>(),
         detail::transposed_family<T>(false), detail::transposed_family<T>(true), detail::block_diagonal_family<T>()});
    return families;
}

}  // namespace xtn
