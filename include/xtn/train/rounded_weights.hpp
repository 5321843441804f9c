// SPDX-License-Identifier: BSD-3-Clause
// Weights as bfloat16 numbers: rounded once a step, read by the tapes of all lanes.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <xtn/ad/tape.hpp>

namespace xtn {

/// Rounded copies of weights, which must not change until clear(). Only those of floats are read.
template <scalar T>
class rounded_weights {
public:
    void clear() {
        copies_.clear();
        memory_.release({});
    }
    /// Rounds these.
    void add(std::span<const T> weights) {
        if constexpr (std::is_same_v<T, float>) {
            bfloat16* const copy = memory_.take<bfloat16>(weights.size());
            round_to(weights.size(), weights.data(), copy);
            copies_.push_back({weights, copy});
        }
    }
    /// Has this tape multiply with the copies, and with no others of an earlier step.
    void provide_to(tape<T>& t) const {
        t.rounded().forget_provided();
        if constexpr (std::is_same_v<T, float>)
            for (const rounded& r : copies_) t.rounded().provide(r.weights, r.copy);
    }

    /// Bytes of memory.
    std::size_t capacity() const { return memory_.capacity(); }

private:
    struct rounded {
        std::span<const T> weights;
        const bfloat16* copy;
    };
    std::vector<rounded> copies_;
    backend::arena memory_;
};

}  // namespace xtn
