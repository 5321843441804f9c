// SPDX-License-Identifier: BSD-3-Clause
// A tensor network as a value: which labels each operand carries and which the result keeps. Every algorithm of xtn is
// an ordinary (constexpr) function over this value, at compile time and at run time alike.
//
// The notation is that of numpy.einsum without the ellipsis: letters are labels, commas part the operands, blanks do
// not count. A label repeated in one operand takes its diagonal, a label missing from the output is summed, a label
// that operands share and the output keeps is a batch label. Without "->" the output is the labels that occur exactly
// once, in alphabetical order (capital letters first).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <xtn/core/error.hpp>
#include <xtn/core/labels.hpp>

namespace xtn {

/// The labels of a network's operands and of its output. Made by make_network() or, at compile time, parse_labels().
struct network {
    std::array<axes, max_operands> operand{};  ///< labels of operand 0, 1, ...; numbered by first use
    axes output{};
    std::uint8_t operands = 0;
    std::uint8_t labels = 0;
    std::array<char, max_labels> name{};  ///< how each label is printed

    friend constexpr bool operator==(const network&, const network&) = default;
};

/// What can be wrong with a label string.
enum class label_error : std::uint8_t {
    none,
    not_a_letter,
    broken_arrow,
    too_many_operands,
    too_many_axes,
    output_repeats,
    output_unknown,
};

/// The sentence that messages have for it.
constexpr std::string_view explain(label_error e) {
    switch (e) {
        case label_error::none: return "the labels are well-formed";
        case label_error::not_a_letter: return "labels are single letters a-z and A-Z; commas part the operands";
        case label_error::broken_arrow: return "the output is introduced by one arrow '->'";
        case label_error::too_many_operands: return "a network has at most 16 operands";
        case label_error::too_many_axes: return "an operand or the output has at most 32 axes";
        case label_error::output_repeats: return "a label occurs twice in the output";
        case label_error::output_unknown: return "a label of the output occurs in no operand";
    }
    return "";
}

/// A parsed label string; `network` is meaningful only without an error. `position` is where in the string it failed.
struct parsed_labels {
    xtn::network network{};
    label_error error = label_error::none;
    std::size_t position = 0;
};

/// The network of a label string, or what is wrong with it; at compile time and at run time.
constexpr parsed_labels parse_labels(std::string_view text) {
    parsed_labels result;
    network& net = result.network;
    const auto fail = [&](label_error e, std::size_t at) {
        result.error = e;
        result.position = at;
        return result;
    };
    std::array<label, 128> number{};  // of a letter, counted from 1
    std::array<std::uint8_t, 128> uses{};
    bool has_arrow = false;
    net.operands = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == ' ') continue;
        if (c == '-') {
            if (has_arrow || i + 1 == text.size() || text[i + 1] != '>') return fail(label_error::broken_arrow, i);
            has_arrow = true;
            ++i;
            continue;
        }
        if (c == ',') {
            if (has_arrow) return fail(label_error::broken_arrow, i);
            if (net.operands == max_operands) return fail(label_error::too_many_operands, i);
            ++net.operands;
            continue;
        }
        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) return fail(label_error::not_a_letter, i);
        const auto letter = static_cast<std::size_t>(c);
        if (has_arrow) {
            if (number[letter] == 0) return fail(label_error::output_unknown, i);
            const auto l = static_cast<label>(number[letter] - 1);
            if (contains(net.output.set(), l)) return fail(label_error::output_repeats, i);
            if (net.output.rank() == max_rank) return fail(label_error::too_many_axes, i);
            net.output.push_back(l);
            continue;
        }
        if (number[letter] == 0) {
            net.name[net.labels] = c;
            number[letter] = ++net.labels;
        }
        axes& a = net.operand[net.operands - 1u];
        if (a.rank() == max_rank) return fail(label_error::too_many_axes, i);
        a.push_back(static_cast<label>(number[letter] - 1));
        if (uses[letter] < 2) ++uses[letter];
    }
    if (!has_arrow)
        for (std::size_t letter = 0; letter < number.size(); ++letter) {
            if (uses[letter] != 1) continue;
            if (net.output.rank() == max_rank) return fail(label_error::too_many_axes, text.size());
            net.output.push_back(static_cast<label>(number[letter] - 1));
        }
    return result;
}

/// The network of a label string known at run time. Throws shape_error with the place of the mistake.
inline network make_network(std::string_view text) {
    const parsed_labels p = parse_labels(text);
    if (p.error != label_error::none)
        throw shape_error("einsum labels \"" + std::string(text) + "\": " + std::string(explain(p.error)) +
                          " (at character " + std::to_string(p.position + 1) + ")");
    return p.network;
}

/// The labels of `a` as text: "bij".
inline std::string to_string(const network& net, const axes& a) {
    std::string s;
    for (const label l : a) s += net.name[l];
    return s;
}

/// The network as a label string: "bij,jk->bik".
inline std::string to_string(const network& net) {
    std::string s;
    for (std::size_t i = 0; i < net.operands; ++i) {
        if (i > 0) s += ',';
        s += to_string(net, net.operand[i]);
    }
    return s + "->" + to_string(net, net.output);
}

}  // namespace xtn
