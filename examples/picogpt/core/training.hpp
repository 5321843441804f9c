// SPDX-License-Identifier: BSD-3-Clause
// Trains a PicoGPT on the training split of a corpus: AdamW with clipping, warm-up and cosine, over batches of random
// windows that depend on the seed and the step alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include <xtn/io/text_corpus.hpp>
#include <xtn/train/thread_pool.hpp>

#include "../../common/run_record.hpp"
#include "evaluation.hpp"
#include "model.hpp"
#include "recipe.hpp"

namespace picogpt {

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
};

struct training_result {
    evaluation validation;
    double tokens_per_second = 0;  ///< of this process, evaluation and checkpoints left out
};

/// Trains until the recipe's last step, or its stop, and leaves in `directory`: <name>.safetensors (the weights),
/// <name>.json (the record), and meanwhile <name>.checkpoint.safetensors. With `resume`, goes on from the checkpoint if
/// there is one and ends with the same bits as an uninterrupted run. Throws io_error for a text that is shorter than a
/// window, numeric_error if loss or gradient stop being finite; the last checkpoint then holds the last good state.
training_result train(const model<float>& m, const split& text, const recipe& r, xtn::thread_pool& pool,
                      const std::filesystem::path& directory, const std::string& name, examples::run_record& record,
                      bool resume);

}  // namespace picogpt
