// SPDX-License-Identifier: BSD-3-Clause
// An independent evaluator of networks: one loop over all labels, nothing else. Also random networks and tensors that
// lie in memory in every way that xtn accepts. Everything is drawn from std::mt19937_64 with fixed seeds.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>

namespace test {

/// So many random cases; under the sanitizers, which run without optimisation, an eighth of them.
constexpr std::size_t random_cases(std::size_t n) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    return n / 8;
#endif
#endif
    return n;
}

/// The type in which the oracle sums.
template <class T>
struct widened {
    using type = double;
};
template <class T>
struct widened<std::complex<T>> {
    using type = std::complex<double>;
};
template <class T>
using wide = typename widened<T>::type;

/// Error bounds of max|difference| / max|reference|.
template <class T>
constexpr double tolerance() {
    return std::numeric_limits<decltype(std::abs(T{}))>::digits > 24 ? 1e-10 : 1e-4;
}

/// Tensor `target` of a network as the sum over all labels of the product of all other tensors, in row-major order.
/// Tensors are the operands, then the output. With target = net.operands this is the network's value; with target = k
/// and the output holding a cotangent it is the gradient of operand k (without conjugation).
template <class T>
std::vector<wide<T>> naive_contract(const xtn::network& net, const std::vector<const T*>& data,
                                    const std::vector<xtn::geometry>& shapes, std::size_t target) {
    const std::size_t tensors = net.operands + std::size_t{1}, labels = net.labels;
    std::vector<std::int64_t> extent(labels), index(labels), offset(tensors);
    std::vector<std::vector<std::int64_t>> stride(tensors, std::vector<std::int64_t>(labels));
    for (std::size_t t = 0; t < tensors; ++t) {
        const xtn::axes& a = t < net.operands ? net.operand[t] : net.output;
        const xtn::geometry g = t != target
                                    ? shapes[t]
                                    : xtn::geometry::row_major(std::vector<std::int64_t>(
                                          shapes[t].extent.begin(),
                                          shapes[t].extent.begin() + static_cast<std::ptrdiff_t>(shapes[t].rank)));
        for (std::size_t axis = 0; axis < a.rank(); ++axis) {
            extent[a[axis]] = g.extent[axis];
            stride[t][a[axis]] += g.stride[axis];
        }
    }
    std::vector<wide<T>> result(static_cast<std::size_t>(shapes[target].volume()));
    if (std::find(extent.begin(), extent.end(), 0) != extent.end()) return result;
    for (;;) {
        wide<T> value = 1;
        for (std::size_t t = 0; t < tensors; ++t)
            if (t != target) value *= static_cast<wide<T>>(data[t][offset[t]]);
        result[static_cast<std::size_t>(offset[target])] += value;
        std::size_t l = 0;
        for (; l < labels; ++l) {
            const bool wraps = ++index[l] == extent[l];
            for (std::size_t t = 0; t < tensors; ++t)
                offset[t] += wraps ? stride[t][l] * (1 - extent[l]) : stride[t][l];
            if (!wraps) break;
            index[l] = 0;
        }
        if (l == labels) return result;
    }
}

/// The network's value for row-major shapes, in row-major order.
template <class T>
std::vector<wide<T>> naive_contract(const xtn::network& net, std::vector<const T*> data,
                                    std::vector<xtn::geometry> shapes) {
    data.push_back(nullptr);
    shapes.push_back(xtn::output_geometry(net, xtn::infer_extents(net, shapes.data())));
    return naive_contract<T>(net, data, shapes, net.operands);
}

/// max|x - reference| / max|reference|, or max|x| where the reference is 0; infinite if anything is not finite.
template <class X, class Reference>
double relative_error(const X& x, const Reference& reference) {
    constexpr double worst = std::numeric_limits<double>::infinity();
    double difference = 0, scale = 0;
    if (x.size() != reference.size()) return worst;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double d = std::abs(static_cast<std::decay_t<decltype(reference[i])>>(x[i]) - reference[i]);
        if (!std::isfinite(d)) return worst;
        difference = std::max(difference, d);
        scale = std::max(scale, static_cast<double>(std::abs(reference[i])));
    }
    return scale == 0 ? difference : difference / scale;
}

class random {
public:
    explicit random(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    double uniform(double low, double high) {
        return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1.0p-53;
    }
    /// Away from 0 and mostly positive, so that sums of products do not cancel and relative errors mean something.
    template <class T>
    T value() {
        return static_cast<T>(uniform(0.2, 1.8) * (one_in(8) ? -1 : 1));
    }
    template <class Range>
    void shuffle(Range& r) {
        for (std::size_t i = r.size(); i > 1; --i) std::swap(r[i - 1], r[below(i)]);
    }

private:
    std::mt19937_64 engine_;
};

template <>
inline std::complex<float> random::value() {
    const float re = value<float>();
    return {re, value<float>()};
}
template <>
inline std::complex<double> random::value() {
    const double re = value<double>();
    return {re, value<double>()};
}

struct random_network {
    std::string labels;
    xtn::network net;
    std::vector<std::vector<std::int64_t>> shapes;  ///< of the operands
    std::vector<std::int64_t> output_shape;
};

/// 1 to `most_operands` operands of rank 0 to 5 with shared, batch, private and diagonal labels; extents 1 to 5 and
/// primes, with at most `most_volume` iterations of the oracle.
inline random_network make_random_network(random& r, std::size_t most_operands, double most_volume) {
    const std::size_t operands = 1 + r.below(most_operands), pool = 1 + r.below(operands + 6);
    std::string alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    r.shuffle(alphabet);
    constexpr std::array<std::int64_t, 10> choice{1, 2, 2, 3, 3, 4, 5, 7, 11, 13};
    std::array<std::int64_t, 128> extent{};
    for (std::size_t l = 0; l < pool; ++l) extent[static_cast<std::size_t>(alphabet[l])] = choice[r.below(10)];

    std::vector<std::string> operand(operands);
    std::string used;
    for (std::string& o : operand) {
        const std::size_t rank = r.one_in(12) ? 0 : 1 + r.below(std::min<std::size_t>(pool, 5));
        while (o.size() < rank) {
            const char c = alphabet[r.below(pool)];
            if (o.find(c) != std::string::npos && !r.one_in(6)) {  // a diagonal now and then
                if (r.one_in(4)) break;
                continue;
            }
            o += c;
            if (used.find(c) == std::string::npos) used += c;
        }
    }
    const auto volume = [&] {
        double v = 1;
        for (const char c : used) v *= static_cast<double>(extent[static_cast<std::size_t>(c)]);
        return v;
    };
    while (volume() > most_volume) {
        auto& e = extent[static_cast<std::size_t>(used[r.below(used.size())])];
        e = (e + 1) / 2;
    }
    std::string output;
    for (const char c : used)
        if (!r.one_in(2)) output += c;
    r.shuffle(output);

    random_network result;
    for (const std::string& o : operand) result.labels += (&o == operand.data() ? "" : ",") + o;
    result.labels += "->" + output;
    result.net = xtn::make_network(result.labels);
    const auto shape_of = [&](const std::string& labels) {
        std::vector<std::int64_t> s;
        for (const char c : labels) s.push_back(extent[static_cast<std::size_t>(c)]);
        return s;
    };
    for (const std::string& o : operand) result.shapes.push_back(shape_of(o));
    result.output_shape = shape_of(output);
    return result;
}

/// How a tensor lies in memory.
enum class order { row_major, column_major, permuted, gaps, negative, broadcast };
inline constexpr std::array writable_orders{order::row_major, order::column_major, order::permuted, order::gaps,
                                            order::negative};

/// A tensor somewhere inside a larger block of memory, whose other elements are guards.
template <class T>
struct tensor {
    std::vector<T> memory;
    std::int64_t first = 0;
    xtn::geometry shape;

    T* data() { return memory.data() + first; }
    const T* data() const { return memory.data() + first; }

    /// Calls f(place in memory) for every element, in row-major order.
    template <class F>
    void for_each(F&& f) const {
        std::vector<std::int64_t> index(shape.rank);
        if (shape.volume() == 0) return;
        for (;;) {
            std::int64_t at = first;
            for (std::size_t i = 0; i < shape.rank; ++i) at += index[i] * shape.stride[i];
            f(static_cast<std::size_t>(at));
            std::size_t axis = shape.rank;
            while (axis > 0 && ++index[axis - 1] == shape.extent[axis - 1]) index[--axis] = 0;
            if (axis == 0) return;
        }
    }
    std::vector<wide<T>> values() const {
        std::vector<wide<T>> v;
        for_each([&](std::size_t i) { v.push_back(static_cast<wide<T>>(memory[i])); });
        return v;
    }
    /// Whether everything but the tensor's elements is as in `before`.
    bool guards_intact(const tensor& before) const {
        std::vector<bool> inside(memory.size());
        for_each([&](std::size_t i) { inside[i] = true; });
        for (std::size_t i = 0; i < memory.size(); ++i)
            if (!inside[i] && memory[i] != before.memory[i]) return false;
        return true;
    }
};

/// A tensor with random elements.
template <class T>
tensor<T> make_tensor(random& r, const std::vector<std::int64_t>& extents, order o) {
    const std::size_t rank = extents.size();
    std::vector<std::size_t> axes(rank);  // outermost first
    std::iota(axes.begin(), axes.end(), std::size_t{0});
    if (o == order::column_major) std::reverse(axes.begin(), axes.end());
    if (o == order::permuted || o == order::gaps || o == order::negative) r.shuffle(axes);

    tensor<T> t;
    t.shape = xtn::geometry::row_major(extents);
    constexpr std::int64_t margin = 3;
    std::int64_t low = 0, high = 0, stride = o == order::gaps && r.one_in(2) ? 2 : 1;
    for (std::size_t i = rank; i-- > 0;) {
        const std::int64_t e = extents[axes[i]];
        std::int64_t s = stride;
        if (o == order::broadcast && r.one_in(2)) s = 0;
        if (o == order::negative && r.one_in(2)) s = -s;
        t.shape.stride[axes[i]] = e == 1 && r.one_in(2) ? 0 : s;  // xtensor gives axes of extent 1 the stride 0
        (s < 0 ? low : high) += std::max<std::int64_t>(e - 1, 0) * s;
        stride *= std::max<std::int64_t>(e, 1);
        if (o == order::gaps) stride += static_cast<std::int64_t>(r.below(3));
    }
    t.first = margin - low;
    t.memory.resize(static_cast<std::size_t>(high - low + 1 + 2 * margin));
    for (T& x : t.memory) x = r.value<T>();
    return t;
}

}  // namespace test
