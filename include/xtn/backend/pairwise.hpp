// SPDX-License-Identifier: BSD-3-Clause
// Sums in a binary tree. A running total in T loses a term that is smaller than half a unit in its last place: 2^24 ones
// are as many as a float can count. In a tree over blocks of b terms the error grows with b + log2(n / b), not with n
// (Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14, 1993).
//
// The tree depends on n alone, so a sum has the same bits in every run.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/arena.hpp>

namespace xtn::backend {

/// A sum whose terms come one by one, of any number of them.
template <class T>
class pairwise_sum {
public:
    void add(T x) {
        std::size_t level = 0;
        for (std::uint64_t carry = terms_++; (carry & 1) != 0; carry >>= 1) x = partial_[level++] + x;
        partial_[level] = x;
    }
    T total() const {
        T sum{};
        for (std::uint64_t left = terms_; left != 0; left &= left - 1)
            sum = partial_[static_cast<std::size_t>(std::countr_zero(left))] + sum;
        return sum;
    }

private:
    std::uint64_t terms_ = 0;
    std::array<T, 64> partial_;  ///< at k, if bit k of terms_ is set: the sum of 2^k terms
};

/// Terms in the left branch of a tree over n > block terms: whole blocks, a power of two of them.
constexpr std::int64_t left_branch(std::int64_t n, std::int64_t block) {
    return block * static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>((n - 1) / block)));
}

/// sum (width) = the sum of n >= 1 terms of that width, of which leaf(first, count, to) writes the sum of up to `block`.
template <class T, class Leaf>
void sum_pairwise(std::int64_t first, std::int64_t n, std::int64_t block, std::size_t width, T* sum, const Leaf& leaf) {
    if (n <= block) return leaf(first, n, sum);
    const std::int64_t left = left_branch(n, block);
    sum_pairwise(first, left, block, width, sum, leaf);
    workspace_frame frame;
    T* right = frame.take<T>(width);
    sum_pairwise(first + left, n - left, block, width, right, leaf);
    for (std::size_t i = 0; i < width; ++i) sum[i] += right[i];
}

}  // namespace xtn::backend
