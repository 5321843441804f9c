// SPDX-License-Identifier: BSD-3-Clause
// Several chains that share one central core and keep auxiliaries of their own, after Liu, Gao, Chen and Zhao, "Scaling
// pre-trained language models to deeper via parameter-efficient architecture", arXiv 2303.16753: minimise over C, G, H
//
//     sum_l |W_l - L_l G_l C H_l R_l|_F^2 = sum_l |C_l - G_l C H_l|_F^2,      W_l = L_l C_l R_l  canonical,
//
// where the auxiliaries L_l and R_l are isometries, so that the norm is that of the centres, and the gauges G_l and H_l
// are absorbed by the neighbours. Alternating least squares: each G_l, each H_l, then C (by conjugate gradients).
//
// Where a common centre exists, C_l = X_l C Y_l with invertible X_l and Y_l, alternation from a poor start gets stuck. So
// it starts from forms without gauges (gauge.hpp), which then agree.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/tt/algebra.hpp>
#include <xtn/tt/bonds.hpp>
#include <xtn/tt/chain.hpp>
#include <xtn/tt/gauge.hpp>
#include <xtn/tt/qr.hpp>

namespace xtn::tt {

/// Chains whose cores at the centre are equal.
template <scalar T, std::size_t Physical>
struct shared_centre_result {
    std::vector<chain<T, Physical>> chains;
    std::vector<double> relative_errors;  ///< |W_l - chain_l|_F / |W_l|_F
};

/// When to stop: after so many sweeps, or when one lowers the error by less than this fraction.
struct sweeps {
    std::size_t most = 100;
    double improvement = 1e-3;
};

namespace detail {

/// Tensor l of a stack.
template <class T, std::size_t N>
xt::xtensor<T, N - 1> layer(const xt::xtensor<T, N>& stack, std::size_t l) {
    std::array<std::size_t, N - 1> shape{};
    std::copy(stack.shape().begin() + 1, stack.shape().end(), shape.begin());
    xt::xtensor<T, N - 1> part(shape);
    std::copy_n(stack.data() + l * part.size(), part.size(), part.data());
    return part;
}
template <class T, std::size_t N>
void set_layer(xt::xtensor<T, N>& stack, std::size_t l, const xt::xtensor<T, N - 1>& part) {
    std::copy_n(part.data(), part.size(), stack.data() + l * part.size());
}

/// The least-squares problem: G_l and H_l as stacks with l in front, and C.
template <scalar T>
class common_core {
public:
    xt::xtensor<T, 3> left, core, right;

    /// Starts from the aligned balanced forms of the centres (left, physical, right), all of one shape.
    explicit common_core(const std::vector<xt::xtensor<T, 3>>& centres) {
        const std::size_t n = centres.size();
        const auto shape = centres.front().shape();
        std::vector<gauged_core<T>> start;
        std::vector<double> weights;
        for (const auto& centre : centres) {
            start.push_back(balanced(centre));
            weights.push_back(frobenius_norm(centre));
        }
        // The heaviest is the reference, and the mean is by weight: a layer of zeros says nothing about the core.
        const auto heaviest = std::max_element(weights.begin(), weights.end()) - weights.begin();
        const xt::xtensor<T, 3> reference = start[static_cast<std::size_t>(heaviest)].core;
        core = xt::zeros<T>(reference.shape());
        double total = 0;
        for (std::size_t l = 0; l < n; ++l) {
            align(start[l], reference);
            core += static_cast<T>(static_cast<real_of<T>>(weights[l])) * start[l].core;
            total += weights[l];
        }
        if (total > 0) core /= static_cast<real_of<T>>(total);
        exact_.resize({n, shape[0], shape[1], shape[2]});
        left.resize({n, shape[0], core.shape(0)});
        right.resize({n, core.shape(2), shape[2]});
        for (std::size_t l = 0; l < n; ++l) {
            set_layer(exact_, l, centres[l]);
            set_layer(left, l, start[l].left);
            set_layer(right, l, start[l].right);
        }
    }

    void sweep() {
        for (std::size_t l = 0; l < exact_.shape(0); ++l) fit_gauges(l);
        share_gauges();
        fit_core();
    }

    /// |C_l - G_l C H_l|_F of each layer.
    std::vector<double> errors() const {
        xt::xtensor<T, 4> missed = einsum<"lxa,apb,lby->lxpy">(left, core, right);
        missed -= exact_;
        return norms(missed);
    }
    /// |C_l|_F of each layer.
    std::vector<double> norms() const { return norms(exact_); }

private:
    xt::xtensor<T, 4> exact_;  ///< C_l

    static std::vector<double> norms(const xt::xtensor<T, 4>& stack) {
        const std::size_t size = stack.size() / stack.shape(0);
        std::vector<double> result;
        for (std::size_t l = 0; l < stack.shape(0); ++l)
            result.push_back(frobenius_norm(std::span<const T>(stack.data() + l * size, size)));
        return result;
    }

    /// G_l = C_l (C H_l)^+, then H_l = (G_l C)^+ C_l.
    void fit_gauges(std::size_t l) {
        const xt::xtensor<T, 3> exact = layer(exact_, l);
        const std::size_t r = exact.shape(0), p = exact.shape(1), s = exact.shape(2);
        const xt::xtensor<T, 3> from_right = einsum<"apb,by->apy">(core, layer(right, l));
        const xt::xtensor<T, 2> g =
            einsum<"xq,qa->xa">(reshaped(exact, std::array{r, p * s}),
                                pseudo_inverse(reshaped(from_right, std::array{core.shape(0), p * s})));
        set_layer(left, l, g);
        const xt::xtensor<T, 3> from_left = einsum<"xa,apb->xpb">(g, core);
        const xt::xtensor<T, 2> h =
            einsum<"bq,qy->by">(pseudo_inverse(reshaped(from_left, std::array{r * p, core.shape(2)})),
                                reshaped(exact, std::array{r * p, s}));
        set_layer(right, l, h);
    }

    /// Makes sum_l G_l^H G_l = 1 = sum_l H_l H_l^H, which keeps the equations for C well conditioned.
    void share_gauges() {
        const auto g = left.shape(), h = right.shape();
        auto [columns, r] = qr(reshaped(left, std::array{g[0] * g[1], g[2]}));
        left = reshaped(std::move(columns), std::array{g[0], g[1], g[2]});
        const xt::xtensor<T, 3> in_front = einsum<"lby->bly">(right);
        auto [l, rows] = lq(reshaped(in_front, std::array{h[1], h[0] * h[2]}));
        right = einsum<"bly->lby">(reshaped(std::move(rows), std::array{h[1], h[0], h[2]}));
        core = einsum<"ab,bpc,cd->apd">(r, core, l);
    }

    /// sum_l G_l^H G_l C H_l H_l^H = sum_l G_l^H C_l H_l^H, by conjugate gradients from the C there is.
    void fit_core() {
        using tensor = xt::xtensor<T, 3>;
        using real = real_of<T>;
        const auto &conj_left = conjugated(left), &conj_right = conjugated(right);
        const tensor gg = einsum<"lxa,lxb->lab">(conj_left, left), hh = einsum<"lby,ldy->lbd">(right, conj_right);
        const auto normal = [&](const tensor& c) -> tensor { return einsum<"lab,bpc,lcd->apd">(gg, c, hh); };
        const auto product = [](const tensor& a, const tensor& b) {
            return std::real(static_cast<T>(einsum<"apb,apb->">(conjugated(a), b)));
        };
        const tensor wanted = einsum<"lxa,lxpy,lby->apb">(conj_left, exact_, conj_right);
        tensor residual = wanted - normal(core), direction = residual;
        real square = product(residual, residual);
        constexpr real eps = std::numeric_limits<real>::epsilon();
        const real enough = eps * eps * product(wanted, wanted);
        for (int i = 0; i < 50 && square > enough; ++i) {
            const tensor image = normal(direction);
            const T step = square / product(direction, image);
            core += step * direction;
            residual -= step * image;
            const real before = std::exchange(square, product(residual, residual));
            direction = residual + T(square / before) * direction;
        }
    }
};

template <scalar T, std::size_t Physical>
void require_alike(const std::vector<chain<T, Physical>>& layers, std::size_t centre) {
    const std::string caller = "xtn::tt::shared_centre";
    if (layers.empty()) throw shape_error(caller + ": at least one chain is needed");
    const auto& first = layers.front();
    if (first.site_count() < 2)
        throw shape_error(caller + ": a chain of one site has no auxiliaries; at least two sites are needed");
    if (centre >= first.site_count())
        throw shape_error(caller + ": the centre is site " + std::to_string(centre) + ", but the chains have " +
                          std::to_string(first.site_count()));
    for (std::size_t l = 1; l < layers.size(); ++l) {
        const std::string which = "shared_centre (chains 0 and " + std::to_string(l) + ")";
        require_same_sites(first, layers[l], which);
        for (std::size_t k = 0; k + 1 < first.site_count(); ++k)
            if (first.bonds()[k] != layers[l].bonds()[k])
                throw shape_error("xtn::tt::" + which + ": bond " + std::to_string(k) + " differs: " +
                                  std::to_string(first.bonds()[k]) + " and " + std::to_string(layers[l].bonds()[k]));
    }
}

}  // namespace detail

/// The chains with one central core for all, at this site, as close to the given ones as alternating least squares
/// brings them; to rounding where a common centre exists up to gauge. Bonds shrink to the largest rank of any chain.
/// Throws shape_error unless all chains have the same two or more sites and the same bonds, numeric_error for entries that are
/// not finite, an improvement that is not, and a norm that T does not hold.
template <scalar T, std::size_t Physical>
shared_centre_result<T, Physical> shared_centre(std::vector<chain<T, Physical>> layers, std::size_t centre,
                                                const sweeps& until = {}) {
    detail::require_alike(layers, centre);
    if (!backend::all_finite(1, &until.improvement))
        throw numeric_error("xtn::tt::shared_centre: the improvement that ends the sweeps must be finite");
    // Bonds beyond the rank of every chain would leave no balanced form.
    std::vector<std::size_t> bonds(layers.front().bonds().size(), 1);
    for (auto& layer : layers) {
        layer = round(std::move(layer), {.tolerance = 16.0 * std::numeric_limits<real_of<T>>::epsilon()}).chain;
        for (std::size_t k = 0; k < bonds.size(); ++k) bonds[k] = std::max(bonds[k], layer.bonds()[k]);
    }
    random_stream random(0);
    std::vector<xt::xtensor<T, 3>> centres;
    for (auto& layer : layers) {
        if (layer.bonds() != bonds) layer = grow_bonds(layer, bonds, random);
        layer.move_centre(centre);
        centres.push_back(detail::site(layer.cores()[centre]));
    }
    // Squares of norms take part, so the largest becomes about 1; the common core gets the power of two back.
    int power = std::numeric_limits<int>::min();
    for (const auto& core : centres)
        if (const auto norm = detail::scaled_norm(core); norm.mantissa > 0) power = std::max(power, norm.exponent);
    if (power == std::numeric_limits<int>::min()) power = 0;
    for (auto& core : centres) backend::multiply_by_power(std::span<T>(core.data(), core.size()), -power);
    detail::common_core<T> common(centres);
    const std::vector<double> norms = common.norms();
    const double scale = frobenius_norm(std::span<const double>(norms));
    double error = scale;
    for (std::size_t i = 0; i < until.most && error > scale * std::numeric_limits<real_of<T>>::epsilon(); ++i) {
        common.sweep();
        const std::vector<double> errors = common.errors();
        const double before = std::exchange(error, frobenius_norm(std::span<const double>(errors)));
        if (error > before * (1 - until.improvement)) break;
    }

    // The common core carries the norm; at an end of the chain the gauge that has no neighbour is a number.
    const std::size_t n = layers.front().site_count();
    const double factor = scale / std::sqrt(static_cast<double>(layers.size())) / frobenius_norm(common.core);
    if (factor > 0 && backend::all_finite(1, &factor)) {
        common.core *= static_cast<real_of<T>>(factor);
        common.left /= static_cast<real_of<T>>(factor);
    }
    shared_centre_result<T, Physical> result;
    const std::vector<double> errors = common.errors();
    detail::put_power(common.core, power,
                      "xtn::tt::shared_centre: the norm of the core of site " + std::to_string(centre));
    for (std::size_t l = 0; l < layers.size(); ++l) {
        result.relative_errors.push_back(norms[l] > 0 ? errors[l] / norms[l] : 0.0);
        auto cores = std::move(layers[l]).cores();
        xt::xtensor<T, 2> g = detail::layer(common.left, l), h = detail::layer(common.right, l);
        if (centre == 0) h *= g(0, 0);
        if (centre + 1 == n) g *= h(0, 0);
        const auto put = [&](std::size_t k, const xt::xtensor<T, 3>& core) {
            cores[k] = detail::reshaped(core, detail::with_bonds(cores[k].shape(), core.shape(0), core.shape(2)));
        };
        if (centre > 0) put(centre - 1, einsum<"xpa,ab->xpb">(detail::site(cores[centre - 1]), g));
        put(centre, common.core);
        if (centre + 1 < n) put(centre + 1, einsum<"ab,bpy->apy">(h, detail::site(cores[centre + 1])));
        result.chains.emplace_back(std::move(cores));
    }
    return result;
}

}  // namespace xtn::tt
