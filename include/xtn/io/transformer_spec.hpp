// SPDX-License-Identifier: BSD-3-Clause
// The spec of a transformer as text, for the metadata of its file: JSON, where what has its default is not written and
// equal blocks that follow each other are one that says how often:
//
//     {"input": {"tokens": {"vocabulary": 65}, "context": 256},
//      "body": {"width": 128, "blocks": [{"times": 4, "branches": [{"attention": {"heads": 4}},
//                                                                  {"feed_forward": {"hidden": 512}}]}]},
//      "output": {"classes": 65}}
#pragma once

#include <string>
#include <string_view>

#include <xtn/core/inline.hpp>
#include <xtn/nn/transformer/spec.hpp>

namespace xtn {

/// A spec as JSON in one line.
XTN_INLINE std::string to_text(const nn::transformer_spec& spec);

/// The spec that a text says, with `origin` for messages. Throws io_error for a text that is none; whether its widths fit
/// together shows when the transformer is made.
XTN_INLINE nn::transformer_spec transformer_spec_from(std::string_view text, const std::string& origin);

}  // namespace xtn

#if XTN_DEFINE
#include <xtn/io/json/transformer_spec.hpp>
#endif
