// SPDX-License-Identifier: BSD-3-Clause
// What xtn::compiled compiles once: planning and running contractions and their gradients, networks of any size among them,
// for every scalar type; directions of random features; and, where nlohmann-json is, what is read and written as JSON. The
// other translation units only declare them, and compile in a part of the time.
#define XTN_COMPILE
#include <xtn/ad/contract.hpp>
#include <xtn/graph/gradient.hpp>
#include <xtn/nn/directions.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <xtn/io/networks.hpp>
#include <xtn/io/operator_description.hpp>
#include <xtn/io/safetensors_index.hpp>
#include <xtn/io/safetensors_writer.hpp>
#include <xtn/io/transformer_spec.hpp>
#endif
