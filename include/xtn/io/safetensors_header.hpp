// SPDX-License-Identifier: BSD-3-Clause
// The JSON header of a safetensors file,
//
//     {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...,
//      "__metadata__": {"key": "value", ...}}
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/core/inline.hpp>
#include <xtn/io/dtype.hpp>
#include <xtn/io/stored_tensor.hpp>

namespace xtn::detail {

/// What the header says of one tensor; its shape and dtype take exactly the bytes [begin, end) of the data.
struct safetensors_entry {
    std::string name;
    dtype type;
    tensor_shape shape;
    std::size_t begin, end;
};

struct safetensors_header {
    std::vector<safetensors_entry> entries;
    std::map<std::string, std::string> metadata;
};

/// What a header says. Throws io_error, with `origin` before the message, for a text that is none.
XTN_INLINE safetensors_header parse_safetensors_header(std::string_view text, const std::string& origin);

}  // namespace xtn::detail

#if XTN_DEFINE
#include <xtn/io/json/safetensors_header.hpp>
#endif
