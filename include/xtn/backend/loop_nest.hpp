// SPDX-License-Identifier: BSD-3-Clause
// Nests of loops over strided memory, and the order in which memory likes them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <xtn/core/labels.hpp>
#include <xtn/plan/lowering.hpp>

namespace xtn::backend {

using loops = std::span<const loop>;

/// Calls f(a, b, c) for every iteration of the nest, with the offsets advanced.
template <class F>
void nest(loops l, std::int64_t a, std::int64_t b, std::int64_t c, F&& f) {
    if (l.empty()) return f(a, b, c);
    const loop& outer = l.front();
    if (l.size() == 1)
        for (std::int64_t i = 0; i < outer.extent; ++i, a += outer.a, b += outer.b, c += outer.c) f(a, b, c);
    else
        for (std::int64_t i = 0; i < outer.extent; ++i, a += outer.a, b += outer.b, c += outer.c)
            nest(l.subspan(1), a, b, c, f);
}

inline std::int64_t iterations(loops l) {
    std::int64_t n = 1;
    for (const loop& x : l) n *= x.extent;
    return n;
}

/// Whether x takes smaller steps than y through a tensor in which both move.
inline bool is_faster(const loop& x, const loop& y) {
    const auto closer = [](std::int64_t s, std::int64_t t) { return s != 0 && std::abs(s) < std::abs(t); };
    return closer(x.a, y.a) || closer(x.b, y.b) || closer(x.c, y.c);
}

/// A nest whose iterations may come in any order, sorted: larger steps outside, loops that continue each other made one,
/// loops of one iteration left out.
class sorted_loops {
public:
    explicit sorted_loops(loops given) {
        for (const loop& l : given)
            if (l.extent != 1) insert(l);
        for (std::size_t i = size_; i-- > 1;)  // from the inside, so that chains of loops become one
            for (std::size_t outer = i; outer-- > 0;)
                if (continues(loops_[outer], loops_[i])) {
                    loops_[i].extent *= loops_[outer].extent;
                    take(outer);
                    --i;
                }
    }

    loops all() const { return {loops_.data(), size_}; }
    std::size_t size() const { return size_; }
    const loop& operator[](std::size_t i) const { return loops_[i]; }

    /// Sorts them anew: larger keys outside, and larger steps among equals.
    template <class Key>
    void sort(const Key& key) {
        std::sort(loops_.data(), loops_.data() + size_, [&](const loop& x, const loop& y) {
            return key(x) != key(y) ? key(x) > key(y) : reach(x) > reach(y);
        });
    }

    /// Removes a loop.
    loop take(std::size_t i) {
        const loop l = loops_[i];
        std::copy(loops_.data() + i + 1, loops_.data() + size_--, loops_.data() + i);
        return l;
    }

private:
    static std::int64_t reach(const loop& l) { return std::abs(l.a) + std::abs(l.b) + 2 * std::abs(l.c); }
    static bool continues(const loop& outer, const loop& inner) {
        return outer.a == inner.a * inner.extent && outer.b == inner.b * inner.extent &&
               outer.c == inner.c * inner.extent;
    }
    void insert(const loop& l) {
        std::size_t i = size_++;
        for (; i > 0 && reach(loops_[i - 1]) < reach(l); --i) loops_[i] = loops_[i - 1];
        loops_[i] = l;
    }

    std::array<loop, max_labels> loops_;
    std::size_t size_ = 0;
};

}  // namespace xtn::backend
