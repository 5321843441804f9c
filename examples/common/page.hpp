// SPDX-License-Identifier: BSD-3-Clause
// Markdown pages whose measured parts are generated. A part stands between two comments that no reader sees,
//
//     dense reaches <!-- dense.accuracy -->52.1 %<!-- / --> after 2,000 steps
//
// or, for tables and figures, on lines of its own. What stands outside is prose, and never changed.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <xtn/core/error.hpp>

namespace examples {

/// The generated parts of a page, by name.
using page_parts = std::map<std::string, std::string>;

/// The page with `replace(name, present content)` in the place of every part's content. Throws io_error for a part that
/// does not end.
inline std::string with_parts(std::string_view page, const std::string& origin,
                              const std::function<std::string(const std::string&, std::string_view)>& replace) {
    constexpr std::string_view open = "<!-- ", close = " -->", end = "<!-- / -->";
    std::string text;
    while (true) {
        const std::size_t start = page.find(open);
        if (start == std::string_view::npos) return text.append(page);
        const std::size_t name = start + open.size(), content = page.find(close, name);
        const std::size_t stop = page.find(end, name);
        if (content == std::string_view::npos || stop == std::string_view::npos || stop < content)
            throw xtn::io_error(origin + ": the part that begins with \"" + std::string(page.substr(start, 40)) +
                                "\" does not end with \"" + std::string(end) + "\"");
        const std::size_t first = content + close.size();
        text.append(page.substr(0, first));
        text += replace(std::string(page.substr(name, content - name)), page.substr(first, stop - first));
        text.append(end);
        page.remove_prefix(stop + end.size());
    }
}

/// The page with its parts filled in. Throws io_error for one that is not among `parts`.
inline std::string filled(std::string_view page, const page_parts& parts, const std::string& origin) {
    return with_parts(page, origin, [&](const std::string& name, std::string_view) {
        const auto found = parts.find(name);
        if (found == parts.end()) throw xtn::io_error(origin + ": there is nothing called \"" + name + "\" to fill in");
        return found->second;
    });
}

/// The page without the content of its parts.
inline std::string prose_of(std::string_view page, const std::string& origin) {
    return with_parts(page, origin, [](const std::string&, std::string_view) { return std::string(); });
}

}  // namespace examples
