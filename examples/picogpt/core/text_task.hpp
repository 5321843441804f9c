// SPDX-License-Identifier: BSD-3-Clause
// Text as a task: a PicoGPT learns from random windows of a text, which depend on seed and step alone, and is scored on
// consecutive ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/text_corpus.hpp>
#include <xtn/train/task.hpp>

#include "model.hpp"
#include "weights.hpp"

namespace picogpt {

/// Consecutive windows of a text that do not overlap, each predicting its next characters; a last partial one is dropped.
class scored_text {
public:
    using value_type = float;

    /// Throws shape_error where there is not one window of `context`.
    scored_text(picogpt::model<float> m, std::span<const token> text, std::size_t context)
        : model_(std::move(m)), text_(text), context_(context) {
        if (context == 0 || text.size() <= context)
            throw xtn::shape_error("evaluate: a window takes " + std::to_string(context) +
                                   " characters and the one after it, but the text has " + std::to_string(text.size()));
    }

    const picogpt::model<float>& model() const { return model_; }
    std::vector<xtn::any_operator<float>> operators() const { return model_.operators(); }
    std::size_t rows() const { return context_; }
    std::size_t validation_batches() const { return (text_.size() - 1) / context_; }
    xtn::micro_score validate(xtn::tape<float>& t, std::size_t w) const {
        const auto found = loss_of(t, text_, w * context_);
        return {static_cast<double>(found.mean.item()), context_, found.correct};
    }

protected:
    /// Of the window that begins there.
    xtn::nn::classification_loss<float> loss_of(xtn::tape<float>& t, std::span<const token> text,
                                                std::size_t first) const {
        return loss(model_, t, text.subspan(first, context_), text.subspan(first + 1, context_), context_);
    }

private:
    picogpt::model<float> model_;
    std::span<const token> text_;
    std::size_t context_;
};

/// What a run learns from and what it is scored on.
struct split {
    const xtn::vocabulary& characters;
    std::span<const token> train, validation;
    std::string origin;  ///< of the text, for messages

    /// The corpus's own split.
    split(const xtn::text_corpus& c)
        : characters(c.characters()), train(c.train()), validation(c.validation()), origin(c.origin()) {}
    split(const xtn::vocabulary& v, std::span<const token> learnt, std::span<const token> scored, std::string name)
        : characters(v), train(learnt), validation(scored), origin(std::move(name)) {}

    /// The training split in two, the last tenth to score on: choices made on it leave the validation split untouched.
    static split for_choices(const xtn::text_corpus& c) {
        const std::size_t cut = c.train().size() / 10 * 9;
        return {c.characters(), c.train().first(cut), c.train().subspan(cut), c.origin() + " (training split)"};
    }

    /// Throws io_error for a part that is shorter than a window.
    const split& with_room_for(std::size_t context) const {
        for (const auto part : {train, validation})
            if (part.size() <= context)
                throw xtn::io_error(origin + " is too short: a window takes " + std::to_string(context) +
                                    " characters and the one after it, but a split has " + std::to_string(part.size()));
        return *this;
    }
};

/// A model that learns from a split; the text must outlive it.
class text_task : public scored_text {
public:
    /// Throws io_error for a text that is shorter than a window.
    text_task(const picogpt::model<float>& m, const split& text)
        : scored_text(m, text.with_room_for(m.context()).validation, m.context()),
          train_(text.train),
          characters_(&text.characters) {}

    std::vector<xtn::named_parameter<float>> parameters() const { return model().parameters(); }
    void begin(std::uint64_t seed, std::uint64_t step, std::size_t batch) {
        xtn::random_stream random(seed, step + 1);  // stream 0 initialises the model
        windows_.resize(batch);
        for (std::size_t& w : windows_) w = static_cast<std::size_t>(random.uniform_index(train_.size() - rows()));
    }
    std::size_t micro_batches() const { return windows_.size(); }
    xtn::variable<float, 0> loss(xtn::tape<float>& t, std::size_t w) const {
        return loss_of(t, train_, windows_[w]).mean;
    }
    void describe(xtn::safetensors& file) const { describe_model(file, model(), *characters_); }

    std::size_t units(std::size_t batch) const { return batch * rows(); }
    static const char* unit() { return "tokens"; }

protected:
    /// Of window w of the step.
    std::span<const token> inputs(std::size_t w) const { return train_.subspan(windows_[w], rows()); }
    std::span<const token> targets(std::size_t w) const { return train_.subspan(windows_[w] + 1, rows()); }

private:
    std::span<const token> train_;
    const xtn::vocabulary* characters_;
    std::vector<std::size_t> windows_;  // where they begin
};

/// 65 characters at random, for programs that time a step.
inline xtn::text_corpus random_text() {
    xtn::random_stream random(2);
    std::string text(100'000, ' ');
    for (char& c : text) c = static_cast<char>(' ' + random.uniform_index(65));
    return xtn::text_corpus(text, "random text");
}

}  // namespace picogpt
