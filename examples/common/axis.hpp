// SPDX-License-Identifier: BSD-3-Clause
// The axis of a chart: its range, ticks at round numbers, and where a value falls on it.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format.hpp"

namespace examples {

/// What a chart's author says about an axis. Range and ticks follow from the data where he says nothing.
struct axis {
    std::string label{};
    bool logarithmic = false;
    std::optional<double> min{};
    std::optional<double> max{};
    std::vector<double> ticks{};  // for instance {2, 4, 8, 16} for bond dimensions
};

struct tick {
    double value;
    std::string label;  // empty for a minor tick
};

/// A number as a chart shows it: 12,000, 0.25, −3, 2×10⁻⁵.
inline std::string number_label(double value) {
    const auto signed_text = [](std::string text) {
        if (text.starts_with('-')) text.replace(0, 1, "−");
        return text;
    };
    const double magnitude = std::abs(value);
    if (value == 0) return "0";
    if (magnitude >= 1e-3 && magnitude < 1e7) return signed_text(grouped(plain(value)));
    const auto exponent = static_cast<int>(std::floor(std::log10(magnitude) + 1e-9));
    const std::string mantissa = exact(std::round(value / std::pow(10.0, exponent) * 1e6) / 1e6);
    std::string text = mantissa == "1" ? "10" : mantissa == "-1" ? "-10" : mantissa + "×10";
    static constexpr std::array<std::string_view, 10> superscripts{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    if (exponent < 0) text += "⁻";
    for (const char digit : std::to_string(std::abs(exponent)))
        text += superscripts[static_cast<std::size_t>(digit - '0')];
    return signed_text(text);
}

/// An axis with its range and its ticks settled.
class scale {
public:
    /// `low` and `high` bound the data, NaN if there is none to show.
    scale(const axis& a, double low, double high) : logarithmic_(a.logarithmic) {
        if (!(low <= high)) low = logarithmic_ ? 0.1 : 0, high = logarithmic_ ? 10 : 1;
        low = transform(low), high = transform(high);
        const double around_one_value = logarithmic_ ? 0.3 : std::max(0.1 * std::abs(high), 0.5);
        const double slack = high > low ? 0.04 * (high - low) : around_one_value;
        low_ = low - slack;
        high_ = high + slack;
        if (!logarithmic_ && low >= 0) low_ = std::max(low_, 0.0);  // no negative room for what is never negative
        if (a.min && drawable(*a.min)) low_ = transform(*a.min);
        if (a.max && drawable(*a.max)) high_ = transform(*a.max);
        if (!(high_ > low_)) high_ = low_ + 1;
        if (!a.ticks.empty())
            for (const double value : a.ticks) add_tick(value, number_label(value));
        else if (logarithmic_)
            add_decades();
        else
            add_steps();
    }

    const std::vector<tick>& ticks() const { return ticks_; }

    /// Can the value be on such an axis at all?
    bool drawable(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0); }

    /// 0 at the beginning of the axis, 1 at its end.
    double position(double value) const { return (transform(value) - low_) / (high_ - low_); }

private:
    double transform(double value) const { return logarithmic_ ? std::log10(value) : value; }

    void add_tick(double value, std::string label) {
        constexpr double rounding = 1e-9;
        if (drawable(value) && position(value) >= -rounding && position(value) <= 1 + rounding)
            ticks_.push_back({value, std::move(label)});
    }

    /// 1, 2 or 5 times a power of ten, about six of them.
    void add_steps() {
        const double raw = (high_ - low_) / 6;
        const double power = std::pow(10.0, std::floor(std::log10(raw)));
        const double step = power * (raw / power < 1.5 ? 1 : raw / power < 3 ? 2 : raw / power < 7 ? 5 : 10);
        const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
        const bool plain = decimals <= 4 && std::max(std::abs(low_), std::abs(high_)) < 1e7;
        for (double k = std::ceil(low_ / step - 1e-9); k <= high_ / step + 1e-9; ++k) {
            std::string label = plain ? grouped(fixed(std::abs(k * step), decimals)) : number_label(k * step);
            add_tick(k * step, plain && k < 0 ? "−" + label : label);
        }
    }

    /// Powers of ten, with 2 and 5 in between where there are few of them; a narrow range gets even steps.
    void add_decades() {
        const double decades = high_ - low_;
        if (decades < 0.7) {
            const scale linear({.min = std::pow(10.0, low_), .max = std::pow(10.0, high_)}, 0, 1);
            for (const tick& t : linear.ticks()) add_tick(t.value, t.label);
            return;
        }
        const int every = std::max(1, static_cast<int>(decades / 8));
        for (int d = static_cast<int>(std::floor(low_)); d <= static_cast<int>(std::ceil(high_)); ++d)
            for (int m = 1; m < 10; ++m) {
                const bool labelled = m == 1 ? d % every == 0 : decades < 2.5 && (m == 2 || m == 5);
                if (!labelled && every > 1) continue;
                const double value = d < 0 ? m / std::pow(10.0, -d) : m * std::pow(10.0, d);  // 0.3, not 3 * 0.1
                add_tick(value, labelled ? number_label(value) : "");
            }
    }

    bool logarithmic_;
    double low_;
    double high_;
    std::vector<tick> ticks_;
};

}  // namespace examples
