// SPDX-License-Identifier: BSD-3-Clause
// Feature maps phi of linear attention, which takes phi(q) . phi(k) for the weight of a key. x is a head's query or key, rows
// of W are directions (directions.hpp), s = dim^(-1/4):
//
//     exponential   D e^(W s x - a |s x|^2)   a = 0 in DiJiang (arXiv 2403.19928, equation 12), 1/2 for positive random
//                                             features (arXiv 2009.14794), 1 for positive fixed features (ibid., equation 9);
//                                             D is learned, or 1
//     softmax       softmax(W x)              over features, as the released code of DiJiang has it
//     learned       softmax(M x), softmax(-M x)   one matrix M a head (Hedgehog, arXiv 2402.04347)
//     learned exponential   e^(M s x), e^(-M s x)   (ibid., equation 6, where there is no s)
//     identity      x                         retention, with a decay
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/contract.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/nn/kernels/exponential_features.hpp>
#include <xtn/nn/module.hpp>
#include <xtn/nn/softmax.hpp>
#include <xtn/op/basis.hpp>

namespace xtn::nn {

/// The features of keys, and for shifted ones the gates that go with them (batch * time x heads).
template <scalar T>
struct key_features {
    variable<T, 2> features;
    std::optional<variable<T, 2>> log_gates{};
};

/// A map from queries and keys to features, head by head.
template <scalar T>
class feature_map {
public:
    enum class kind { exponential, softmax, learned, learned_exponential, identity };

    /// `directions` (features x dim), of which s is taken care of; `norm_weight` is a; `weighted` says that D is learned.
    static feature_map exponential(const xt::xtensor<double, 2>& directions, double norm_weight, bool weighted) {
        const double scale = std::pow(static_cast<double>(directions.shape(1)), -0.25);
        feature_map map(kind::exponential, directions, scale);
        map.norm_weight_ = norm_weight * scale * scale;
        if (weighted) {
            map.learned_.emplace(std::vector<std::size_t>{directions.shape(0)});
            for (T& d : map.learned_->values()) d = T(1);
        }
        return map;
    }
    static feature_map softmax(const xt::xtensor<double, 2>& directions) {
        return feature_map(kind::softmax, directions, 1);
    }
    /// M (count x dim) of every head begins with the identity, and goes on with orthonormal rows drawn from the seed.
    static feature_map learned(std::size_t heads, std::size_t dim, std::size_t count, std::uint64_t seed = 1) {
        return feature_map(kind::learned, heads, dim, count, seed, 1);
    }
    static feature_map learned_exponential(std::size_t heads, std::size_t dim, std::size_t count,
                                           std::uint64_t seed = 1) {
        return feature_map(kind::learned_exponential, heads, dim, count, seed,
                           std::pow(static_cast<double>(dim), -0.25));
    }
    static feature_map identity() { return {}; }

    /// Features of a head of `dim` columns.
    std::size_t width(std::size_t dim) const {
        return has_matrices() ? 2 * learned_->shape()[1] : kind_ == kind::identity ? dim : directions_.shape(0);
    }
    /// Whether keys are shifted, which only normalised attention may be.
    bool shifted() const { return kind_ == kind::exponential || kind_ == kind::learned_exponential; }

    /// Of queries (rows x heads * dim): (rows x heads * width(dim)).
    variable<T, 2> queries(const variable<T, 2>& x, std::size_t heads) const {
        return shifted() ? weighed(exponentials(x, heads, x.shape()[0], {}).features, heads) : bounded(x, heads);
    }
    /// Of keys in sequences of `time` positions. Shifted ones go on from `shifts`, the greatest exponents so far (batch x
    /// heads, kernels::no_shift before the first position), and change them; empty, they begin.
    key_features<T> keys(const variable<T, 2>& x, std::size_t heads, std::size_t time, std::span<T> shifts = {}) const {
        if (!shifted()) return {bounded(x, heads)};
        backend::workspace_frame frame;
        if (shifts.empty()) {
            shifts = {frame.take<T>(x.shape()[0] / time * heads), x.shape()[0] / time * heads};
            std::fill(shifts.begin(), shifts.end(), kernels::no_shift<T>);
        }
        key_features<T> found = exponentials(x, heads, time, shifts);
        found.features = weighed(found.features, heads);
        return found;
    }

    /// "weights" (D, one a feature) or "features" (M: heads x count x dim), where something is learned.
    std::vector<named_parameter<T>> parameters() const {
        if (!learned_) return {};
        return {{has_matrices() ? "features" : "weights", *learned_}};
    }

private:
    feature_map() = default;
    feature_map(kind k, const xt::xtensor<double, 2>& directions, double scale)
        : kind_(k), directions_(directions.shape()) {
        for (std::size_t i = 0; i < directions.size(); ++i)
            directions_.data()[i] = static_cast<T>(scale * directions.data()[i]);
    }
    feature_map(kind k, std::size_t heads, std::size_t dim, std::size_t count, std::uint64_t seed, double scale)
        : kind_(k), signs_{static_cast<T>(scale), static_cast<T>(-scale)} {
        learned_.emplace(std::vector<std::size_t>{heads, count, dim});
        auto to = learned_->values().begin();
        for (std::size_t h = 0; h < heads; ++h)
            for (std::size_t first = 0; first < count; first += dim) {
                xt::xtensor<T, 2> rows = xt::eye<T>(dim);
                if (first > 0) rows = basis::random_orthonormal(seed).vectors<T>(dim, dim, h * count + first);
                to = std::copy_n(rows.data(), std::min(dim, count - first) * dim, to);
            }
    }

    bool has_matrices() const { return kind_ == kind::learned || kind_ == kind::learned_exponential; }

    static variable<T, 3> by_head(const variable<T, 2>& x, std::size_t heads) {
        return x.template reshape<3>({x.shape()[0], heads, x.shape()[1] / heads});
    }
    static variable<T, 2> side_by_side(const variable<T, 3>& x) {
        return x.template reshape<2>({x.shape()[0], x.shape()[1] * x.shape()[2]});
    }
    variable<T, 2> projected(const variable<T, 2>& x, std::size_t heads) const {
        if (x.shape()[1] != heads * directions_.shape(1))
            throw shape_error("feature_map: directions in " + std::to_string(directions_.shape(1)) +
                              " dimensions for heads of " + std::to_string(x.shape()[1] / heads));
        return side_by_side(einsum<"rhd,fd->rhf">(by_head(x, heads), constant(directions_)));
    }
    /// Those that need no shift.
    variable<T, 2> bounded(const variable<T, 2>& x, std::size_t heads) const {
        if (kind_ == kind::identity) return x;
        if (kind_ == kind::softmax) return nn::softmax(projected(x, heads), directions_.shape(0));
        return nn::softmax(both_signs(x, heads), learned_->shape()[1]);
    }
    /// M s x and -M s x of each head, side by side.
    variable<T, 2> both_signs(const variable<T, 2>& x, std::size_t heads) const {
        const variable<T, 3> m = x.tape().template leaf<3>(*learned_);
        return einsum<"rhd,hfd,s->rhsf">(by_head(x, heads), m, constant(signs_))
            .template reshape<2>({x.shape()[0], 2 * heads * learned_->shape()[1]});
    }
    variable<T, 2> weighed(const variable<T, 2>& features, std::size_t heads) const {
        if (!learned_ || has_matrices()) return features;
        return side_by_side(
            einsum<"rhf,f->rhf">(by_head(features, heads), features.tape().template leaf<1>(*learned_)));
    }
    /// Shifted features; with `shifts`, those of keys.
    key_features<T> exponentials(const variable<T, 2>& x, std::size_t heads, std::size_t time,
                                 std::span<T> shifts) const {
        const variable<T, 2> u = has_matrices() ? both_signs(x, heads) : projected(x, heads);
        tape<T>& t = x.tape();
        const std::size_t rows = x.shape()[0], dim = x.shape()[1] / heads, count = width(dim);
        const T a = static_cast<T>(norm_weight_);
        const variable<T, 2> y = t.result(u.shape(), u, x);
        T* const gates = shifts.empty() ? nullptr : t.template keep<T>(rows * heads);
        const auto part = [](auto* data, std::size_t width, std::size_t row, std::size_t column) {
            return kernels::strided_rows<std::remove_pointer_t<decltype(data)>>{data + row * width + column, width};
        };
        for (std::size_t b = 0; b < rows / time; ++b)
            for (std::size_t h = 0; h < heads; ++h)
                kernels::exponential_features<T>(
                    time, count, dim, a, part(static_cast<const T*>(u.data()), heads * count, b * time, h * count),
                    part(static_cast<const T*>(x.data()), heads * dim, b * time, h * dim),
                    part(y.data(), heads * count, b * time, h * count), gates ? shifts.data() + b * heads + h : nullptr,
                    gates ? gates + b * time * heads + h : nullptr, heads);
        t.record(y, [=](const T* dy) {
            const gradient_sink<T> du = u.sink(), dx = a > T(0) ? x.sink() : gradient_sink<T>{};
            if (dx && !dx.accumulate) std::fill_n(dx.data, x.size(), T(0));
            for (std::size_t h = 0; h < heads; ++h)
                kernels::exponential_features_backward<T>(
                    rows, count, dim, a, part(static_cast<const T*>(x.data()), heads * dim, 0, h * dim),
                    part(static_cast<const T*>(y.data()), heads * count, 0, h * count),
                    part(dy, heads * count, 0, h * count), {du ? du.data + h * count : nullptr, heads * count},
                    detail::mode(du.accumulate), {dx ? dx.data + h * dim : nullptr, heads * dim});
        });
        if (gates == nullptr) return {y};
        return {y, t.template constant<2>(gates, {rows, heads})};
    }

    kind kind_ = kind::identity;
    xt::xtensor<T, 2> directions_{};
    double norm_weight_ = 0;
    xt::xtensor<T, 1> signs_{};  // s and -s of learned matrices
    std::optional<parameter<T>> learned_;
};

}  // namespace xtn::nn
