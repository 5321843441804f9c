// SPDX-License-Identifier: BSD-3-Clause
#include "subspace.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <xtn/nn/subspace/basis.hpp>
#include <xtn/nn/subspace/fold.hpp>
#include <xtn/nn/subspace/project.hpp>
#include <xtn/nn/subspace/prune.hpp>

#include "training.hpp"

namespace picogpt {

namespace nn = xtn::nn;

const std::vector<std::string> subspace_names{"stacked", "balanced", "sensitive", "per_site", "coordinates", "random"};

subspace subspace_named(const std::string& name) {
    const auto found = std::ranges::find(subspace_names, name);
    if (found == subspace_names.end()) throw xtn::error("\"" + name + "\" is no subspace");
    return static_cast<subspace>(found - subspace_names.begin());
}

std::string reduced_shape::name() const {
    return "w" + std::to_string(width) + "-n" + std::to_string(neurons) + "-k" + std::to_string(keys) + "-v" +
           std::to_string(values);
}

reducible_model::reducible_model(const model<float>& m, std::span<const token> calibration, std::size_t windows)
    : folded_(nn::folded(m)),
      calibration_(calibration.first(std::min(calibration.size(), windows * m.context() + 1))),
      moments_(nn::moments_of(folded_, calibration, m.context(), windows)) {
    whole_.width = folded_.body().width();
    for (const auto& block : folded_.body().blocks())
        for (const auto& branch : block) {
            if (const auto* mix = branch.attention()) {
                whole_.keys = mix->spec().key_width / mix->spec().heads;
                whole_.values = mix->spec().value_width / mix->spec().heads;
            }
            if (const auto* feed = branch.ffn()) whole_.neurons = std::max(whole_.neurons, feed->spec().hidden);
        }
}

std::vector<xt::xtensor<double, 2>> reducible_model::bases(std::size_t r, subspace kind) const {
    using moments = nn::stream_moments;
    switch (kind) {
        case subspace::stacked: return {nn::principal_basis(moments::stacked(moments_.stream), r)};
        case subspace::balanced: return {nn::principal_basis(moments::balanced(moments_.stream), r)};
        case subspace::sensitive: return {nn::principal_basis(moments::balanced(moments_.sensitive), r)};
        case subspace::coordinates: return {nn::coordinate_basis(moments::stacked(moments_.stream), r)};
        case subspace::random: return {nn::random_basis(whole_.width, r, 1)};
        case subspace::per_site: break;
    }
    std::vector<xt::xtensor<double, 2>> each;
    for (const auto& site : moments_.stream) each.push_back(nn::principal_basis(site, r));
    return each;
}

double reducible_model::share_of_moment(std::size_t r, subspace kind) const {
    const auto q = bases(r, kind);
    double inside = 0, all = 0;
    for (std::size_t site = 0; site < moments_.stream.size(); ++site) {
        const auto& moment = moments_.stream[site];
        const double trace = xt::sum(xt::diagonal(moment))();
        inside += trace * nn::share_of_moment(moment, q[q.size() == 1 ? 0 : site]);
        all += trace;
    }
    return inside / all;
}

model<float> reducible_model::reduced(const reduced_shape& shape, subspace kind) const {
    const auto within = [](std::size_t n, std::size_t most, const char* what) {
        if (n == 0 || n > most)
            throw xtn::shape_error("reduced: the model has " + std::to_string(most) + " " + what + ", not " +
                                   std::to_string(n));
    };
    within(shape.width, whole_.width, "dimensions of its stream");
    within(shape.neurons, whole_.neurons, "neurons in a layer");
    within(shape.keys, whole_.keys, "dimensions of a head's keys");
    within(shape.values, whole_.values, "dimensions of a head's values");
    model<float> m = folded_;
    if (shape.keys < whole_.keys || shape.values < whole_.values)
        m = nn::with_heads(m, shape.keys, shape.values, &moments_);
    if (shape.neurons < whole_.neurons) m = nn::with_neurons(m, moments_, shape.neurons);
    return nn::projected(m, bases(shape.width, kind));
}

double reducible_model::calibration_loss(const model<float>& m, xtn::thread_pool& pool) const {
    return evaluate(m, calibration_, m.context(), pool).loss;
}

std::vector<reduced_shape> reducible_model::greedy_shapes(std::size_t parameters, subspace kind,
                                                          xtn::thread_pool& pool) const {
    struct measured {
        reduced_shape shape;
        double loss;
        std::size_t parameters;
    };
    const auto measure = [&](const reduced_shape& shape) -> measured {
        const model<float> m = reduced(shape, kind);
        return {shape, calibration_loss(m, pool), xtn::parameter_count(m.parameters())};
    };
    const auto less = [](std::size_t n, std::size_t step) { return n > step ? n - step : n; };
    const std::pair<std::size_t reduced_shape::*, std::size_t> parts[]{{&reduced_shape::width, 32},
                                                                       {&reduced_shape::neurons, 32},
                                                                       {&reduced_shape::keys, 16},
                                                                       {&reduced_shape::values, 16}};
    std::vector<reduced_shape> passed;
    for (measured at = measure(whole_); at.parameters > parameters;) {
        std::optional<measured> best;
        double best_price = 0;
        for (const auto& [part, steps] : parts) {
            reduced_shape next = at.shape;
            next.*part = less(next.*part, std::max<std::size_t>(1, whole_.*part / steps));
            if (next == at.shape) continue;
            const measured found = measure(next);
            if (found.parameters >= at.parameters) continue;
            const double price = (found.loss - at.loss) / static_cast<double>(at.parameters - found.parameters);
            if (!best || price < best_price) best = found, best_price = price;
        }
        if (!best)
            throw xtn::error("no smaller model than " + at.shape.name() + " with its " + std::to_string(at.parameters) +
                             " parameters was found on the way to " + std::to_string(parameters));
        at = *best;
        passed.push_back(at.shape);
    }
    return passed;
}

}  // namespace picogpt
