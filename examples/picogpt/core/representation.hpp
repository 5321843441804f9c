// SPDX-License-Identifier: BSD-3-Clause
// How the linear layers of a PicoGPT are represented, as a name that command lines, files and tables share:
//
//     dense              matrices
//     dense-d64          matrices of a model 64 wide instead of 128
//     mpo-16             MPOs of bond 16 in the MPO paper's sites
//     mpo-8-a3-f2x16     the attention matrices in three balanced sites, the feed-forward ones in two of bond 16;
//                        h is the head; the bond is 8 where none is given
//     mpo-8-a3-shared    interior cores are shared by all layers of the same part and shape
//     mpo-16-b2          two blocks' operators, which all blocks take turns in; of every family
//     mpo-16-e           the token table is an MPO too; of every family. e2x8: in two sites of bond 8
//     mpo-16-tied        the head is the token table: one MPO for both; of every family
//     mpo-8-l2           MPOs, and a product of rank 2 added to each
//     low_rank-12        products of two factors
//     kronecker-6        sums of six Kronecker products, in other words MPOs of two balanced sites
//     tucker-8           Tucker operators of rank 8 in every site that is not smaller; sites as for MPOs
//     spectral-0.5       half of the coefficients in a cosine basis, in a zigzag; -rectangle, -scattered, -scaled_zigzag and,
//                        for given matrices, -largest are other supports, -random_basis takes random orthonormal bases
//     spectral-4096      so many coefficients
#pragma once

#include <cstddef>
#include <string>

#include <xtn/core/error.hpp>
#include <xtn/op/support.hpp>

namespace picogpt {

/// How one layer is represented.
struct form {
    std::string family = "dense";
    std::size_t size = 0;        ///< the bond, the rank or the number of Kronecker products
    std::size_t sites = 0;       ///< of an MPO or a Tucker operator, balanced; 0 means the MPO paper's
    std::size_t added_rank = 0;  ///< of the product that is added to an MPO
    xtn::coefficients coefficients = xtn::coefficients::fraction(1);
    xtn::support::order support = xtn::support::order::zigzag;
    bool random_basis = false;

    /// The MPO alone.
    form without_added() const {
        form f = *this;
        f.added_rank = 0;
        return f;
    }
};

struct representation {
    std::string name = "dense";
    form attention{}, feed_forward{}, head{}, table{};
    bool shared = false;             ///< interior cores
    bool tied = false;               ///< the head is the token table, which has the form of the head
    bool table_by_operator = false;  ///< the token table has a form too
    std::size_t width = 0;           ///< of the model; 0 means the default
    std::size_t blocks = 0;          ///< that have operators of their own; 0 means all

    representation() = default;
    /// Reads a name. Throws xtn::error for one that means nothing.
    representation(const std::string& text);
    representation(const char* text) : representation(std::string(text)) {}

    /// The form of the layer with this name, for instance "blocks.0.attn.W_q".
    const form& of(const std::string& layer) const;
    /// The layer whose operator the layer with this name has: itself, or the one of an earlier block.
    std::string owner_of(const std::string& layer) const;
    /// Whether no layer is factorised.
    bool dense() const { return attention.family == "dense"; }
};

}  // namespace picogpt
