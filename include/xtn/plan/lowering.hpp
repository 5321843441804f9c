// SPDX-License-Identifier: BSD-3-Clause
// Lowering: one pairwise contraction C = A B, given where the three tensors lie, becomes loops around a kernel.
//
// Labels of one role (dimensions.hpp) that follow each other without a gap in both of their tensors are fused. Then one
// label of each role is chosen for the matrix product (its operands must have stride 1 along a row or a column), the
// others loop; what is a loop and what is copied first is decided by the cost model, over all choices.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <limits>
#include <vector>

#include <xtn/plan/cost.hpp>
#include <xtn/plan/dimensions.hpp>
#include <xtn/plan/layout.hpp>

namespace xtn {

/// One level of iteration: how far the three tensors of a step advance. A stride of 0 means that it does not.
struct loop {
    std::int64_t extent, a, b, c;
};

/// What a step does to its tensors A, B and C.
enum class kernel : std::uint8_t {
    transfer,  ///< C += A: permutes, sums labels that C lacks, repeats along labels that A lacks
    product,   ///< C += A B element by element, under all loops
    gemm,      ///< C += op(A) op(B) as row-major matrices, under all loops
};

/// One kernel call under loops: c = a b, or a transfer of a to c.
struct step {
    kernel kind = kernel::transfer;
    std::uint16_t a = 0, b = 0, c = 0;                                   ///< the tensors, by number in the plan
    bool transpose_a = false, transpose_b = false, transpose_c = false;  ///< stored k x m, n x k, n x m
    std::int64_t m = 1, n = 1, k = 1, lda = 1, ldb = 1, ldc = 1;
    std::vector<loop> loops;    ///< outermost first; those that accumulate come last
    std::size_t sum_loops = 0;  ///< how many accumulate
    bool add = false;           ///< C += instead of C =
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
};

namespace detail {

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

inline void append_loops(step& s, const dimensions& dims, const std::array<const dimension*, 3>& taken) {
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

/// The kernel of a step: a matrix product, or no label taken, which is an element-wise product. A matrix product takes
/// an inner label and a row, a column or both (an extent of 1 stands for none): what only scales or only sums gains
/// nothing from a BLAS. Loops run over the labels that are not taken.
struct kernel_choice {
    bool is_gemm = false;
    std::array<const dimension*, 3> taken{};  ///< m, n, k
    double seconds = std::numeric_limits<double>::infinity();

    std::int64_t extent(std::size_t i) const { return taken[i] == nullptr ? 1 : taken[i]->extent; }
    std::int64_t stride(std::size_t i, std::size_t t) const { return taken[i] == nullptr ? 1 : taken[i]->stride[t]; }
    blas_matrix a() const { return matrix(0, 2, tensor_a); }
    blas_matrix b() const { return matrix(2, 1, tensor_b); }
    blas_matrix c() const { return matrix(0, 1, tensor_c); }

private:
    blas_matrix matrix(std::size_t rows, std::size_t columns, std::size_t t) const {
        return as_blas(extent(rows), stride(rows, t), extent(columns), stride(columns, t));
    }
};

/// The fastest kernel for C = A B without copies, by trying every choice of matrix labels.
inline kernel_choice choose_kernel(const dimensions& dims, const cost_model& model) {
    double total = 1;
    std::array<std::array<const dimension*, max_labels + 1>, 3> candidates;  // rows, columns, inner
    std::array<std::size_t, 3> count{1, 1, 1};
    for (auto& c : candidates) c[0] = nullptr;
    for (const dimension& d : dims) {
        total *= static_cast<double>(d.extent);
        if (d.in != batch) {
            const std::size_t i = d.in == row ? 0 : d.in == column ? 1 : 2;
            candidates[i][count[i]++] = &d;
        }
    }
    kernel_choice best;
    best.seconds = model.product(2 * total);
    kernel_choice tried{.is_gemm = true};
    for (std::size_t m = 0; m < count[0]; ++m)
        for (std::size_t n = m == 0 ? 1 : 0; n < count[1]; ++n)
            for (std::size_t k = 1; k < count[2]; ++k) {
                tried.taken = {candidates[0][m], candidates[1][n], candidates[2][k]};
                const auto extent = [&](std::size_t i) { return static_cast<double>(tried.extent(i)); };
                const double calls = total / (extent(0) * extent(1) * extent(2));
                tried.seconds = calls * model.gemm(extent(0), extent(1), extent(2));
                if (tried.seconds < best.seconds && tried.a().fits && tried.b().fits && tried.c().fits) best = tried;
            }
    return best;
}

inline step make_step(const dimensions& dims, const kernel_choice& choice) {
    step s;
    s.kind = choice.is_gemm ? kernel::gemm : kernel::product;
    s.seconds = choice.seconds;
    if (choice.is_gemm) {
        const blas_matrix a = choice.a(), b = choice.b(), c = choice.c();
        s.m = choice.extent(0);
        s.n = choice.extent(1);
        s.k = choice.extent(2);
        s.transpose_a = a.transposed;
        s.transpose_b = b.transposed;
        s.transpose_c = c.transposed;
        s.lda = a.leading;
        s.ldb = b.leading;
        s.ldc = c.leading;
    }
    append_loops(s, dims, choice.taken);
    return s;
}

/// What C = A B costs, and what is copied for it (bit t: tensor t).
struct contraction_price {
    double seconds = std::numeric_limits<double>::infinity();
    unsigned copies = 0;
};

inline dimensions with_copies(dimensions dims, unsigned copies) {
    if ((copies >> tensor_c & 1) != 0) dims.restride(tensor_c, tensor_a, tensor_b);
    if ((copies >> tensor_a & 1) != 0) dims.restride(tensor_a, tensor_c, tensor_b);
    if ((copies >> tensor_b & 1) != 0) dims.restride(tensor_b, tensor_a, tensor_c);
    return dims;
}

/// The cheapest way to C = A B below `limit` seconds; `limit` and no copies if there is none. `weight` is how often each
/// tensor is made for one run of the slices (1, or less for what is made once for several).
inline contraction_price price_contraction(const dimensions& dims, const cost_model& model,
                                           const std::array<double, 3>& weight,
                                           double limit = std::numeric_limits<double>::infinity()) {
    const double runs = std::max({weight[0], weight[1], weight[2]});
    std::array<double, 3> volume{1, 1, 1};
    double touched = 1;
    for (const dimension& d : dims) {
        touched *= static_cast<double>(d.extent);
        for (std::size_t t = 0; t < 3; ++t)
            if ((d.in >> t & 1) != 0) volume[t] *= static_cast<double>(d.extent);
    }
    const double least = runs * model.kernel(volume[tensor_a], volume[tensor_b], volume[tensor_c], touched);
    contraction_price best{.seconds = limit};
    for (unsigned copies = 0; copies < 8; ++copies) {
        double seconds = 0;
        for (std::size_t t = 0; t < 3; ++t)
            if ((copies >> t & 1) != 0) seconds += weight[t] * model.copy(volume[t]);
        if (seconds + least >= best.seconds) continue;
        dimensions copied = with_copies(dims, copies);
        copied.fuse();
        seconds += runs * choose_kernel(copied, model).seconds;
        if (seconds < best.seconds) best = {seconds, copies};
    }
    return best;
}

}  // namespace detail

/// Lowers C = A B. Each label occurs in at least two of the three tensors.
inline lowering lower_contraction(const layout& a, const layout& b, const layout& c, const label_extents& extent,
                                  const cost_model& model, const std::array<double, 3>& weight = {1, 1, 1}) {
    using namespace detail;
    const dimensions given({&a, &b, &c}, extent);
    const unsigned copies = price_contraction(given, model, weight).copies;
    dimensions dims = with_copies(given, copies);
    lowering result;
    for (std::size_t t = 0; t < 3; ++t) {
        result.copied[t] = (copies >> t & 1) != 0;
        if (result.copied[t]) result.copy[t] = dims.layout_of(t);
    }
    dims.fuse();
    result.main = make_step(dims, choose_kernel(dims, model));
    return result;
}

/// The same without copies.
inline step lower_in_place(const layout& a, const layout& b, const layout& c, const label_extents& extent,
                           const cost_model& model) {
    detail::dimensions dims({&a, &b, &c}, extent);
    dims.fuse();
    return detail::make_step(dims, detail::choose_kernel(dims, model));
}

/// Lowers C = A where C lacks labels of A (they are summed), or A lacks labels of C (it is repeated).
inline step lower_transfer(const layout& a, const layout& c, const label_extents& extent, const cost_model& model) {
    using namespace detail;
    dimensions dims({&a, nullptr, &c}, extent);
    dims.fuse();
    step s;
    s.kind = kernel::transfer;
    append_loops(s, dims, {});
    s.seconds = model.copy(s.volume());
    return s;
}

}  // namespace xtn
