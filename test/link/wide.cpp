// SPDX-License-Identifier: BSD-3-Clause
#include "vectors.hpp"

bool wide_vectors_work(std::size_t& lanes) {
    lanes = xtn::backend::lanes<float>;
    return vectors_work();
}
