// SPDX-License-Identifier: BSD-3-Clause
// Whether memory that a tape reads in place (parameters, constants, targets) still holds what it held when it was
// recorded: a pullback would take new numbers for old ones. Up to 256 elements, evenly spread, make one number. So a
// change of the whole, or of any element of a small tensor, is seen whoever made it and by whatever pointer.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include <xtn/backend/arena.hpp>
#include <xtn/core/extents.hpp>

namespace xtn::detail {

/// A number made of the bits of n elements, of which at(i) is a reference to one.
template <class At>
std::uint64_t fingerprint(std::size_t n, At at) {
    constexpr std::size_t most = 256;
    const std::size_t count = std::min(n, most);
    std::uint64_t h = n;
    for (std::size_t k = 0; k < count; ++k) {
        const auto& x = at(n <= most ? k : k * (n - 1) / (most - 1));
        std::array<std::uint64_t, (sizeof(x) + 7) / 8> words{};
        std::memcpy(words.data(), &x, sizeof(x));
        for (const std::uint64_t w : words) h = (h ^ w) * 0x9e3779b97f4a7c15U;
    }
    return h;
}

/// The same of elements that lie one after the other.
template <class T>
std::uint64_t fingerprint(std::span<const T> elements) {
    return fingerprint(elements.size(), [elements](std::size_t i) -> const T& { return elements[i]; });
}
/// The same of the elements of a strided tensor.
template <class T>
std::uint64_t fingerprint(const T* data, const geometry& g) {
    return fingerprint(static_cast<std::size_t>(g.volume()), [&](std::size_t i) -> const T& {
        const T* x = data;
        auto rest = static_cast<std::int64_t>(i);
        for (std::size_t a = g.rank; a-- > 0; rest /= g.extent[a]) x += rest % g.extent[a] * g.stride[a];
        return *x;
    });
}

/// Memory that is looked at again later.
class watch_list {
public:
    /// now() is the fingerprint; it is kept in `memory`, which outlives the list's contents.
    template <class Fingerprint>
    void add(const char* what, backend::arena& memory, const Fingerprint& now) {
        const void* state = new (memory.take<Fingerprint>(1)) Fingerprint(now);
        entries_.push_back({[](const void* s) { return (*static_cast<const Fingerprint*>(s))(); }, state, now(), what});
    }
    void clear() { entries_.clear(); }
    /// What has changed since it was added, or null.
    const char* changed() const {
        for (const entry& e : entries_)
            if (e.now(e.state) != e.before) return e.what;
        return nullptr;
    }

private:
    struct entry {
        std::uint64_t (*now)(const void*);
        const void* state;
        std::uint64_t before;
        const char* what;
    };
    std::vector<entry> entries_;
};

}  // namespace xtn::detail
