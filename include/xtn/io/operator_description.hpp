// SPDX-License-Identifier: BSD-3-Clause
// What an operator is as text, for the metadata of its file: JSON, where what is empty is not written.
//
//     {"family": "product", "operands": [{"family": "low_rank", "settings": {"in": "4", "out": "6", "rank": "2"}},
//                                        {"family": "low_rank", "settings": {"in": "6", "out": "4", "rank": "2"}}],
//      "shared": {"right.right": "left.left"}}
#pragma once

#include <string>
#include <string_view>

#include <xtn/core/inline.hpp>
#include <xtn/op/description.hpp>

namespace xtn {

/// A description as JSON in one line.
XTN_INLINE std::string to_text(const operator_description& d);

/// The description that a text says, with `origin` for messages. Throws io_error for a text that is none; whether there is
/// such an operator shows when it is made.
XTN_INLINE operator_description operator_description_from(std::string_view text, const std::string& origin);

}  // namespace xtn

#if XTN_DEFINE
#include <xtn/io/json/operator_description.hpp>
#endif
