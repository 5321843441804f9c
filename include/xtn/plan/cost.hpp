// SPDX-License-Identifier: BSD-3-Clause
// What the planner believes a machine can do. Times are in seconds and add up over the steps of a plan:
//
//     time of a step = calls * call + flops / (flop_rate * efficiency(m, n, k)) + bytes / cache_bandwidth
//
// The efficiency of a matrix product falls with small extents: efficiency = m/(m + m0) * n/(n + m0) * k/(k + k0), which
// keeps the time linear in every extent; m and n share a constant, for lowering may exchange them. The constants
// were measured by bench_cost_model on one core of a Sapphire Rapids server in single precision (OpenBLAS 0.3.21, SkylakeX
// kernels, a fit within a factor of 1.8 from 4 x 4 x 4 to 1024 x 1024 x 256; bfloat16 by AMX, oneDNN 2.6.3); ratios between plans,
// not absolute times, matter.
#pragma once

#include <cstddef>
#include <type_traits>

namespace xtn {

/// Constants of a machine, in seconds, flops and bytes; see this file's head for the formula.
struct cost_model {
    double flop_rate = 1.3e11;         ///< flops per second of a large matrix product
    double bfloat16_rate = 9e11;       ///< the same for factors of bfloat16, where the processor has such products
    double half_mn = 2.5, half_k = 8;  ///< extents at which that rate is halved
    double product_rate = 1e10;        ///< flops per second of element-wise products: 3e9 to 3e10, by the nest of loops
    double bandwidth = 1.1e10;         ///< bytes per second from and to memory
    double cache_bandwidth = 5e10;     ///< bytes per second from and to the cache
    double copy_bandwidth = 1.5e10;    ///< bytes per second of a permuting copy
    double call = 5e-8;                ///< seconds per kernel call
    double cache = 1 << 20;            ///< bytes that the tensors of a step may take to stay at hand: half of L2
    double scalar_bytes = 4;           ///< bytes per element
    double width = 1;                  ///< how many times longer a multiply-add takes than in single precision

    /// The same machine for elements of type T, real or std::complex: half the rate in double precision, a quarter for
    /// complex numbers.
    template <class T>
    static constexpr cost_model of() {
        constexpr double bytes = sizeof(T);
        return {.scalar_bytes = bytes, .width = std::is_floating_point_v<T> ? bytes / 4 : bytes / 2};
    }

    /// The same machine multiplying factors of bfloat16, which its processor can.
    constexpr cost_model of_bfloat16() const {
        cost_model m = *this;
        m.flop_rate = bfloat16_rate;
        return m;
    }

    /// Counts flops and nothing else: the classic objective of contraction orders.
    static constexpr cost_model flops_only() {
        return {.flop_rate = 1,
                .half_mn = 0,
                .half_k = 0,
                .product_rate = 1,
                .bandwidth = 0,
                .cache_bandwidth = 0,
                .copy_bandwidth = 0,
                .call = 0,
                .cache = 0,
                .scalar_bytes = 0};
    }

    /// Seconds of one m x n x k matrix product, without moving its operands from memory.
    constexpr double gemm(double m, double n, double k) const {
        const double flops = 2 * m * n * k;
        return call + flops * (1 + half_mn / m) * (1 + half_mn / n) * (1 + half_k / k) * width / flop_rate;
    }
    constexpr double product(double flops) const { return call + flops * width / product_rate; }

    /// Seconds of contracting tensors of volumes a and b to volume c by matrix products, where all labels touched have
    /// volume `touched` and the layouts are perfect: touched = batch m n k, a = batch m k, b = batch k n, c = batch m n.
    constexpr double gemm(double a, double b, double c, double touched) const {
        const double m = touched / b, n = touched / a, k = touched / c;
        return touched / (m * n * k) * gemm(m, n, k);
    }
    /// The same by the faster kernel.
    constexpr double kernel(double a, double b, double c, double touched) const {
        const double by_gemm = gemm(a, b, c, touched), by_product = product(2 * touched);
        return by_gemm < by_product ? by_gemm : by_product;
    }
    /// Seconds of moving so many elements, from memory or from the cache.
    constexpr double move(double elements) const { return bandwidth == 0 ? 0 : elements * scalar_bytes / bandwidth; }
    constexpr double touch(double elements) const {
        return cache_bandwidth == 0 ? 0 : elements * scalar_bytes / cache_bandwidth;
    }
    constexpr double copy(double elements) const {
        return call + (copy_bandwidth == 0 ? 0 : 2 * elements * scalar_bytes / copy_bandwidth);
    }
};

}  // namespace xtn
