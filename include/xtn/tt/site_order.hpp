// SPDX-License-Identifier: BSD-3-Clause
// The two orders in which the entries of an operator lie: as a matrix (out, in), and site by site along its chain,
//
//     W[(o_1 ... o_n), (i_1 ... i_n)] = A[o_1, i_1, o_2, i_2, ..., o_n, i_n],   site 0 most significant in both.
//
// The position in A is a sum of one term that depends on o and one that depends on i, so two tables permute either way.
#pragma once

#include <climits>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/core/error.hpp>

namespace xtn::tt::detail {

/// The product of the extents. Throws shape_error beyond what a BLAS can index (INT_MAX).
inline std::size_t flat_extent(std::span<const std::size_t> extents) {
    std::size_t product = 1;
    for (const std::size_t e : extents) {
        if (e != 0 && product > std::size_t{INT_MAX} / e)
            throw shape_error("the product of the " + std::to_string(extents.size()) +
                              " sites exceeds what a BLAS can index (" + std::to_string(INT_MAX) + ")");
        product *= e;
    }
    return product;
}

/// Entry (o, i) of the matrix is entry out[o] + in[i] of the chain-ordered array.
struct site_order {
    std::vector<std::size_t> out{0};
    std::vector<std::size_t> in{0};

    /// Both lists have the same length and extents of at least 1.
    site_order(std::span<const std::size_t> out_sites, std::span<const std::size_t> in_sites) {
        for (std::size_t k = 0; k < out_sites.size(); ++k) {
            const std::size_t site = out_sites[k] * in_sites[k];
            out = refined(out, site, out_sites[k], in_sites[k]);
            in = refined(in, site, in_sites[k], 1);
        }
    }

private:
    /// The offsets once a further, less significant site of `site` entries follows; its digit has this extent and stride.
    static std::vector<std::size_t> refined(const std::vector<std::size_t>& offsets, std::size_t site,
                                            std::size_t extent, std::size_t stride) {
        std::vector<std::size_t> finer;
        finer.reserve(offsets.size() * extent);
        for (const std::size_t offset : offsets)
            for (std::size_t digit = 0; digit < extent; ++digit) finer.push_back(offset * site + digit * stride);
        return finer;
    }
};

}  // namespace xtn::tt::detail
