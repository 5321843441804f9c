// SPDX-License-Identifier: BSD-3-Clause
// Whatever the text, a description is read or refused by an io_error, and what was read is written and read again as the
// same; what is made of it says that it is that, or is refused by an xtn::error.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/operator_description.hpp>
#include <xtn/op/families.hpp>

namespace {

/// Numbers of more than three digits only take time and memory.
bool is_small(std::string_view text) {
    std::size_t digits = 0;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return (digits = c >= '0' && c <= '9' ? digits + 1 : 0) <= 3; });
}

/// As a file does it: a parameter is small, or not there.
xtn::parameter<float> small(const std::string& name, const std::vector<std::size_t>& shape) {
    std::size_t left = 1000;
    for (const std::size_t e : shape) left = e > left ? 0 : left / std::max<std::size_t>(e, 1);
    if (left == 0) throw xtn::error("no " + name);
    return xtn::parameter<float>(shape);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    xtn::operator_description d;
    try {
        d = xtn::operator_description_from(text, "fuzz");
    } catch (const xtn::io_error&) {
        return 0;
    }
    if (xtn::operator_description_from(xtn::to_text(d), "fuzz") != d) std::abort();
    if (!is_small(text)) return 0;
    try {
        const xtn::any_operator<float> op = xtn::library_families<float>().make(d, small);
        if (op.out() * op.in() < 10000) op.to_dense();
        if (xtn::library_families<float>().make(op.description(), small).description() != op.description())
            std::abort();
    } catch (const xtn::error&) {
    }
    return 0;
}
