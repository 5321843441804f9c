// SPDX-License-Identifier: BSD-3-Clause
// The labels of one pairwise contraction C = A B, with their strides in the three tensors.
//
// Every label has a role, by where it occurs:
//
//     role     A  B  C      in the matrix product C[m, n] += A[m, k] B[k, n]
//     batch    x  x  x      a loop
//     row      x  -  x      m, or a loop
//     column   -  x  x      n, or a loop
//     inner    x  x  -      k, or a loop that accumulates
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <xtn/plan/layout.hpp>

namespace xtn::detail {

enum tensor_of_step : std::size_t { tensor_a, tensor_b, tensor_c };

/// A label of a step: its extent and its stride in each tensor; `in` has a bit for each tensor that carries it.
struct dimension {
    std::int64_t extent;
    std::array<std::int64_t, 3> stride;
    unsigned in;
    xtn::label label;
};

enum role : unsigned { batch = 0b111, row = 0b101, column = 0b110, inner = 0b011 };

/// The labels of a step. Lives on the stack: a layout search prices hundreds of steps.
class dimensions {
public:
    dimensions(const std::array<const layout*, 3>& tensors, const label_extents& extent) {
        for (std::size_t t = 0; t < 3; ++t) {
            if (tensors[t] == nullptr) continue;
            for (const layout::axis& a : tensors[t]->axes) {
                dimension* d = std::find_if(begin(), end(), [&](auto& x) { return x.label == a.label; });
                if (d == end()) dims_[size_++] = {extent[a.label], {}, 0, a.label};
                d->stride[t] = a.stride;
                d->in |= 1u << t;
            }
        }
    }
    dimensions(const dimensions& other) : size_(other.size_) { std::copy(other.begin(), other.end(), begin()); }
    dimensions& operator=(const dimensions&) = delete;

    dimension* begin() { return dims_.data(); }
    dimension* end() { return dims_.data() + size_; }
    const dimension* begin() const { return dims_.data(); }
    const dimension* end() const { return dims_.data() + size_; }

    /// Makes one of labels that follow each other without a gap wherever they occur.
    void fuse() {
        const auto reach = [](const dimension& d) {
            return std::abs(d.stride[static_cast<std::size_t>(std::countr_zero(d.in))]);
        };
        std::sort(begin(), end(), [&](const dimension& x, const dimension& y) {
            if (x.in != y.in) return x.in < y.in;
            return reach(x) != reach(y) ? reach(x) > reach(y) : x.label < y.label;
        });
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            if (kept > 0 && follows(dims_[kept - 1], dims_[i])) {
                const std::int64_t outer = dims_[kept - 1].extent;
                dims_[kept - 1] = dims_[i];
                dims_[kept - 1].extent *= outer;
            } else {
                dims_[kept++] = dims_[i];
            }
        }
        size_ = kept;
    }

    /// Gives tensor t new contiguous strides: batch labels first, then the role it shares with `first`, then with
    /// `second`, each in the order in which that tensor holds them.
    void restride(std::size_t t, std::size_t first, std::size_t second) {
        std::array<dimension*, max_labels> order;
        std::size_t count = 0;
        for (dimension& d : *this)
            if ((d.in >> t & 1) != 0) order[count++] = &d;
        const auto group = [&](const dimension* d) { return d->in == batch ? 0 : (d->in >> first & 1) != 0 ? 1 : 2; };
        std::sort(order.begin(), order.begin() + count, [&](const dimension* x, const dimension* y) {
            if (group(x) != group(y)) return group(x) < group(y);
            const std::size_t guide = group(x) == 2 ? second : first;
            return x->stride[guide] != y->stride[guide] ? x->stride[guide] > y->stride[guide] : x < y;
        });
        std::int64_t volume = 1;
        for (std::size_t i = count; i-- > 0; volume *= order[i]->extent) order[i]->stride[t] = volume;
    }

    /// What tensor t looks like.
    layout layout_of(std::size_t t) const {
        layout l;
        for (const dimension& d : *this)
            if ((d.in >> t & 1) != 0) l.axes.push_back({d.label, d.stride[t]});
        std::stable_sort(l.axes.begin(), l.axes.end(), [](auto& a, auto& b) { return a.stride > b.stride; });
        return l;
    }

private:
    static bool follows(const dimension& x, const dimension& y) {  // y is directly inside x
        if (x.in != y.in || x.extent * y.extent > INT_MAX) return false;
        for (std::size_t t = 0; t < 3; ++t)
            if ((x.in >> t & 1) != 0 && x.stride[t] != y.stride[t] * y.extent) return false;
        return true;
    }

    std::array<dimension, max_labels> dims_;
    std::size_t size_ = 0;
};

}  // namespace xtn::detail
