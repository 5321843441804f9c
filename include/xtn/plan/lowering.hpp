// SPDX-License-Identifier: BSD-3-Clause
// Lowering: one pairwise contraction C = A B, given where the three tensors lie, becomes loops around a kernel.
//
// Every label has a role, by where it occurs:
//
//     role     A  B  C      in the matrix product C[m, n] += A[m, k] B[k, n]
//     batch    x  x  x      a loop
//     row      x  -  x      m, or a loop
//     column   -  x  x      n, or a loop
//     inner    x  x  -      k, or a loop that accumulates
//
// Labels of one role that follow each other without a gap in both of their tensors are fused. Then one label of each
// role is chosen for the matrix product (its operands must have stride 1 along a row or a column), the others loop;
// what is a loop and what is copied first is decided by the cost model, over all choices.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <limits>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/layout.hpp>

namespace xtn {

/// One level of iteration: how far the three tensors of a step advance. A stride of 0 means that it does not.
struct loop {
    std::int64_t extent, a, b, c;
};

enum class kernel : std::uint8_t {
    transfer,  ///< C += A: permutes, sums labels that C lacks, repeats along labels that A lacks
    product,   ///< C += A B element by element, under all loops
    gemm,      ///< C += op(A) op(B) as row-major matrices, under all loops
};

struct step {
    kernel kind = kernel::transfer;
    std::uint8_t a = 0, b = 0, c = 0;                                    ///< places of the tensors in the plan
    bool transpose_a = false, transpose_b = false, transpose_c = false;  ///< stored k x m, n x k, n x m
    std::int64_t m = 1, n = 1, k = 1, lda = 1, ldb = 1, ldc = 1;
    std::vector<loop> loops;    ///< outermost first; those that accumulate come last
    std::size_t sum_loops = 0;  ///< how many accumulate
    double seconds = 0;         ///< predicted

    double volume() const {
        double v = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
        for (const loop& l : loops) v *= static_cast<double>(l.extent);
        return v;
    }
    double flops() const { return kind == kernel::transfer ? 0 : 2 * volume(); }
};

/// What a contraction lowers to: the step, and the layout of a contiguous copy for each tensor that needs one.
struct lowering {
    step main;
    std::array<bool, 3> copied{};  ///< A, B, C
    std::array<layout, 3> copy{};  ///< meaningful where copied
    double seconds = std::numeric_limits<double>::infinity();
};

namespace detail {

enum tensor_of_step : std::size_t { tensor_a, tensor_b, tensor_c };

/// A label of a step: its extent and its stride in each tensor; `in` has a bit for each tensor that carries it.
struct dimension {
    std::int64_t extent;
    std::array<std::int64_t, 3> stride{};
    unsigned in = 0;
    xtn::label label = 0;
};

enum role : unsigned { batch = 0b111, row = 0b101, column = 0b110, inner = 0b011 };

inline std::vector<dimension> dimensions(const std::array<const layout*, 3>& tensors, const label_extents& extent) {
    std::vector<dimension> dims;
    dims.reserve(12);
    for (std::size_t t = 0; t < 3; ++t) {
        if (tensors[t] == nullptr) continue;
        for (const layout::axis& a : tensors[t]->axes) {
            auto d = std::find_if(dims.begin(), dims.end(), [&](auto& x) { return x.label == a.label; });
            if (d == dims.end()) d = dims.insert(dims.end(), {.extent = extent[a.label], .label = a.label});
            d->stride[t] = a.stride;
            d->in |= 1u << t;
        }
    }
    return dims;
}

inline void fuse_dimensions(std::vector<dimension>& dims) {
    const auto follows = [](const dimension& x, const dimension& y) {  // y is directly inside x
        if (x.in != y.in || x.extent * y.extent > INT_MAX) return false;
        for (std::size_t t = 0; t < 3; ++t)
            if ((x.in >> t & 1) != 0 && x.stride[t] != y.stride[t] * y.extent) return false;
        return true;
    };
    for (std::size_t i = 0; i < dims.size(); ++i)
        for (std::size_t j = 0; j < dims.size(); ++j)
            if (i != j && follows(dims[i], dims[j])) {
                dims[j].extent *= dims[i].extent;
                dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(i));
                i = static_cast<std::size_t>(-1);  // start again
                break;
            }
}

/// A matrix with strides along rows and columns, as BLAS wants it: leading dimension, stored transposed or not.
struct blas_matrix {
    bool fits = false, transposed = false;
    std::int64_t leading = 1;
};

inline blas_matrix as_blas(std::int64_t rows, std::int64_t row_stride, std::int64_t columns,
                           std::int64_t column_stride) {
    const auto storable = [](std::int64_t leading, std::int64_t width) {
        return leading >= width && leading <= INT_MAX;
    };
    if (columns == 1) return {storable(row_stride, 1), false, row_stride};
    if (rows == 1)
        return {storable(column_stride, 1), column_stride != 1, column_stride == 1 ? columns : column_stride};
    if (column_stride == 1 && storable(row_stride, columns)) return {true, false, row_stride};
    if (row_stride == 1 && storable(column_stride, rows)) return {true, true, column_stride};
    return {};
}

inline void append_loops(step& s, const std::vector<dimension>& dims, const std::array<const dimension*, 3>& taken) {
    std::vector<const dimension*> order;
    for (const dimension& d : dims)
        if (std::find(taken.begin(), taken.end(), &d) == taken.end()) order.push_back(&d);
    const auto sums = [](const dimension* d) { return (d->in >> tensor_c & 1) == 0; };
    const auto reach = [](const dimension* d) { return d->stride[0] + d->stride[1] + d->stride[2]; };
    std::stable_sort(order.begin(), order.end(), [&](const dimension* x, const dimension* y) {
        return sums(x) != sums(y) ? sums(y) : reach(x) > reach(y);
    });
    for (const dimension* d : order) {
        s.loops.push_back({d->extent, d->stride[tensor_a], d->stride[tensor_b], d->stride[tensor_c]});
        if (sums(d)) ++s.sum_loops;
    }
}

/// The fastest kernel for C = A B without copies, by trying every choice of matrix labels.
inline step choose_kernel(const std::vector<dimension>& dims, const cost_model& model) {
    double total = 1;
    std::array<std::vector<const dimension*>, 3> choice{{{nullptr}, {nullptr}, {nullptr}}};  // rows, columns, inner
    for (const dimension& d : dims) {
        total *= static_cast<double>(d.extent);
        if (d.in == row) choice[0].push_back(&d);
        if (d.in == column) choice[1].push_back(&d);
        if (d.in == inner) choice[2].push_back(&d);
    }
    step best;
    best.kind = kernel::product;
    best.seconds = model.product(2 * total);
    std::array<const dimension*, 3> taken{};
    const auto extent = [](const dimension* d) { return d == nullptr ? 1 : d->extent; };
    const auto stride = [](const dimension* d, std::size_t t) { return d == nullptr ? 1 : d->stride[t]; };
    for (const dimension* m : choice[0])
        for (const dimension* n : choice[1])
            for (const dimension* k : choice[2]) {
                const double em = static_cast<double>(extent(m)), en = static_cast<double>(extent(n)),
                             ek = static_cast<double>(extent(k));
                const double seconds = total / (em * en * ek) * model.gemm(em, en, ek);
                if (seconds >= best.seconds) continue;
                const blas_matrix a = as_blas(extent(m), stride(m, tensor_a), extent(k), stride(k, tensor_a));
                const blas_matrix b = as_blas(extent(k), stride(k, tensor_b), extent(n), stride(n, tensor_b));
                const blas_matrix c = as_blas(extent(m), stride(m, tensor_c), extent(n), stride(n, tensor_c));
                if (!a.fits || !b.fits || !c.fits) continue;
                best.kind = kernel::gemm;
                best.seconds = seconds;
                best.m = extent(m);
                best.n = extent(n);
                best.k = extent(k);
                best.transpose_a = a.transposed;
                best.transpose_b = b.transposed;
                best.lda = a.leading;
                best.ldb = b.leading;
                best.transpose_c = c.transposed;
                best.ldc = c.leading;
                taken = {m, n, k};
            }
    append_loops(best, dims, taken);
    return best;
}

/// Gives tensor t new contiguous strides: batch labels first, then the role it shares with `first`, then with `second`,
/// each in the order in which that tensor holds them.
inline void restride(std::vector<dimension>& dims, std::size_t t, std::size_t first, std::size_t second) {
    std::vector<dimension*> order;
    for (dimension& d : dims)
        if ((d.in >> t & 1) != 0) order.push_back(&d);
    const auto group = [&](const dimension* d) { return d->in == batch ? 0 : (d->in >> first & 1) != 0 ? 1 : 2; };
    std::stable_sort(order.begin(), order.end(), [&](const dimension* x, const dimension* y) {
        if (group(x) != group(y)) return group(x) < group(y);
        const std::size_t guide = group(x) == 2 ? second : first;
        return x->stride[guide] > y->stride[guide];
    });
    std::int64_t volume = 1;
    for (std::size_t i = order.size(); i-- > 0; volume *= order[i]->extent) order[i]->stride[t] = volume;
}

inline layout layout_of(const std::vector<dimension>& dims, std::size_t t) {
    layout l;
    for (const dimension& d : dims)
        if ((d.in >> t & 1) != 0) l.axes.push_back({d.label, d.stride[t]});
    std::stable_sort(l.axes.begin(), l.axes.end(), [](auto& a, auto& b) { return a.stride > b.stride; });
    return l;
}

}  // namespace detail

/// Lowers C = A B. Each label occurs in at least two of the three tensors.
inline lowering lower_contraction(const layout& a, const layout& b, const layout& c, const label_extents& extent,
                                  const cost_model& model) {
    using namespace detail;
    const std::vector<dimension> dims = dimensions({&a, &b, &c}, extent);
    const std::array<double, 3> volume{static_cast<double>(a.volume(extent)), static_cast<double>(b.volume(extent)),
                                       static_cast<double>(c.volume(extent))};
    lowering best;
    for (unsigned copies = 0; copies < 8; ++copies) {  // bit t: tensor t is copied
        double seconds = 0;
        for (std::size_t t = 0; t < 3; ++t)
            if ((copies >> t & 1) != 0) seconds += model.copy(volume[t]);
        if (seconds >= best.seconds) continue;
        std::vector<dimension> fused = dims;
        if ((copies >> tensor_c & 1) != 0) restride(fused, tensor_c, tensor_a, tensor_b);
        if ((copies >> tensor_a & 1) != 0) restride(fused, tensor_a, tensor_c, tensor_b);
        if ((copies >> tensor_b & 1) != 0) restride(fused, tensor_b, tensor_a, tensor_c);
        const std::vector<dimension> apart = fused;
        fuse_dimensions(fused);
        step s = choose_kernel(fused, model);
        seconds += s.seconds;
        if (seconds >= best.seconds) continue;
        best.seconds = seconds;
        best.main = std::move(s);
        for (std::size_t t = 0; t < 3; ++t) {
            best.copied[t] = (copies >> t & 1) != 0;
            if (best.copied[t]) best.copy[t] = layout_of(apart, t);
        }
    }
    return best;
}

/// Lowers C = A where C lacks labels of A (they are summed), or A lacks labels of C (it is repeated).
inline step lower_transfer(const layout& a, const layout& c, const label_extents& extent, const cost_model& model) {
    using namespace detail;
    std::vector<dimension> dims = dimensions({&a, nullptr, &c}, extent);
    fuse_dimensions(dims);
    step s;
    s.kind = kernel::transfer;
    append_loops(s, dims, {});
    s.seconds = model.copy(s.volume());
    return s;
}

}  // namespace xtn
