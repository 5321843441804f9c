// SPDX-License-Identifier: BSD-3-Clause
// A model whose attention was exchanged learns from text, and, if it is to, from the model that it was made from (RADLADS,
// arXiv 2505.03005), in three thirds of its steps:
//
//     aligned      the mean square of what its attention layers make of the teacher's rows, less what the teacher's make of them
//     distilled    the cross-entropy of the teacher's distribution over the next character
//     next token   the cross-entropy of the next character
//
// By next tokens alone it is text_task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "text_task.hpp"

namespace picogpt {

/// A text_task with a teacher.
class converted_task : public text_task {
public:
    /// `steps` are those of the whole training. Without a teacher every step is one of next tokens.
    converted_task(const picogpt::model<float>& m, const split& text, std::optional<picogpt::model<float>> teacher,
                   std::uint64_t steps)
        : text_task(m, text), teacher_(std::move(teacher)), steps_(steps) {}

    void begin(std::uint64_t seed, std::uint64_t step, std::size_t batch) {
        text_task::begin(seed, step, batch);
        third_ = teacher_ ? 3 * step / steps_ : 2;
    }
    xtn::variable<float, 0> loss(xtn::tape<float>& t, std::size_t w) const {
        if (third_ == 0) return misalignment(t, inputs(w));
        return third_ == 1 ? distance(t, inputs(w), targets(w)) : text_task::loss(t, w);
    }

private:
    using matrix = xtn::variable<float, 2>;

    xtn::variable<float, 0> misalignment(xtn::tape<float>& t, std::span<const token> text) const {
        const std::size_t time = text.size();
        matrix x = [&] {
            const xtn::no_gradient<float> given(t);
            return teacher_->input()(t, text, time);
        }();
        std::optional<xtn::variable<float, 0>> sum;
        for (std::size_t b = 0; b < model().body().blocks().size(); ++b) {
            const auto &own = model().body().blocks()[b], &taught = teacher_->body().blocks()[b];
            for (std::size_t k = 0; k < own.size(); ++k) {
                const auto& branch = taught[k];
                const auto [read, wanted, next] = [&] {
                    const xtn::no_gradient<float> given(t);
                    const matrix seen = branch.place == xtn::nn::norm_place::before ? branch.norm(x) : x;
                    const auto* mix = branch.attention();
                    return std::tuple(seen, mix != nullptr ? (*mix)(seen, time) : seen, branch(x, time));
                }();
                if (const auto* mix = own[k].attention()) {
                    const matrix less = (*mix)(read, time) - wanted;
                    const auto square = (1.0f / static_cast<float>(less.size())) * xtn::einsum<"rc,rc->">(less, less);
                    sum = sum ? *sum + square : square;
                }
                x = next;
            }
        }
        return *sum;
    }
    /// Cross-entropy with the teacher's probabilities p: that with the next token, plus <e - p, logits> of its row e of the
    /// identity.
    xtn::variable<float, 0> distance(xtn::tape<float>& t, std::span<const token> text,
                                     std::span<const token> next) const {
        const matrix less = [&] {
            const xtn::no_gradient<float> given(t);
            return -xtn::nn::softmax(teacher_->logits(t, text, text.size()));
        }();
        for (std::size_t r = 0; r < next.size(); ++r) less.data()[r * less.shape()[1] + next[r]] += 1;
        const matrix logits = model().logits(t, text, text.size());
        const float share = 1.0f / static_cast<float>(next.size());
        return xtn::nn::cross_entropy(logits, next).mean + share * xtn::einsum<"rc,rc->">(less, logits);
    }

    std::optional<picogpt::model<float>> teacher_;
    std::uint64_t steps_, third_ = 2;
};

}  // namespace picogpt
