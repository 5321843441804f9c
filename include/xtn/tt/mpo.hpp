// SPDX-License-Identifier: BSD-3-Clause
// Matrix product operators as chains of run-time length: an operator W (out x in) as one core per site,
//
//     W[(o_1 ... o_n), (i_1 ... i_n)] = A_1[o_1, i_1] A_2[o_2, i_2] ... A_n[o_n, i_n],
//
// where A_k[o, i] is an r_{k-1} x r_k matrix and r_0 = r_n = 1. Also known as the tensor-train matrix: Oseledets,
// "Approximation of 2^d x 2^d matrices using tensor trains", SIAM J. Matrix Anal. Appl. 31 (2010).
#pragma once

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/gemm.hpp>
#include <xtn/backend/xtensor.hpp>
#include <xtn/core/error.hpp>
#include <xtn/tt/site_order.hpp>

namespace xtn::tt {

/// A chain of cores in (left bond, out, in, right bond) order, site 0 most significant.
template <scalar T>
class mpo {
public:
    using value_type = T;
    using core_type = xt::xtensor<T, 4>;

    /// Takes at least one core. Throws shape_error where neighbouring bonds differ, a bond at an end is not 1, or an
    /// extent is 0.
    explicit mpo(std::vector<core_type> cores) : cores_(std::move(cores)) {
        if (cores_.empty()) throw shape_error("xtn::tt::mpo: a chain has at least one core");
        std::size_t bond = 1;
        for (std::size_t k = 0; k < cores_.size(); ++k) {
            const auto& shape = cores_[k].shape();
            if (shape[0] != bond)
                throw shape_error(
                    site(k) + " has the left bond " + std::to_string(shape[0]) +
                    (k == 0 ? ", but the chain starts with a bond of 1"
                            : ", but the right bond of site " + std::to_string(k - 1) + " is " + std::to_string(bond)));
            if (*std::min_element(shape.begin(), shape.end()) == 0)
                throw shape_error(site(k) + " is empty: its shape is (" + std::to_string(shape[0]) + ", " +
                                  std::to_string(shape[1]) + ", " + std::to_string(shape[2]) + ", " +
                                  std::to_string(shape[3]) + ") and every extent must be at least 1");
            bond = shape[3];
        }
        if (bond != 1)
            throw shape_error(site(cores_.size() - 1) + " has the right bond " + std::to_string(bond) +
                              ", but the chain ends with a bond of 1");
    }

    std::size_t site_count() const { return cores_.size(); }

    const std::vector<core_type>& cores() const& { return cores_; }
    std::vector<core_type> cores() && { return std::move(cores_); }

    /// The extents that the sites contribute to out.
    std::vector<std::size_t> out_sites() const { return extents(1, cores_.size()); }

    /// The extents that the sites contribute to in.
    std::vector<std::size_t> in_sites() const { return extents(2, cores_.size()); }

    /// The bonds between neighbouring sites, site_count() - 1 of them.
    std::vector<std::size_t> bonds() const { return extents(3, cores_.size() - 1); }

    /// The number of entries of all cores.
    std::size_t parameter_count() const {
        std::size_t count = 0;
        for (const core_type& core : cores_) count += core.size();
        return count;
    }

    /// The matrix, (out, in). Throws shape_error if it exceeds what a BLAS can index.
    xt::xtensor<T, 2> to_dense() const {
        const std::vector<std::size_t> outs = out_sites();
        const std::vector<std::size_t> ins = in_sites();
        const std::size_t out = detail::flat_extent(outs);
        const std::size_t in = detail::flat_extent(ins);

        // product: rows are the sites so far, in chain order; columns the open bond.
        std::vector<T> product(cores_[0].begin(), cores_[0].end());
        std::size_t rows = outs[0] * ins[0];
        for (std::size_t k = 1; k < cores_.size(); ++k) {
            const std::size_t bond = cores_[k].shape(0);
            const std::size_t columns = cores_[k].size() / bond;
            if (rows > INT_MAX || columns > INT_MAX)
                throw shape_error("xtn::tt::mpo: to_dense of a " + std::to_string(out) + " x " + std::to_string(in) +
                                  " operator needs a matrix product beyond what a BLAS can index");
            std::vector<T> next(rows * columns);
            backend::gemm(false, false, signed_extent(rows), signed_extent(columns), signed_extent(bond), T{1},
                          product.data(), signed_extent(bond), cores_[k].data(), signed_extent(columns), T{0},
                          next.data(), signed_extent(columns));
            product = std::move(next);
            rows *= outs[k] * ins[k];
        }

        const detail::site_order order(outs, ins);
        xt::xtensor<T, 2> dense = xt::xtensor<T, 2>::from_shape({out, in});
        T* to = dense.data();
        for (const std::size_t row : order.out)
            for (const std::size_t column : order.in) *to++ = product[row + column];
        return dense;
    }

private:
    std::vector<core_type> cores_;

    static std::string site(std::size_t k) { return "xtn::tt::mpo: the core of site " + std::to_string(k); }
    static std::int64_t signed_extent(std::size_t e) { return static_cast<std::int64_t>(e); }

    std::vector<std::size_t> extents(std::size_t axis, std::size_t count) const {
        std::vector<std::size_t> result(count);
        for (std::size_t k = 0; k < count; ++k) result[k] = cores_[k].shape(axis);
        return result;
    }
};

}  // namespace xtn::tt
