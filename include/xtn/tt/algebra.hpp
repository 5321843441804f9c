// SPDX-License-Identifier: BSD-3-Clause
// Algebra on chains, without reconstruction. Sums have the sum of both bonds, products the product of both; round()
// (bonds.hpp) brings them down. Schollwoeck, Annals of Physics 326 (2011), sections 4.3 and 5.
//
//     <x, y> = sum conj(x) y: one transfer matrix E'[a, b] = sum E[c, d] conj(A[c, p, a]) B[d, p, b] from site to site.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/expr/einsum.hpp>
#include <xtn/tt/bonds.hpp>
#include <xtn/tt/chain.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/mps.hpp>

namespace xtn::tt {

namespace detail {

/// Throws shape_error unless both lists of extents agree; `what` says what they are.
inline void require_same_sites(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b,
                               const std::string& caller, const std::string& what) {
    if (a.size() != b.size())
        throw shape_error("xtn::tt::" + caller + ": chains of " + std::to_string(a.size()) + " and " +
                          std::to_string(b.size()) + " sites do not fit");
    for (std::size_t k = 0; k < a.size(); ++k)
        if (a[k] != b[k])
            throw shape_error("xtn::tt::" + caller + ": " + what + " differ at site " + std::to_string(k) + ": " +
                              std::to_string(a[k]) + " and " + std::to_string(b[k]));
}

template <scalar T, std::size_t Physical>
void require_same_sites(const chain<T, Physical>& x, const chain<T, Physical>& y, const std::string& caller) {
    constexpr const char* what[] = {"the extents", "the extents of in"};
    for (std::size_t d = 0; d < Physical; ++d)
        require_same_sites(x.sites(d), y.sites(d), caller, Physical == 2 && d == 0 ? "the extents of out" : what[d]);
}

/// The chain of f(core) for every core.
template <scalar T, std::size_t Physical, class F>
chain<T, Physical> map_cores(const chain<T, Physical>& x, F f) {
    std::vector<typename chain<T, Physical>::core_type> cores;
    for (const auto& core : x.cores()) cores.push_back(f(core));
    return chain<T, Physical>(std::move(cores));
}

/// f(a, b) of a site of two chains, linear in both, whatever the norms. Throws numeric_error where that of the result is
/// beyond T.
template <class Core, class OtherCore, class F>
auto product_of_sites(Core a, OtherCore b, std::size_t k, F f) {
    const int power = take_power(a) + take_power(b);
    auto core = f(a, b);
    put_power(core, power, "xtn::tt::operator*: the norm of the core of site " + std::to_string(k));
    return core;
}

}  // namespace detail

/// The sum; its bonds are the sums of both. Throws shape_error unless the sites agree.
template <scalar T, std::size_t Physical>
chain<T, Physical> operator+(const chain<T, Physical>& x, const chain<T, Physical>& y) {
    detail::require_same_sites(x, y, "operator+");
    const std::size_t n = x.site_count();
    std::vector<typename chain<T, Physical>::core_type> cores;
    for (std::size_t k = 0; k < n; ++k) {  // [A B], [A 0; 0 B], ..., [A; B]
        const auto &a = x.cores()[k], &b = y.cores()[k];
        const std::size_t left = k == 0 ? 0 : a.shape(0), right = k + 1 == n ? 0 : a.shape(Physical + 1);
        typename chain<T, Physical>::core_type sum =
            xt::zeros<T>(detail::with_bonds(a.shape(), left + b.shape(0), right + b.shape(Physical + 1)));
        detail::place(sum, a, 0, 0);
        detail::place(sum, b, left, right);
        cores.push_back(std::move(sum));
    }
    return chain<T, Physical>(std::move(cores));
}

/// alpha x
template <scalar T, std::size_t Physical>
chain<T, Physical> operator*(std::type_identity_t<T> factor, chain<T, Physical> x) {
    x *= factor;
    return x;
}
/// x alpha
template <scalar T, std::size_t Physical>
chain<T, Physical> operator*(chain<T, Physical> x, std::type_identity_t<T> factor) {
    x *= factor;
    return x;
}
/// x / alpha. Throws numeric_error for a divisor of 0, and where the norm would be beyond T.
template <scalar T, std::size_t Physical>
chain<T, Physical> operator/(chain<T, Physical> x, std::type_identity_t<T> divisor) {
    x /= divisor;
    return x;
}
/// The difference; its bonds are the sums of both. Throws shape_error unless the sites agree.
template <scalar T, std::size_t Physical>
chain<T, Physical> operator-(const chain<T, Physical>& x, const chain<T, Physical>& y) {
    return x + (-y);
}

/// W psi, an operator on a state; bonds multiply. Throws shape_error unless in of W has the sites of psi.
template <scalar T>
mps<T> operator*(const mpo<T>& w, const mps<T>& psi) {
    detail::require_same_sites(w.in_sites(), psi.sites(), "operator*", "in of the operator and the state");
    std::vector<xt::xtensor<T, 3>> cores;
    for (std::size_t k = 0; k < w.site_count(); ++k) {
        xt::xtensor<T, 5> core = detail::product_of_sites(
            w.cores()[k], psi.cores()[k], k,
            [](const auto& a, const auto& b) -> xt::xtensor<T, 5> { return einsum<"voiw,aib->vaowb">(a, b); });
        const auto s = core.shape();
        cores.push_back(detail::reshaped(std::move(core), std::array{s[0] * s[1], s[2], s[3] * s[4]}));
    }
    return mps<T>(std::move(cores));
}

/// V W, the matrix product of operators; bonds multiply. Throws shape_error unless in of V has the sites of out of W.
template <scalar T>
mpo<T> operator*(const mpo<T>& v, const mpo<T>& w) {
    detail::require_same_sites(v.in_sites(), w.out_sites(), "operator*",
                               "in of the left and out of the right operator");
    std::vector<xt::xtensor<T, 4>> cores;
    for (std::size_t k = 0; k < v.site_count(); ++k) {
        xt::xtensor<T, 6> core = detail::product_of_sites(
            v.cores()[k], w.cores()[k], k,
            [](const auto& a, const auto& b) -> xt::xtensor<T, 6> { return einsum<"vojw,ajib->vaoiwb">(a, b); });
        const auto s = core.shape();
        cores.push_back(detail::reshaped(std::move(core), std::array{s[0] * s[1], s[2], s[3], s[4] * s[5]}));
    }
    return mpo<T>(std::move(cores));
}

/// The complex conjugate.
template <scalar T, std::size_t Physical>
chain<T, Physical> conj(const chain<T, Physical>& x) {
    return detail::map_cores(x, [](const auto& core) { return detail::conjugated(core); });
}

/// W^T
template <scalar T>
mpo<T> transpose(const mpo<T>& w) {
    return detail::map_cores(w, [](const auto& core) { return einsum<"aoib->aiob">(core); });
}

/// W^H
template <scalar T>
mpo<T> adjoint(const mpo<T>& w) {
    return conj(transpose(w));
}

namespace detail {

/// What is left when sites are closed from left to right: open = f(open, k, power) for every k, from ones, whatever the
/// norms. f adds to the power what it takes out of its cores. Throws numeric_error, naming the caller, where the result is
/// too large for T.
template <scalar T, std::size_t N, class F>
T closed(std::size_t sites, const std::string& caller, F f) {
    std::array<std::size_t, N> shape;
    shape.fill(1);
    xt::xtensor<T, N> open = xt::ones<T>(shape);
    int power = 0;
    for (std::size_t k = 0; k < sites; ++k) {
        open = f(open, k, power);
        power += take_power(open);
    }
    give_power(open, power, "xtn::tt::" + caller + ": the result");
    return open.data()[0];
}

/// A core without the power of two of its norm, which is added to `power`.
template <scalar T, std::size_t N>
xt::xtensor<T, N> without_power(xt::xtensor<T, N> core, int& power) {
    power += take_power(core);
    return core;
}

}  // namespace detail

/// sum_o W[o, o]. Throws shape_error unless out and in have the same sites, numeric_error where the result is too large
/// for T.
template <scalar T>
T trace(const mpo<T>& w) {
    detail::require_same_sites(w.out_sites(), w.in_sites(), "trace", "out and in");
    return detail::closed<T, 1>(w.site_count(), "trace", [&](const auto& open, std::size_t k, int& power) {
        const xt::xtensor<T, 1> next = einsum<"a,aoob->b">(open, detail::without_power(w.cores()[k], power));
        return next;
    });
}

/// <x, y> = sum conj(x) y; for operators that is trace(x^H y). A result too small for T is 0. Throws shape_error unless
/// the sites agree, numeric_error where the result is too large for T.
template <scalar T, std::size_t Physical>
T inner(const chain<T, Physical>& x, const chain<T, Physical>& y) {
    detail::require_same_sites(x, y, "inner");
    return detail::closed<T, 2>(x.site_count(), "inner", [&](const auto& open, std::size_t k, int& power) {
        const auto bra = detail::without_power(x.cores()[k], power), ket = detail::without_power(y.cores()[k], power);
        const auto& conj_bra = detail::conjugated(bra);
        const xt::xtensor<T, 2> next = einsum<"cd,cpa,dpb->ab">(open, detail::site(conj_bra), detail::site(ket));
        return next;
    });
}

/// <x| W |y> = sum conj(x) W y, without the bonds of W y. A result too small for T is 0. Throws shape_error unless out of W
/// has the sites of x and in those of y, numeric_error where the result is too large for T.
template <scalar T>
T inner(const mps<T>& x, const mpo<T>& w, const mps<T>& y) {
    detail::require_same_sites(x.sites(), w.out_sites(), "inner", "the left state and out of the operator");
    detail::require_same_sites(w.in_sites(), y.sites(), "inner", "in of the operator and the right state");
    return detail::closed<T, 3>(x.site_count(), "inner", [&](const auto& open, std::size_t k, int& power) {
        const auto bra = detail::without_power(x.cores()[k], power), ket = detail::without_power(y.cores()[k], power);
        const auto op = detail::without_power(w.cores()[k], power);
        const xt::xtensor<T, 3> next = einsum<"cvd,coa,voiw,dib->awb">(open, detail::conjugated(bra), op, ket);
        return next;
    });
}

/// |x|_F, from the centre. So the norm of a difference is exact to rounding, unlike sqrt(<x, x>), which loses half of the
/// digits.
template <scalar T, std::size_t Physical>
double norm(const chain<T, Physical>& x) {
    return x.norm();
}

}  // namespace xtn::tt
