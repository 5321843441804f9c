// SPDX-License-Identifier: BSD-3-Clause
// Reference tensors.
#pragma once

#include <xtn/io/safetensors.hpp>

#include "common.hpp"
#include "xtn_paths.hpp"

inline xtn::safetensors reference(const std::string& name) {
    return xtn::load_safetensors(std::string(XTN_TEST_DATA) + "/" + name + ".safetensors");
}

inline matrix read(const xtn::safetensors& file, const std::string& name) {
    matrix m(std::array<std::size_t, 2>{file.shape(name)[0], file.shape(name)[1]});
    file.read_into<double>(name, std::span<double>(m.data(), m.size()), file.shape(name));
    return m;
}
