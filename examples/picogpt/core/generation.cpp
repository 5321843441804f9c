// SPDX-License-Identifier: BSD-3-Clause
#include "generation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace picogpt {

generator::generator(const model<float>& m, std::size_t sequences)
    : model_(m),
      sequences_(sequences),
      keys_(m.shape().layers),
      values_(m.shape().layers),
      logits_(sequences * m.shape().vocabulary) {
    for (std::size_t l = 0; l < m.shape().layers; ++l) {
        keys_[l].resize(sequences * m.shape().context * m.shape().dim);
        values_[l].resize(keys_[l].size());
    }
}

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
        for (std::size_t p = 0; p < kept; ++p) advance(std::span(later).subspan(p * sequences_, sequences_));
    }
    advance(next);
    return logits_;
}

void generator::advance(std::span<const token> next) {
    using xtn::variable;
    const model_shape& shape = model_.shape();
    const std::size_t d = shape.dim, history = shape.context * d;
    tape_.clear();
    std::vector<float> rows(sequences_ * d);
    for (std::size_t s = 0; s < sequences_; ++s) {
        const float* embedded = model_.embedding().table().data() + next[s] * d;
        std::transform(embedded, embedded + d, model_.embedding().positions().data() + position_ * d,
                       rows.data() + s * d, std::plus<>());
    }
    variable<float, 2> x = tape_.constant<2>(rows.data(), {sequences_, d});
    for (std::size_t l = 0; l < shape.layers; ++l) {
        const auto& b = model_.blocks()[l];
        const auto [q, k, v] = b.queries_keys_values(b.ln1(x));
        const variable<float, 2> y = tape_.result<2>({sequences_, d}, false);
        for (std::size_t s = 0; s < sequences_; ++s) {
            float *keys = keys_[l].data() + s * history, *values = values_[l].data() + s * history;
            std::copy_n(k.data() + s * d, d, keys + position_ * d);
            std::copy_n(v.data() + s * d, d, values + position_ * d);
            model_.attention().decode(q.data() + s * d, keys, values, shape.heads, d / shape.heads, position_ + 1,
                                      y.data() + s * d);
        }
        x = x + b.output(y);
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
