// SPDX-License-Identifier: BSD-3-Clause
// Generated images whose Bayes error is known, for when there are no real ones. Class k has a template t_k, a wave of the
// two-dimensional cosine transform that no other class has, and an image is
//
//     x = 128 + sigma (t_k + z),   z standard normal for every byte,
//
// rounded and kept within a byte. The templates are orthogonal and of one length d, so before rounding the best classifier,
// the template nearest to x, is right with probability
//
//     P = integral of phi(y - d) Phi(y)^(K - 1) dy
//
// for K equally likely classes: the detection of K orthogonal signals of equal energy in white noise (Proakis & Salehi,
// Digital Communications, 5th ed., section 4.4-1), phi and Phi the standard normal density and distribution. Rounding can
// only lose information, so no classifier of these images has a smaller expected error than 1 - P; at sigma = 24 it loses
// next to none.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/core/error.hpp>
#include <xtn/io/image_set.hpp>

namespace xtn {

/// Images of K classes in noise.
class image_source {
public:
    /// `separation` is d, the length of a template in standard deviations of the noise. Throws shape_error unless there are
    /// at least two classes, at most 256, and fewer than pixels.
    explicit image_source(image_shape shape, std::size_t classes = 10, double separation = 4)
        : shape_(shape), separation_(separation) {
        if (classes < 2 || classes > 256 || classes >= shape.height * shape.width)
            throw shape_error("image_source: 2 to 256 classes, and fewer than the " +
                              std::to_string(shape.height * shape.width) + " pixels, are possible, not " +
                              std::to_string(classes));
        // Waves by u + v without the constant: slow ones, as in pictures.
        std::vector<std::pair<std::size_t, std::size_t>> waves;
        for (std::size_t u = 0; u < shape.height; ++u)
            for (std::size_t v = 0; v < shape.width; ++v) waves.emplace_back(u, v);
        std::stable_sort(waves.begin(), waves.end(),
                         [](const auto& a, const auto& b) { return a.first + a.second < b.first + b.second; });
        for (std::size_t k = 0; k < classes; ++k) templates_.push_back(wave(waves[k + 1].first, waves[k + 1].second));
    }

    const image_shape& shape() const { return shape_; }
    std::size_t classes() const { return templates_.size(); }
    /// What is expected of a class, in standard deviations of the noise from middle grey.
    const std::vector<double>& mean_of(std::size_t k) const { return templates_.at(k); }

    /// 1 - P: the smallest expected error.
    double bayes_error() const {
        // Simpson's rule; 1 - Phi^(K-1), so that small errors keep their digits.
        constexpr int steps = 4000;
        const double begin = separation_ - 12, h = 24.0 / steps;
        double sum = 0;
        for (int i = 0; i <= steps; ++i) {
            const double y = begin + h * i, density = std::exp(-0.5 * (y - separation_) * (y - separation_));
            const double above = 0.5 * std::erfc(y / std::numbers::sqrt2);  // 1 - Phi
            const double missed = -std::expm1(static_cast<double>(classes() - 1) * std::log1p(-above));
            sum += (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * density * missed;
        }
        return sum * h / 3 / std::sqrt(2 * std::numbers::pi);
    }

    /// `count` images, classes in turn. Another `seed` gives another sample of the same source.
    image_set generate(std::size_t count, std::uint64_t seed = 1) const {
        random_stream random(seed);
        std::vector<std::uint8_t> pixels, labels;
        pixels.reserve(count * shape_.size());
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t k = i % classes();
            labels.push_back(static_cast<std::uint8_t>(k));
            for (const double mean : templates_[k])
                pixels.push_back(static_cast<std::uint8_t>(
                    std::clamp(std::round(128 + sigma * (mean + random.normal())), 0.0, 255.0)));
        }
        return image_set(shape_, classes(), std::move(pixels), std::move(labels), "generated images");
    }

    static constexpr double sigma = 24;  ///< of the noise, in steps of a byte

private:
    /// cos((2 y + 1) u pi / 2 H) cos((2 x + 1) v pi / 2 W) in all channels, of length d.
    std::vector<double> wave(std::size_t u, std::size_t v) const {
        const auto cosine = [](std::size_t at, std::size_t frequency, std::size_t length) {
            return std::cos(std::numbers::pi * static_cast<double>((2 * at + 1) * frequency) /
                            static_cast<double>(2 * length));
        };
        std::vector<double> t;
        double squares = 0;
        for (std::size_t c = 0; c < shape_.channels; ++c)
            for (std::size_t y = 0; y < shape_.height; ++y)
                for (std::size_t x = 0; x < shape_.width; ++x) {
                    t.push_back(cosine(y, u, shape_.height) * cosine(x, v, shape_.width));
                    squares += t.back() * t.back();
                }
        for (double& value : t) value *= separation_ / std::sqrt(squares);
        return t;
    }

    image_shape shape_;
    double separation_;
    std::vector<std::vector<double>> templates_;
};

}  // namespace xtn
