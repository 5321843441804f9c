// SPDX-License-Identifier: BSD-3-Clause
// Learning rates as functions of the step, counted from 0.
//
// Linear warm-up, then half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts):
//
//     lr(s) = peak (s + 1) / warmup                                                   for s < warmup
//     lr(s) = peak (f + (1 - f) (1 + cos(pi (s - warmup) / (steps - warmup))) / 2)    for warmup <= s < steps
//     lr(s) = peak f                                                                  afterwards
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

#include <xtn/core/error.hpp>

namespace xtn {

/// The same learning rate at every step.
class constant_schedule {
public:
    explicit constant_schedule(double rate) : rate_(rate) {}

    double operator()(std::uint64_t) const { return rate_; }

private:
    double rate_;
};

/// Linear warm-up over `warmup` steps to `peak`, then a cosine down to `final_fraction * peak` at step `steps`. The first
/// step already has peak / warmup, the step `warmup` has the peak. `steps < warmup` is an xtn::error.
class cosine_schedule {
public:
    cosine_schedule(double peak, std::uint64_t warmup, std::uint64_t steps, double final_fraction = 0)
        : peak_(peak), warmup_(warmup), steps_(steps), final_fraction_(final_fraction) {
        if (steps < warmup)
            throw error("xtn::cosine_schedule: expected at least as many steps as the warm-up has, found " +
                        std::to_string(steps) + " steps and a warm-up of " + std::to_string(warmup));
    }

    double operator()(std::uint64_t step) const {
        if (step < warmup_) return peak_ * static_cast<double>(step + 1) / static_cast<double>(warmup_);
        if (step >= steps_) return peak_ * final_fraction_;
        const double done = static_cast<double>(step - warmup_) / static_cast<double>(steps_ - warmup_);
        const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * done));
        return peak_ * (final_fraction_ + (1 - final_fraction_) * cosine);
    }

private:
    double peak_;
    std::uint64_t warmup_;
    std::uint64_t steps_;
    double final_fraction_;
};

}  // namespace xtn
