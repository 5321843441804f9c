// SPDX-License-Identifier: BSD-3-Clause
// A PicoGPT in training on random windows, for programs that time a step.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <xtn/train.hpp>

#include "model.hpp"

namespace picogpt {

/// Owns everything that a step of training needs but the threads.
class trainee {
public:
    /// A step takes `windows` windows of the model's context.
    trainee(model<float> m, std::size_t windows, xtn::thread_pool& pool)
        : model_(std::move(m)),
          store_(model_.parameters()),
          parallel_(store_, model_.operators(), pool),
          optimizer_(store_.size(), {}, 0.1),
          windows_(windows),
          text_(windows * (model_.context() + 1)) {
        xtn::random_stream random(2);
        for (token& t : text_) t = static_cast<token>(random.uniform_index(model_.classes()));
    }

    /// Gradient and AdamW.
    void step() {
        const std::size_t context = model_.context();
        parallel_.gradient(windows_, context, [&](xtn::tape<float>& t, std::size_t w) {
            const auto window = std::span<const token>(text_).subspan(w * (context + 1), context + 1);
            return loss(model_, t, window.first(context), window.last(context), context).mean;
        });
        const double norm = xtn::global_norm(std::span<const float>(parallel_.gradients()));
        optimizer_.step(store_.values(), parallel_.gradients(), 1e-4, xtn::clip_factor(norm, 1.0));
    }

private:
    model<float> model_;
    xtn::parameter_store<float> store_;
    xtn::data_parallel<float> parallel_;
    xtn::adamw<float> optimizer_;
    std::size_t windows_;
    std::vector<token> text_;
};

}  // namespace picogpt
