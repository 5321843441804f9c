// SPDX-License-Identifier: BSD-3-Clause
// Networks of any number of arrays.
#pragma once

#include <pybind11/pybind11.h>

/// cotengra's einsum: a label string or arrays that alternate with lists of labels.
pybind11::object contract_network(const pybind11::args& arguments, const pybind11::object& optimize,
                                  bool strip_exponent);
