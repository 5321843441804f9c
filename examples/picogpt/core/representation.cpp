// SPDX-License-Identifier: BSD-3-Clause
#include "representation.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <xtn/core/number.hpp>

namespace picogpt {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t end; (end = text.find('-')) != std::string_view::npos; text.remove_prefix(end + 1))
        parts.push_back(text.substr(0, end));
    parts.push_back(text);
    return parts;
}

/// The positive number below 10^8 that `text` is; 0 if it is none.
template <class Number>
Number positive(std::string_view text) {
    const auto number = xtn::parse_number<Number>(text);
    return number && *number > 0 && *number < 100'000'000 ? *number : 0;
}

/// "3" or "3x16" into the sites and the size of a form. Whether it is that.
bool take_sites(std::string_view text, form& f) {
    const std::size_t x = text.find('x');
    f.sites = positive<std::size_t>(text.substr(0, x));
    if (x != std::string_view::npos) f.size = positive<std::size_t>(text.substr(x + 1));
    return f.sites >= 2 && f.sites <= 4 && f.size > 0;
}

}  // namespace

representation::representation(const std::string& text) : name(text) {
    const auto refuse = [&](const std::string& why) {
        throw xtn::error("\"" + text + "\" is no representation: " + why +
                         "; examples are dense, dense-d64, mpo-16, mpo-8-a3-f2x16-shared, low_rank-12, kronecker-6, "
                         "tucker-8, spectral-0.5-rectangle");
    };
    const std::vector<std::string_view> parts = parts_of(text);
    form all{.family = std::string(parts[0])};
    const auto is_one_of = [&](std::initializer_list<std::string_view> families) {
        return std::find(families.begin(), families.end(), all.family) != families.end();
    };
    if (!is_one_of({"dense", "mpo", "low_rank", "kronecker", "tucker", "spectral"}))
        refuse("it begins with dense, mpo, low_rank, kronecker, tucker or spectral");
    std::size_t next = 1;
    if (all.family != "dense") {
        const std::string_view size = parts.size() > next ? parts[next++] : "";
        all.size = positive<std::size_t>(size);
        const double fraction = all.family == "spectral" && all.size == 0 ? positive<double>(size) : 0;
        if (all.size == 0 && !(fraction > 0 && fraction <= 1))
            refuse("a number (bond, rank, products, coefficients or their fraction) follows " + std::string(parts[0]));
        all.coefficients = all.size > 0 ? xtn::coefficients::count(all.size) : xtn::coefficients::fraction(fraction);
    }
    attention = feed_forward = head = table = all;
    for (; next < parts.size(); ++next) {
        const std::string_view part = parts[next], rest = part.substr(std::min<std::size_t>(1, part.size()));
        form* const layer = part.starts_with('a')   ? &attention
                            : part.starts_with('f') ? &feed_forward
                            : part.starts_with('h') ? &head
                            : part.starts_with('e') ? &table
                                                    : nullptr;
        const auto number = positive<std::size_t>(rest);
        if (part == "e" && all.family != "dense") {
            table_by_operator = true;
        } else if (part == "tied") {
            tied = true;
        } else if (part.starts_with('d') && number > 0) {
            width = number;
        } else if (part.starts_with('b') && number > 0) {
            blocks = number;
        } else if (part == "shared" && all.family == "mpo") {
            shared = true;
        } else if (all.family == "spectral" && part == "random_basis") {
            for (form* f : {&attention, &feed_forward, &head, &table}) f->random_basis = true;
        } else if (all.family == "spectral") {
            const auto order = xtn::support::order_named(part);
            for (form* f : {&attention, &feed_forward, &head, &table}) f->support = order;
        } else if (part.starts_with('l') && all.family == "mpo") {
            if (number == 0) refuse("a rank follows the l in \"" + std::string(part) + "\"");
            for (form* f : {&attention, &feed_forward, &head, &table}) f->added_rank = number;
        } else if (layer == nullptr || !is_one_of({"mpo", "tucker"}) || !take_sites(rest, *layer)) {
            refuse("\"" + std::string(part) +
                   "\" is unknown (d is a width, b a number of blocks, e the token table; sites are 2 to 4, with a "
                   "bond after x)");
        } else if (layer == &table) {
            table_by_operator = true;
        }
    }
    if (tied) table_by_operator = head.family != "dense";
}

const form& representation::of(const std::string& layer) const {
    if (layer == "lm_head" || (layer == "tok_emb" && tied)) return head;
    if (layer == "tok_emb") return table;
    return layer.find(".attn.") != std::string::npos ? attention : feed_forward;
}

std::string representation::owner_of(const std::string& layer) const {
    const std::string_view prefix = "blocks.";
    if (blocks == 0 || !layer.starts_with(prefix)) return layer;
    const std::size_t end = layer.find('.', prefix.size());
    const auto block = *xtn::parse_number<std::size_t>(layer.substr(prefix.size(), end - prefix.size()));
    return std::string(prefix) + std::to_string(block % blocks) + layer.substr(end);
}

}  // namespace picogpt
