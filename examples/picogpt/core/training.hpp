// SPDX-License-Identifier: BSD-3-Clause
// Trains and scores PicoGPTs on text; compiled once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "../../common/training.hpp"
#include "text_task.hpp"

namespace picogpt {

/// examples::train of a text_task.
examples::trained train(const model<float>& m, const split& text, const xtn::training_plan& plan,
                        xtn::thread_pool& pool, const std::filesystem::path& directory, const std::string& name,
                        examples::run_record& record, bool resume);

/// xtn::evaluate of a scored_text.
xtn::evaluation evaluate(const model<float>& m, std::span<const token> text, std::size_t context,
                         xtn::thread_pool& pool);

}  // namespace picogpt

extern template class xtn::trainer<picogpt::text_task, examples::team>;  // training.cpp
