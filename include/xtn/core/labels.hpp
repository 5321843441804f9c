// SPDX-License-Identifier: BSD-3-Clause
// Labels are small numbers; a set of labels is a bit mask; the axes of a tensor are an ordered list of labels.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace xtn {

inline constexpr std::size_t max_labels = 64;    ///< different labels in one network
inline constexpr std::size_t max_rank = 32;      ///< axes of one tensor
inline constexpr std::size_t max_operands = 16;  ///< operands of one network

using label = std::uint8_t;       ///< the number of a label in its network
using label_set = std::uint64_t;  ///< one bit for each label

/// The set of one label.
constexpr label_set only(label l) { return label_set{1} << l; }
/// Whether the set has this label.
constexpr bool contains(label_set set, label l) { return (set >> l & 1) != 0; }

/// Calls f(label) for every label of the set, smallest first.
template <class F>
constexpr void for_each_label(label_set set, F&& f) {
    for (; set != 0; set &= set - 1) f(static_cast<label>(std::countr_zero(set)));
}

/// The labels of a tensor's axes, first axis first; a label may repeat (a diagonal).
class axes {
public:
    constexpr std::size_t rank() const { return rank_; }
    constexpr label operator[](std::size_t axis) const { return label_[axis]; }
    constexpr const label* begin() const { return label_.data(); }
    constexpr const label* end() const { return label_.data() + rank_; }
    constexpr void push_back(label l) { label_[rank_++] = l; }
    constexpr label_set set() const {
        label_set s = 0;
        for (std::size_t i = 0; i < rank_; ++i) s |= only(label_[i]);
        return s;
    }
    friend constexpr bool operator==(const axes&, const axes&) = default;

private:
    std::array<label, max_rank> label_{};
    std::uint8_t rank_ = 0;
};

}  // namespace xtn
