// SPDX-License-Identifier: BSD-3-Clause
// Trains a PicoGPT on the training split of a corpus: AdamW with clipping, warm-up and cosine, over batches of random
// windows that depend on the seed and the step alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <xtn/io/text_corpus.hpp>
#include <xtn/train/thread_pool.hpp>

#include "../../common/run_record.hpp"
#include "evaluation.hpp"
#include "model.hpp"

namespace picogpt {

struct recipe {
    std::uint64_t steps = 2000;
    std::size_t batch = 32;       ///< windows per step
    double learning_rate = 3e-4;  ///< peak
    std::uint64_t warmup = 100;   ///< steps
    double beta1 = 0.9, beta2 = 0.95;
    double weight_decay = 0.1;  ///< on every parameter
    double clip = 1.0;          ///< of the global gradient norm
    std::uint64_t seed = 1;
    std::uint64_t evaluate_every = 250;
    std::uint64_t checkpoint_every = 100;
};

struct training_result {
    evaluation validation;
    double tokens_per_second = 0;  ///< of this process, evaluation and checkpoints left out
};

/// Trains and leaves in `directory`: <name>.safetensors (the weights), <name>.json (the record), and meanwhile
/// <name>.checkpoint.safetensors. With `resume`, goes on from the checkpoint if there is one and ends with the same bits
/// as an uninterrupted run. Throws numeric_error if loss or gradient stop being finite; the last checkpoint then holds
/// the last good state.
training_result train(const model<float>& m, const xtn::text_corpus& corpus, const recipe& r, xtn::thread_pool& pool,
                      const std::filesystem::path& directory, const std::string& name, examples::run_record& record,
                      bool resume);

}  // namespace picogpt
