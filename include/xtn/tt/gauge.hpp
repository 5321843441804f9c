// SPDX-License-Identifier: BSD-3-Clause
// The central cores of two chains are often one core C[p] seen through gauges, X C[p] Y with invertible X and Y. Here both
// are brought to a form that shows it.
//
// Operator scaling (Gurvits, "Classical complexity and quantum entanglement", J. Comput. Syst. Sci. 69 (2004)) makes both
// unfoldings orthonormal, sum_p C[p] C[p]^H ~ 1 ~ sum_p C[p]^H C[p]. That leaves unitary gauges, A[p] = U B[p] V, and
// those are the leading singular pair of a transfer matrix, the one that tells whether two states are the same:
//
//     U ~ sum_p A[p] V^H B[p]^H,      V ~ sum_p B[p]^H U^H A[p],      by power iteration.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include <xtn/backend/random.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/tt/qr.hpp>
#include <xtn/tt/svd.hpp>

namespace xtn::tt::detail {

/// A gauge to the left, a core (left, physical, right) and a gauge to the right.
template <scalar T>
struct gauged_core {
    xt::xtensor<T, 2> left;
    xt::xtensor<T, 3> core;
    xt::xtensor<T, 2> right;
};

template <scalar T>
bool is_close(const xt::xtensor<T, 2>& a, const xt::xtensor<T, 2>& b) {
    xt::xtensor<T, 2> difference = a;
    difference -= b;
    constexpr double eps = std::numeric_limits<real_of<T>>::epsilon();
    return frobenius_norm(difference) <= 8 * eps * frobenius_norm(b);
}

/// A core with both unfoldings orthonormal up to a factor, times gauges, by alternating QR and LQ. Where no such form
/// exists (a singular core) the last iterate serves.
template <scalar T>
gauged_core<T> balanced(const xt::xtensor<T, 3>& core) {
    gauged_core<T> f{identity_matrix<T>(core.shape(0)), core, identity_matrix<T>(core.shape(2))};
    for (int i = 0; i < 200; ++i) {
        const auto shape = f.core.shape();
        auto [l, rows] = lq(reshaped(f.core, std::array{shape[0], shape[1] * shape[2]}));
        f.left = einsum<"ab,bc->ac">(f.left, l);
        f.core = reshaped(std::move(rows), std::array{l.shape(1), shape[1], shape[2]});
        // The rows are orthonormal; the columns too, up to a factor, when this is a multiple of the identity.
        const xt::xtensor<T, 2> gram = einsum<"apb,apc->bc">(conjugated(f.core), f.core);
        xt::xtensor<T, 2> multiple = identity_matrix<T>(gram.shape(0));
        multiple *= static_cast<real_of<T>>(static_cast<double>(l.shape(1)) / static_cast<double>(gram.shape(0)));
        if (is_close(gram, multiple)) break;
        auto [columns, r] = qr(reshaped(f.core, std::array{l.shape(1) * shape[1], shape[2]}));
        f.right = einsum<"ab,bc->ac">(r, f.right);
        f.core = reshaped(std::move(columns), std::array{l.shape(1), shape[1], r.shape(0)});
    }
    return f;
}

/// The unitary matrix next to a (square) one, from its polar decomposition.
template <scalar T>
xt::xtensor<T, 2> unitary_part(const xt::xtensor<T, 2>& a) {
    const svd_result<T> f = svd(a);
    return einsum<"ab,bc->ac">(f.u, f.vt);
}

/// Writes the core of f as U core V with the given core and U, V unitary, as well as that can be, and absorbs U and V.
template <scalar T>
void align(gauged_core<T>& f, const xt::xtensor<T, 3>& core) {
    const auto& conj_core = conjugated(core);
    random_stream random(0);  // generic: not orthogonal to the solution
    xt::xtensor<T, 2> u, v(std::array{core.shape(2), core.shape(2)});
    random.fill_normal(std::span<T>(v.data(), v.size()), 1.0);
    for (int i = 0; i < 200; ++i) {
        const xt::xtensor<T, 2> before = v;
        u = einsum<"apb,cpd,db->ac">(f.core, conj_core, conjugated(v));
        v = einsum<"apb,cpd,ac->db">(f.core, conj_core, conjugated(u));
        if (const double norm = frobenius_norm(v); norm > 0) v /= static_cast<real_of<T>>(norm);
        if (is_close(v, before)) break;
    }
    u = unitary_part(u);
    v = unitary_part(v);
    f.left = einsum<"ab,bc->ac">(f.left, u);
    f.core = einsum<"ba,bpc,dc->apd">(conjugated(u), f.core, conjugated(v));
    f.right = einsum<"ab,bc->ac">(v, f.right);
}

/// A^+, without the singular values that are rounding.
template <scalar T>
xt::xtensor<T, 2> pseudo_inverse(const xt::xtensor<T, 2>& a) {
    svd_result<T> f = svd(a);
    const real_of<T> least =
        std::numeric_limits<real_of<T>>::epsilon() * static_cast<real_of<T>>(std::max(a.shape(0), a.shape(1))) * f.s[0];
    for (real_of<T>& s : f.s) s = s > least ? 1 / s : 0;
    const xt::xtensor<T, 2> v_s = f.s_vt();
    return einsum<"ki,jk->ij">(conjugated(v_s), conjugated(f.u));
}

}  // namespace xtn::tt::detail
