// SPDX-License-Identifier: BSD-3-Clause
// A small task: points of 64 random coordinates, of which the first three say the class; an MPO that is worth reconstructing, a
// matrix, biases. Micro-batches of 16 points; 40 points to score, so the last of their micro-batches is smaller.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

namespace test {

class points_task {
public:
    using value_type = double;

    explicit points_task(double sigma = 0.2)
        : first_(xtn::mpo<double, xtn::scheme<xtn::sites<4, 4, 4>, xtn::sites<4, 4, 4>>>(16),
                 xtn::parameter<double>(std::vector<std::size_t>{64})),
          second_(xtn::dense<double>(3, 64), xtn::parameter<double>(std::vector<std::size_t>{3})) {
        xtn::random_stream random(1);
        for (const auto& op : operators()) xtn::init_normal(op, sigma, random);
        draw(random, 40, validation_);
    }

    std::vector<xtn::any_operator<double>> operators() const { return {first_.weight(), second_.weight()}; }
    std::vector<xtn::named_parameter<double>> parameters() const {
        std::vector<xtn::named_parameter<double>> all;
        xtn::nn::append(all, "first", first_.parameters());
        xtn::nn::append(all, "second", second_.parameters());
        return all;
    }
    std::size_t rows() const { return 16; }
    std::size_t validation_batches() const { return validation_.size(); }
    xtn::micro_score validate(xtn::tape<double>& t, std::size_t b) const {
        const auto found = loss_of(t, validation_.at(b));
        return {found.mean.item(), validation_[b].classes.size(), found.correct};
    }
    void begin(std::uint64_t seed, std::uint64_t step, std::size_t batch) {
        xtn::random_stream random(seed, step + 1);
        draw(random, batch, batch_);
    }
    std::size_t micro_batches() const { return batch_.size(); }
    xtn::variable<double, 0> loss(xtn::tape<double>& t, std::size_t b) const { return loss_of(t, batch_.at(b)).mean; }
    void describe(xtn::safetensors& file) const { file.metadata()["task"] = "points"; }

private:
    struct points {
        xt::xtensor<double, 2> at;
        std::vector<int> classes;
    };
    static void draw(xtn::random_stream& random, std::size_t count, std::vector<points>& all) {
        all.clear();
        for (std::size_t first = 0; first < count; first += 16) {
            const std::size_t n = std::min<std::size_t>(16, count - first);
            points p{xt::xtensor<double, 2>(std::array<std::size_t, 2>{n, 64}), {}};
            random.fill_normal(std::span<double>(p.at.data(), p.at.size()), 1.0);
            for (std::size_t i = 0; i < n; ++i) {
                const double* x = &p.at(i, 0);
                p.classes.push_back(static_cast<int>(std::max_element(x, x + 3) - x));
            }
            all.push_back(p);
        }
    }
    xtn::nn::classification_loss<double> loss_of(xtn::tape<double>& t, const points& p) const {
        return xtn::nn::cross_entropy(second_(xtn::nn::relu(first_(t.constant(p.at)))),
                                      std::span<const int>(p.classes));
    }

    xtn::nn::linear<double> first_, second_;
    std::vector<points> validation_, batch_;
};
static_assert(xtn::training_task<points_task>);

/// All parameters, one after the other.
inline std::vector<double> values_of(const points_task& task) {
    std::vector<double> all;
    for (const auto& p : task.parameters()) all.insert(all.end(), p.value.values().begin(), p.value.values().end());
    return all;
}

}  // namespace test
