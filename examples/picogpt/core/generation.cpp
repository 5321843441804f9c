// SPDX-License-Identifier: BSD-3-Clause
#include "generation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace picogpt {

generator::generator(const model<float>& m, std::size_t sequences)
    : model_(m),
      sequences_(sequences),
      states_(m.shape().layers, {sequences, m.attention().state_size(m.shape().dim, m.shape().dim, m.shape().context),
                                 m.shape().context}),
      logits_(sequences * m.shape().vocabulary) {}

std::span<const float> generator::feed(std::span<const token> next) {
    if (next.size() != sequences_)
        throw xtn::shape_error("generate: there are " + std::to_string(sequences_) + " sequences, but " +
                               std::to_string(next.size()) + " characters to go on with");
    for (const token t : next)
        if (t >= model_.shape().vocabulary)
            throw xtn::shape_error("generate: token " + std::to_string(t) + " is not among the " +
                                   std::to_string(model_.shape().vocabulary) + " of the model");
    if (position_ == model_.shape().context) {
        const std::size_t kept = position_ - (position_ / 2 + 1);
        const std::vector<token> later(seen_.end() - static_cast<std::ptrdiff_t>(kept * sequences_), seen_.end());
        seen_.clear();
        position_ = 0;
        for (auto& state : states_) state.restart();
        for (std::size_t p = 0; p < kept; ++p) advance(std::span(later).subspan(p * sequences_, sequences_));
    }
    advance(next);
    return logits_;
}

void generator::advance(std::span<const token> next) {
    using xtn::variable;
    const model_shape& shape = model_.shape();
    const std::size_t d = shape.dim;
    tape_.clear();
    const xtn::no_gradient none(tape_);
    std::vector<float> rows(sequences_ * d);
    for (std::size_t s = 0; s < sequences_; ++s) {
        const float* embedded = model_.embedding().table().data() + next[s] * d;
        std::transform(embedded, embedded + d, model_.positions().table().data() + position_ * d, rows.data() + s * d,
                       std::plus<>());
    }
    variable<float, 2> x = tape_.constant<2>(rows.data(), {sequences_, d});
    for (std::size_t l = 0; l < shape.layers; ++l) {
        const auto& b = model_.blocks()[l];
        const auto [q, k, v] = b.queries_keys_values(b.ln1(x));
        x = x + b.output(model_.attention()(q, k, v, states_[l]));
        states_[l].advance(1);
        x = x + b.down(xtn::nn::relu(b.up(b.ln2(x))));
    }
    const variable<float, 2> logits = model_.head()(model_.final_norm()(x));
    std::copy_n(logits.data(), logits.size(), logits_.begin());
    seen_.insert(seen_.end(), next.begin(), next.end());
    ++position_;
}

token sample(std::span<const float> logits, const sampling& how, xtn::random_stream& random) {
    std::vector<token> order(logits.size());
    std::iota(order.begin(), order.end(), token{0});
    const std::size_t kept = how.temperature == 0 ? 1
                             : how.top_k == 0     ? order.size()
                                                  : std::min(how.top_k, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                      [&](token a, token b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
    if (kept == 1) return order[0];
    std::vector<double> weight(kept);
    for (std::size_t i = 0; i < kept; ++i)
        weight[i] =
            std::exp((static_cast<double>(logits[order[i]]) - static_cast<double>(logits[order[0]])) / how.temperature);
    double left = random.uniform() * std::accumulate(weight.begin(), weight.end(), 0.0);
    std::size_t i = 0;
    while (i + 1 < kept && left >= weight[i]) left -= weight[i++];
    return order[i];
}

std::vector<token> generate(const model<float>& m, std::span<const token> prompt, std::size_t count,
                            const sampling& how, xtn::random_stream& random) {
    if (prompt.empty()) throw xtn::shape_error("generate: the prompt needs at least one character");
    generator g(m);
    std::span<const float> logits;
    for (const token t : prompt) logits = g.feed(t);
    std::vector<token> text;
    while (text.size() < count) {
        text.push_back(sample(logits, how, random));
        if (text.size() < count) logits = g.feed(text.back());
    }
    return text;
}

}  // namespace picogpt
