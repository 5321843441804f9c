// SPDX-License-Identifier: BSD-3-Clause
// Copies of floats as bfloat16 numbers, for factors of more than one product: weights are rounded once a step, an activation
// once for the product forward and the one of the weights' gradient.
#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include <xtn/backend/arena.hpp>
#include <xtn/core/bfloat16.hpp>

namespace xtn::backend {

/// Copies by where the floats lie, which must not change as long as there is a copy of them.
class rounded_copies {
public:
    /// The copy of x[0] to x[n - 1].
    const bfloat16* of(const float* x, std::size_t n) {
        for (const range& r : provided_)
            if (x >= r.begin && x + n <= r.end) return r.copy + (x - r.begin);
        made& m = made_[x];
        if (m.size < n) {
            bfloat16* const copy = memory_.take<bfloat16>(n);
            round_to(n, x, copy);
            m = {copy, n};
            rounded_ += n;
        }
        return m.copy;
    }
    /// These floats have a copy already, which somebody else keeps until forget_provided().
    void provide(std::span<const float> x, const bfloat16* copy) {
        provided_.push_back({x.data(), x.data() + x.size(), copy});
    }
    void forget_provided() { provided_.clear(); }

    /// Forgets the copies made here, and keeps the memory.
    void clear() {
        made_.clear();
        memory_.release({});
        rounded_ = 0;
    }
    /// Numbers rounded since then.
    std::size_t rounded() const { return rounded_; }
    /// Bytes of memory.
    std::size_t capacity() const { return memory_.capacity(); }

private:
    struct range {
        const float *begin, *end;
        const bfloat16* copy;
    };
    struct made {
        const bfloat16* copy = nullptr;
        std::size_t size = 0;
    };
    std::vector<range> provided_;
    std::unordered_map<const float*, made> made_;
    arena memory_;
    std::size_t rounded_ = 0;
};

}  // namespace xtn::backend
