// SPDX-License-Identifier: BSD-3-Clause
// Loss and accuracy over a text, in consecutive windows.
#pragma once

#include <cstddef>
#include <span>

#include <xtn/train/thread_pool.hpp>

#include "model.hpp"

namespace picogpt {

struct evaluation {
    double loss = 0;      ///< nats per character
    double accuracy = 0;  ///< share of characters that are the likeliest prediction
    std::size_t windows = 0;
};

/// Consecutive windows of `context` characters that do not overlap, each predicting its next ones; a last partial window
/// is dropped. Bit-equal for any number of workers. Throws shape_error if there is not one window.
evaluation evaluate(const model<float>& m, std::span<const token> text, std::size_t context, xtn::thread_pool& pool);

}  // namespace picogpt
