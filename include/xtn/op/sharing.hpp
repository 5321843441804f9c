// SPDX-License-Identifier: BSD-3-Clause
// Operators that share a parameter: made from matrices or chains of their own, they hold handles to one tensor, which is
// stored, counted and updated once, and whose gradient is the sum over them.
//
//     joint_low_rank   W_l ~ left_l right, several matrices that read the same input (queries, keys and values, a gate and
//                      its partner), or W_l ~ left right_l, several that write to one output
//     shared_centre    W_l ~ an MPO with auxiliary cores of its own around a central core of all (tt/shared_centre.hpp)
//
// With the matrices one above the other, the joint low-rank form is that of one matrix, and its truncated SVD is the best
// one in the Frobenius norm (Eckart & Young 1936). Peng et al., arXiv 2402.16319, treat such pairs of matrices so.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/low_rank.hpp>
#include <xtn/op/mpo.hpp>
#include <xtn/op/relative_error.hpp>
#include <xtn/tt/shared_centre.hpp>

namespace xtn {

/// Operators with a parameter in common.
template <class Operator>
struct sharing {
    std::vector<Operator> operators;
    std::vector<double> relative_errors;  ///< |W_l - operator_l|_F / |W_l|_F
};

/// Which factor the operators of joint_low_rank have in common.
enum class common_factor : bool { left, right };

/// The best operators left_l right (or left right_l) of this rank with one right (or left) factor for these matrices (out
/// x in), the singular values shared evenly by both factors; from a sketch, if one is given, nearly the best. Throws
/// shape_error where there is no matrix, the rank is 0, or the matrices differ in the extent of the common factor.
template <scalar T>
sharing<low_rank<T>> joint_low_rank(const std::vector<xt::xtensor<T, 2>>& matrices, common_factor common,
                                    std::size_t rank, const std::optional<tt::sketch>& how = std::nullopt) {
    const bool right = common == common_factor::right;
    if (matrices.empty()) throw shape_error("joint_low_rank: at least one matrix is needed");
    const std::size_t own = right ? 0 : 1,
                      extent = matrices[0].shape(1 - own);  // one axis each has, and the common one
    std::size_t length = 0;
    for (std::size_t l = 0; l < matrices.size(); ++l) {
        if (const std::size_t found = matrices[l].shape(1 - own); found != extent)
            throw shape_error("joint_low_rank: matrix 0 has " + std::to_string(extent) +
                              (right ? " columns" : " rows") + " and matrix " + std::to_string(l) + " has " +
                              std::to_string(found) + "; a common " + (right ? "right" : "left") +
                              " factor needs the same number");
        length += matrices[l].shape(own);
    }
    xt::xtensor<T, 2> joint(right ? std::array{length, extent} : std::array{extent, length});
    std::array<std::size_t, 2> first{};
    for (const xt::xtensor<T, 2>& w : matrices) {
        for (std::size_t o = 0; o < w.shape(0); ++o)
            for (std::size_t i = 0; i < w.shape(1); ++i) joint(first[0] + o, first[1] + i) = w(o, i);
        first[own] += w.shape(own);
    }
    const auto all = low_rank<T>::from_dense(joint, rank, nullptr, how);
    const parameter<T>& parted = right ? all.left() : all.right();
    sharing<low_rank<T>> result;
    std::array<std::ptrdiff_t, 2> next{};
    for (const xt::xtensor<T, 2>& w : matrices) {
        std::array shape{all.rank(), all.rank()};
        shape[own] = w.shape(own);
        const parameter<T> part(std::vector(shape.begin(), shape.end()));
        const auto window = index_embedding::window({parted.shape()[0], parted.shape()[1]}, shape, next);
        factor<T>(parted, window).evaluate(part.data());
        result.operators.push_back(right ? low_rank<T>(part, all.right()) : low_rank<T>(all.left(), part));
        result.relative_errors.push_back(relative_error(result.operators.back(), w));
        next[own] += detail::offset(shape[own]);
    }
    return result;
}

/// The operators with one central core for all, at this site, as close to the given ones as alternating least squares
/// brings them (tt::shared_centre); errors are those of the whole chains, with what a padded scheme hides. Throws
/// shape_error unless all have the same two or more sites and the same bonds.
template <scalar T, class Scheme, std::size_t Bond>
sharing<mpo<T, Scheme, Bond>> shared_centre(const std::vector<mpo<T, Scheme, Bond>>& layers, std::size_t centre,
                                            const tt::sweeps& until = {}) {
    std::vector<tt::mpo<T>> chains;
    for (const mpo<T, Scheme, Bond>& layer : layers) chains.push_back(layer.chain());
    const auto shared = tt::shared_centre(std::move(chains), centre, until);
    const parameter<T> common(shared.chains.front().cores()[centre]);
    sharing<mpo<T, Scheme, Bond>> result{{}, shared.relative_errors};
    for (const tt::mpo<T>& chain : shared.chains) {
        std::vector<parameter<T>> cores = mpo<T>(chain).cores();
        cores[centre] = common;
        result.operators.emplace_back(cores);
    }
    return result;
}

}  // namespace xtn
