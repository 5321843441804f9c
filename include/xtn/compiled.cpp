// SPDX-License-Identifier: BSD-3-Clause
// What xtn::compiled compiles once: planning and running contractions and their gradients, networks of any size among them,
// for every scalar type. The other translation units only declare them, and compile in a part of the time.
#define XTN_COMPILE
#include <xtn/ad/contract.hpp>
#include <xtn/graph/gradient.hpp>
