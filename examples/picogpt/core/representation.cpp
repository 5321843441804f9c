// SPDX-License-Identifier: BSD-3-Clause
#include "representation.hpp"

#include <charconv>
#include <string_view>
#include <vector>

namespace picogpt {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t end; (end = text.find('-')) != std::string_view::npos; text.remove_prefix(end + 1))
        parts.push_back(text.substr(0, end));
    parts.push_back(text);
    return parts;
}

/// Takes a positive number of at most four digits from the front of `text`; 0 if there is none.
std::size_t take_number(std::string_view& text) {
    std::size_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || number > 9999) return 0;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

representation::representation(const std::string& text) : name(text) {
    const auto refuse = [&](const std::string& why) {
        throw xtn::error("\"" + text + "\" is no representation: " + why +
                         "; examples are dense, dense-d64, mpo-16, mpo-8-a3-f2x16-shared, low_rank-12, kronecker-6");
    };
    const std::vector<std::string_view> parts = parts_of(text);
    std::size_t next = 1;
    form all;
    if (parts[0] == "mpo" || parts[0] == "low_rank" || parts[0] == "kronecker") {
        all.family = parts[0] == "mpo" ? family::mpo : parts[0] == "low_rank" ? family::low_rank : family::kronecker;
        std::string_view size = parts.size() > 1 ? parts[1] : "";
        all.size = take_number(size);
        if (all.size == 0 || !size.empty()) refuse("a number (bond, rank, products) follows " + std::string(parts[0]));
        next = 2;
    } else if (parts[0] != "dense") {
        refuse("it begins with dense, mpo, low_rank or kronecker");
    }
    attention = feed_forward = head = all;
    for (; next < parts.size(); ++next) {
        std::string_view part = parts[next];
        if (part == "shared" && all.family == family::mpo) {
            shared = true;
            continue;
        }
        const char key = part.empty() ? '\0' : part.front();
        if (!part.empty()) part.remove_prefix(1);
        const std::size_t number = take_number(part);
        if (key == 'd' && number > 0 && part.empty()) {
            width = number;
            continue;
        }
        form* layer = key == 'a' ? &attention : key == 'f' ? &feed_forward : key == 'h' ? &head : nullptr;
        if (layer == nullptr || all.family != family::mpo || number < 2 || number > 4)
            refuse("\"" + std::string(parts[next]) + "\" is unknown (sites are 2 to 4)");
        layer->sites = number;
        if (part.starts_with('x')) {
            part.remove_prefix(1);
            layer->size = take_number(part);
        }
        if (layer->size == 0 || !part.empty()) refuse("a bond follows the x in \"" + std::string(parts[next]) + "\"");
    }
}

const form& representation::of(const std::string& layer) const {
    if (layer == "lm_head") return head;
    return layer.find(".attn.") != std::string::npos ? attention : feed_forward;
}

}  // namespace picogpt
