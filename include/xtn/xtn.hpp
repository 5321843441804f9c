// SPDX-License-Identifier: BSD-3-Clause
// xtn: expression-template tensor networks on xtensor and xtensor-blas. Everything but files (xtn/io.hpp) and training
// (xtn/train.hpp), from the bottom to the top.
#pragma once

// core and plan: networks, contraction orders and plans, as values
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/core/labels.hpp>
#include <xtn/core/network.hpp>
#include <xtn/plan/describe.hpp>
#include <xtn/plan/envelope.hpp>
#include <xtn/plan/graphviz.hpp>
#include <xtn/plan/path.hpp>
#include <xtn/plan/plan.hpp>
#include <xtn/plan/pullback.hpp>

// backend: the BLAS, its threads and kernels, random numbers
#include <xtn/backend/engine.hpp>
#include <xtn/backend/random.hpp>
#include <xtn/backend/threads.hpp>

// expr: lazy contractions on xtensor
#include <xtn/expr/assign.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/expr/jvp.hpp>
#include <xtn/expr/memory.hpp>
#include <xtn/expr/scalar_result.hpp>
#include <xtn/expr/tensor.hpp>

// ad: tape, variables, rules
#include <xtn/ad/check.hpp>
#include <xtn/ad/contract.hpp>
#include <xtn/ad/parameter.hpp>
#include <xtn/ad/rules.hpp>
#include <xtn/ad/tape.hpp>
#include <xtn/ad/variable.hpp>

// elementwise: fused expressions of variables, and their reductions
#include <xtn/ad/elementwise/expression.hpp>
#include <xtn/ad/elementwise/functions.hpp>
#include <xtn/ad/elementwise/operators.hpp>
#include <xtn/ad/elementwise/reductions.hpp>

// scheme, tt, op: factorised linear maps
#include <xtn/op/algebra.hpp>
#include <xtn/op/apply.hpp>
#include <xtn/op/basis.hpp>
#include <xtn/op/btt.hpp>
#include <xtn/op/cost.hpp>
#include <xtn/op/dense.hpp>
#include <xtn/op/description.hpp>
#include <xtn/op/diagonal.hpp>
#include <xtn/op/families.hpp>
#include <xtn/op/family.hpp>
#include <xtn/op/kronecker.hpp>
#include <xtn/op/low_rank.hpp>
#include <xtn/op/mpo.hpp>
#include <xtn/op/network.hpp>
#include <xtn/op/operator.hpp>
#include <xtn/op/reconstructed.hpp>
#include <xtn/op/relative_error.hpp>
#include <xtn/op/sharing.hpp>
#include <xtn/op/spectral.hpp>
#include <xtn/op/support.hpp>
#include <xtn/op/symmetric.hpp>
#include <xtn/op/tucker.hpp>
#include <xtn/scheme/balanced.hpp>
#include <xtn/scheme/padded.hpp>
#include <xtn/scheme/scheme.hpp>
#include <xtn/tt/algebra.hpp>
#include <xtn/tt/bonds.hpp>
#include <xtn/tt/chain.hpp>
#include <xtn/tt/lanczos.hpp>
#include <xtn/tt/mpo.hpp>
#include <xtn/tt/mps.hpp>
#include <xtn/tt/qr.hpp>
#include <xtn/tt/randomized_svd.hpp>
#include <xtn/tt/shared_centre.hpp>
#include <xtn/tt/svd.hpp>
#include <xtn/tt/truncation.hpp>
#include <xtn/tt/tt_svd.hpp>

// init: initialisation by the variance of the matrix
#include <xtn/init/normal.hpp>
#include <xtn/init/structure.hpp>

// nn: differentiable layers
#include <xtn/nn/activation.hpp>
#include <xtn/nn/attention.hpp>
#include <xtn/nn/cross_entropy.hpp>
#include <xtn/nn/embedding.hpp>
#include <xtn/nn/group_norm.hpp>
#include <xtn/nn/kernel_attention.hpp>
#include <xtn/nn/layer_norm.hpp>
#include <xtn/nn/linear.hpp>
#include <xtn/nn/linear_attention.hpp>
#include <xtn/nn/positions.hpp>
#include <xtn/nn/rms_norm.hpp>
#include <xtn/nn/sampling.hpp>
#include <xtn/nn/softmax.hpp>
#include <xtn/nn/subspace.hpp>
#include <xtn/nn/transformer/decoder.hpp>
#include <xtn/nn/transformer/transformer.hpp>
#include <xtn/nn/windowed_attention.hpp>

/// @namespace xtn
/// The library: contractions, plans, gradients, operators, files and training.
/// @namespace xtn::tt
/// Chains of run-time length (matrix product states and operators), their algebra, and decompositions.
/// @namespace xtn::nn
/// Differentiable layers.
