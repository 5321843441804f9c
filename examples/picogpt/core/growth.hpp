// SPDX-License-Identifier: BSD-3-Clause
// Growing the bonds of a model while it trains: the checkpoint of a run becomes that of the same map with larger bonds,
// and training goes on from there.
#pragma once

#include <filesystem>

#include "model.hpp"

namespace picogpt {

/// Replaces the checkpoint of `small` by one of `large`, a model of the same layers in the same sites whose bonds are no
/// smaller. Layers keep their matrices (xtn::tt::grow_bonds); AdamW's moments keep their places and are zero where
/// entries are new; the step stays. `large` is left with the new values. Throws io_error for a file that is no such
/// checkpoint, shape_error where the models do not fit.
void grow_checkpoint(const std::filesystem::path& checkpoint, const model<float>& small, const model<float>& large,
                     const xtn::vocabulary& characters, xtn::random_stream& random);

}  // namespace picogpt
