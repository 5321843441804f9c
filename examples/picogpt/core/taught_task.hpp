// SPDX-License-Identifier: BSD-3-Clause
// Text as a task for a model whose attention was exchanged, and which learns from the model that it was (RADLADS, arXiv 2505.03005).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "text_task.hpp"

namespace picogpt {

/// What a student learns of its teacher.
enum class lesson {
    alignment,  ///< the mean square of what its attention layers make of the teacher's rows, less what the teacher's make of them
    distillation  ///< the cross-entropy of the teacher's distribution over the next character
};

/// A text_task whose loss a teacher gives.
class taught_task : public text_task {
public:
    /// The teacher has the student's form but for its attention.
    taught_task(const picogpt::model<float>& student, const split& text, picogpt::model<float> teacher, lesson what)
        : text_task(student, text), teacher_(std::move(teacher)), lesson_(what) {}

    xtn::variable<float, 0> loss(xtn::tape<float>& t, std::size_t w) const {
        return lesson_ == lesson::alignment ? misalignment(t, inputs(w)) : distance(t, inputs(w), targets(w));
    }

private:
    using matrix = xtn::variable<float, 2>;

    xtn::variable<float, 0> misalignment(xtn::tape<float>& t, std::span<const token> text) const {
        const std::size_t time = text.size();
        matrix x = given(t, [&] { return teacher_.input()(t, text, time); });
        std::optional<xtn::variable<float, 0>> sum;
        for (std::size_t b = 0; b < model().body().blocks().size(); ++b) {
            const auto &own = model().body().blocks()[b], &taught = teacher_.body().blocks()[b];
            for (std::size_t k = 0; k < own.size(); ++k) {
                const auto& branch = taught[k];
                const auto* mix = branch.attention();
                if (mix == nullptr) {
                    x = given(t, [&] { return branch(x, time); });
                    continue;
                }
                const matrix read = given(t, [&] { return branch.read(x); });
                const matrix wanted = given(t, [&] { return (*mix)(read, time); });
                const xtn::variable<float, 0> error = xtn::mean(square((*own[k].attention())(read, time) - wanted));
                sum = sum ? *sum + error : error;
                x = given(t, [&] { return branch.joined(branch.kept(x), wanted); });
            }
        }
        return *sum;
    }
    /// Cross-entropy with the teacher's probabilities p: that with the next token, plus <e - p, logits> of its row e of the
    /// identity.
    xtn::variable<float, 0> distance(xtn::tape<float>& t, std::span<const token> text,
                                     std::span<const token> next) const {
        const matrix less = given(t, [&] { return -xtn::nn::softmax(teacher_.logits(t, text, text.size())); });
        for (std::size_t r = 0; r < next.size(); ++r) less.data()[r * less.shape()[1] + next[r]] += 1;
        const matrix logits = model().logits(t, text, text.size());
        const float share = 1.0f / static_cast<float>(next.size());
        return xtn::nn::cross_entropy(logits, next).mean + share * xtn::einsum<"rc,rc->">(less, logits);
    }
    /// What the teacher makes is not differentiated.
    template <class F>
    static matrix given(xtn::tape<float>& t, F f) {
        const xtn::no_gradient<float> values_only(t);
        return f();
    }

    picogpt::model<float> teacher_;
    lesson lesson_;
};

}  // namespace picogpt
