// SPDX-License-Identifier: BSD-3-Clause
// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, algorithm 2; the semantics of
// torch.optim.AdamW). At step t = 1, 2, ... with gradient g, learning rate lr and weight decay wd:
//
//     p <- p - lr wd p
//     m <- beta1 m + (1 - beta1) g
//     v <- beta2 v + (1 - beta2) g^2
//     p <- p - lr / (1 - beta1^t)  m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
//
// on flat buffers, in one loop that reads and writes every number once. Clipping is the factor that g is multiplied with.
//
// The loop runs on explicit SIMD batches: with math-errno, the default of g++ and clang++, neither may vectorise std::sqrt.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/backend/simd.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// A contiguous range of the parameters with its own learning-rate factor and weight decay.
struct parameter_group {
    std::size_t offset = 0;
    std::size_t size = 0;
    double lr_scale = 1;
    double weight_decay = 0;
};

/// The constants of AdamW; torch.optim.AdamW has the same defaults.
struct adamw_options {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
};

namespace detail {

/// The numbers that one step has in common for a group, rounded to T once.
template <std::floating_point T>
struct adamw_coefficients {
    T gradient_scale, beta1, one_minus_beta1, beta2, one_minus_beta2, keep, rate, correction, eps;

    adamw_coefficients(const adamw_options& o, std::uint64_t t, double lr, double weight_decay, double scale)
        : gradient_scale(static_cast<T>(scale)),
          beta1(static_cast<T>(o.beta1)),
          one_minus_beta1(static_cast<T>(1 - o.beta1)),
          beta2(static_cast<T>(o.beta2)),
          one_minus_beta2(static_cast<T>(1 - o.beta2)),
          keep(static_cast<T>(1 - lr * weight_decay)),
          rate(static_cast<T>(lr / (1 - std::pow(o.beta1, static_cast<double>(t))))),
          correction(static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, static_cast<double>(t))))),
          eps(static_cast<T>(o.eps)) {}
};

/// The formula above for n parameters.
template <std::floating_point T>
void adamw_loop(std::size_t n, T* values, const T* gradients, T* first, T* second, const adamw_coefficients<T>& c) {
    using v = backend::batch<T>;
    const v scale(c.gradient_scale), beta1(c.beta1), gain1(c.one_minus_beta1), beta2(c.beta2), gain2(c.one_minus_beta2),
        keep(c.keep), rate(c.rate), correction(c.correction), eps(c.eps);
    backend::sweep<T>(n, [&](auto w) {
        const v gradient = scale * w.load(gradients);
        const v m = beta1 * w.load(first) + gain1 * gradient;
        const v u = beta2 * w.load(second) + gain2 * gradient * gradient;
        w.store(first, m);
        w.store(second, u);
        w.store(values, keep * w.load(values) - rate * m / (correction * xsimd::sqrt(u) + eps));
    });
}

}  // namespace detail

/// The optimiser of one flat parameter buffer. Owns the two moments, one number each per parameter, and the step count.
template <std::floating_point T>
class adamw {
public:
    /// `size` parameters in one group with this weight decay.
    explicit adamw(std::size_t size, adamw_options options = {}, double weight_decay = 0.01)
        : adamw(size, options, std::vector<parameter_group>{{0, size, 1.0, weight_decay}}) {}

    /// `size` parameters in groups. Groups must lie inside the buffer and must not overlap (else shape_error); a
    /// parameter in no group is never changed, that is, frozen.
    adamw(std::size_t size, adamw_options options, std::vector<parameter_group> groups)
        : options_(options), groups_(std::move(groups)), m_(size), v_(size) {
        check_options();
        check_groups();
    }

    /// One step with learning rate `lr`; the gradients are multiplied with `gradient_scale` (see clip_factor) on the way.
    /// Both buffers have size() elements, else shape_error. Nothing here looks for NaN: check the norm before.
    void step(std::span<T> values, std::span<const T> gradients, double lr, double gradient_scale = 1) {
        expect_size(values.size(), "values");
        expect_size(gradients.size(), "gradients");
        ++steps_;
        for (const parameter_group& group : groups_) {
            const detail::adamw_coefficients<T> c(options_, steps_, lr * group.lr_scale, group.weight_decay,
                                                  gradient_scale);
            const std::size_t o = group.offset;
            detail::adamw_loop(group.size, values.data() + o, gradients.data() + o, m_.data() + o, v_.data() + o, c);
        }
    }

    std::size_t size() const { return m_.size(); }
    const adamw_options& options() const { return options_; }
    std::span<const parameter_group> groups() const { return groups_; }

    /// The state, for checkpoints: steps made, first and second moment.
    std::uint64_t steps() const { return steps_; }
    std::span<const T> first_moment() const { return m_; }
    std::span<const T> second_moment() const { return v_; }

    /// Continues from a saved state. Moments of another size are a shape_error and leave the optimiser as it was.
    void restore(std::uint64_t steps, std::span<const T> first_moment, std::span<const T> second_moment) {
        expect_size(first_moment.size(), "the first moment");
        expect_size(second_moment.size(), "the second moment");
        std::copy(first_moment.begin(), first_moment.end(), m_.begin());
        std::copy(second_moment.begin(), second_moment.end(), v_.begin());
        steps_ = steps;
    }

private:
    void expect_size(std::size_t found, std::string_view what) const {
        if (found != size())
            throw shape_error("xtn::adamw: expected " + std::to_string(size()) + " elements in " + std::string(what) +
                              ", found " + std::to_string(found));
    }

    void check_options() const {
        const auto is_decay = [](double beta) { return beta >= 0 && beta < 1; };
        if (!is_decay(options_.beta1) || !is_decay(options_.beta2) || !(options_.eps >= 0))
            throw error("xtn::adamw: expected beta1 and beta2 in [0, 1) and eps >= 0, found beta1 = " +
                        std::to_string(options_.beta1) + ", beta2 = " + std::to_string(options_.beta2) +
                        ", eps = " + std::to_string(options_.eps));
    }

    void check_groups() const {
        std::vector<parameter_group> sorted = groups_;
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
        std::size_t end = 0;
        for (const parameter_group& group : sorted) {
            const std::string range = "[" + std::to_string(group.offset) + ", +" + std::to_string(group.size) + ")";
            if (group.offset < end)
                throw shape_error("xtn::adamw: expected groups that do not overlap, found " + range +
                                  " beginning before the former one ends at " + std::to_string(end));
            if (group.offset > size() || group.size > size() - group.offset)
                throw shape_error("xtn::adamw: expected groups inside the " + std::to_string(size()) +
                                  " parameters, found " + range);
            end = group.offset + group.size;
        }
    }

    adamw_options options_;
    std::vector<parameter_group> groups_;
    std::uint64_t steps_ = 0;
    std::vector<T> m_;
    std::vector<T> v_;
};

}  // namespace xtn
