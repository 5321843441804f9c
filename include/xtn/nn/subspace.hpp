// SPDX-License-Identifier: BSD-3-Clause
// A smaller hidden size after training: see nn/subspace/.
#pragma once

#include <xtn/nn/subspace/basis.hpp>
#include <xtn/nn/subspace/fold.hpp>
#include <xtn/nn/subspace/moments.hpp>
#include <xtn/nn/subspace/project.hpp>
#include <xtn/nn/subspace/prune.hpp>
