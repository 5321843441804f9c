// SPDX-License-Identifier: BSD-3-Clause
// Offsets of temporaries that share one piece of memory: what is released is used again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace xtn::detail {

/// Hands out offsets in elements, each on a cache line of its own, first fit.
class region {
public:
    /// The elements that were ever in use.
    std::int64_t size() const { return size_; }

    std::int64_t take(std::int64_t elements) {
        const std::int64_t length = rounded(elements);
        std::int64_t offset = 0;
        auto next = used_.begin();
        for (; next != used_.end() && next->first - offset < length; ++next) offset = next->second;
        used_.insert(next, {offset, offset + length});
        size_ = std::max(size_, offset + length);
        return offset;
    }
    void release(std::int64_t offset) {
        std::erase_if(used_, [&](const auto& r) { return r.first == offset && r.second > r.first; });
    }

private:
    static std::int64_t rounded(std::int64_t elements) {
        constexpr std::int64_t line = 16;
        return (elements + line - 1) / line * line;
    }

    std::vector<std::pair<std::int64_t, std::int64_t>> used_;  ///< by offset: first and one past the last
    std::int64_t size_ = 0;
};

}  // namespace xtn::detail
