// SPDX-License-Identifier: BSD-3-Clause
// Random numbers that are the same with every compiler, standard library and thread count.
//
// A stream is named by (seed, stream id), not by its place in a queue: whoever needs numbers derives the stream of his
// own layer, step or lane, and neither the order of construction nor the number of threads changes what he gets.
//
//     key(seed, id) = mix(mix(seed) + gamma (id + 1)),   engine = std::mt19937_64(key),
//
// with the output function and the increment of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014). mix is a bijection and gamma is odd, so the streams of one seed have distinct keys. The
// engine is fixed by the C++ standard; its distributions are not, so these come from Boost.Random.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <utility>

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <xtn/core/error.hpp>

namespace xtn {

namespace detail {

/// The output function of SplitMix64 (variant 13 of Stafford's mixers), a bijection of 64-bit words.
constexpr std::uint64_t splitmix64_mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

inline constexpr std::uint64_t splitmix64_gamma = 0x9e3779b97f4a7c15U;

}  // namespace detail

/// An independent stream of random numbers. Meets UniformRandomBitGenerator; copyable: a copy repeats the original.
/// A stream serves one thread; derive one per task with another id instead of sharing.
class random_stream {
public:
    using result_type = std::uint64_t;

    explicit random_stream(std::uint64_t seed, std::uint64_t stream = 0) : engine_(key(seed, stream)) {}

    /// The engine's seed. For one `seed`, distinct streams have distinct keys.
    static constexpr std::uint64_t key(std::uint64_t seed, std::uint64_t stream) {
        return detail::splitmix64_mix(detail::splitmix64_mix(seed + detail::splitmix64_gamma) +
                                      detail::splitmix64_gamma * (stream + 1));
    }

    static constexpr result_type min() { return std::mt19937_64::min(); }
    static constexpr result_type max() { return std::mt19937_64::max(); }

    /// 64 random bits.
    result_type operator()() { return engine_(); }

    /// Uniform in [0, 1): a multiple of 2^-53.
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }

    /// Uniform between low and high; high itself can only come about by rounding. The explicit fma rounds once
    /// everywhere, where a compiler's own contraction would depend on the target.
    double uniform(double low, double high) { return std::fma(high - low, uniform(), low); }

    /// Standard normal.
    double normal() { return boost::random::normal_distribution<double>()(engine_); }

    /// Uniform in {0, ..., n - 1}, without bias. n = 0 is an xtn::error.
    std::uint64_t uniform_index(std::uint64_t n) {
        if (n == 0)
            throw error("xtn::random_stream::uniform_index: expected at least one value to choose from, found 0");
        return boost::random::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_);
    }

    /// Independent normal numbers of mean 0 and standard deviation sigma. Complex ones have E|z|^2 = sigma^2, half of it
    /// in each part. Numbers are drawn in double precision and rounded: one seed means one model, in float and in double.
    template <class T, std::size_t N>
    void fill_normal(std::span<T, N> values, double sigma) {
        if constexpr (std::floating_point<T>) {
            for (T& value : values) value = static_cast<T>(sigma * normal());
        } else {
            using real = typename T::value_type;
            const double part = sigma / std::numbers::sqrt2;
            for (T& value : values) {
                const double re = part * normal(), im = part * normal();  // in this order
                value = T(static_cast<real>(re), static_cast<real>(im));
            }
        }
    }

    /// Independent numbers, uniform between low and high, drawn in double precision and rounded.
    template <std::floating_point T, std::size_t N>
    void fill_uniform(std::span<T, N> values, double low, double high) {
        for (T& value : values) value = static_cast<T>(uniform(low, high));
    }

    /// A uniformly random order of `values` (Fisher and Yates). std::shuffle differs between standard libraries.
    template <class T, std::size_t N>
    void shuffle(std::span<T, N> values) {
        using std::swap;
        for (std::size_t i = values.size(); i > 1; --i)
            swap(values[i - 1], values[static_cast<std::size_t>(uniform_index(i))]);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace xtn
