// SPDX-License-Identifier: BSD-3-Clause
#include "model.hpp"

template class xtn::nn::transformer<float>;
