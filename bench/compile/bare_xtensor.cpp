// SPDX-License-Identifier: BSD-3-Clause
// The baseline: xtensor alone, one expression.
#include <xtn/backend/xtensor.hpp>

xt::xtensor<float, 2> evaluate(const xt::xtensor<float, 2>& x, const xt::xtensor<float, 2>& w) { return x + 2.0f * w; }
