// SPDX-License-Identifier: BSD-3-Clause
// Smaller models from a trained PicoGPT without training: folded, the stream cut to a subspace, neurons and dimensions of heads
// left out, all by second moments over calibration text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/nn/subspace/moments.hpp>
#include <xtn/train/thread_pool.hpp>

#include "model.hpp"

namespace picogpt {

/// How much is kept.
struct reduced_shape {
    std::size_t width = 0, neurons = 0, keys = 0, values = 0;  ///< of the stream, a feed-forward layer, a head

    /// "w72-n512-k32-v32"
    std::string name() const;
    bool operator==(const reduced_shape&) const = default;
};

/// Which subspace the stream is cut to.
enum class subspace {
    stacked,      ///< eigenvectors of all sites' second moment (TCSP)
    balanced,     ///< the same where each site counts alike
    sensitive,    ///< rows weighed by the loss's gradient
    per_site,     ///< eigenvectors of each site's, with maps between sites (SP3, SliceGPT)
    coordinates,  ///< those with the largest second moment
    random
};
/// In the order of `subspace`.
extern const std::vector<std::string> subspace_names;
/// One of them. Throws xtn::error for another name.
subspace subspace_named(const std::string& name);

/// A folded PicoGPT and what calibration text says of it.
class reducible_model {
public:
    /// Windows of the model's context from the beginning of the text. Throws as xtn::nn::folded and moments_of do.
    reducible_model(const model<float>& m, std::span<const token> calibration, std::size_t windows);

    const model<float>& folded() const { return folded_; }
    const xtn::nn::stream_moments& moments() const { return moments_; }
    /// Nothing left out.
    const reduced_shape& whole() const { return whole_; }

    /// The share of the stream's second moment, all sites together, that subspaces of r dimensions hold.
    double share_of_moment(std::size_t r, subspace kind) const;

    /// The model of that shape. Throws shape_error beyond the whole.
    model<float> reduced(const reduced_shape& shape, subspace kind) const;

    /// The mean loss of a model on the calibration windows.
    double calibration_loss(const model<float>& m, xtn::thread_pool& pool) const;

    /// The shapes that a greedy search passes: each step takes what costs least loss on the calibration windows for a
    /// parameter less, of a 32nd of the width or the neurons, a 16th of the keys or values of a head, until at most
    /// `parameters` are left. Validation text is not read.
    std::vector<reduced_shape> greedy_shapes(std::size_t parameters, subspace kind, xtn::thread_pool& pool) const;

private:
    std::vector<xt::xtensor<double, 2>> bases(std::size_t r, subspace kind) const;

    model<float> folded_;
    std::span<const token> calibration_;
    xtn::nn::stream_moments moments_;
    reduced_shape whole_;
};

}  // namespace picogpt
