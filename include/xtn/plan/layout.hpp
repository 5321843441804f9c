// SPDX-License-Identifier: BSD-3-Clause
// How a tensor lies in memory, seen through its labels: axes outermost first, each with its stride in elements.
// A normal layout has no repeated label (a diagonal is one axis whose strides are added), no axis of extent 1, and
// labels that lie next to each other in the same way in every tensor of the network are fused to one.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>

namespace xtn {

/// How a tensor lies in memory: its labels with their strides.
struct layout {
    /// One label and its stride, in elements.
    struct axis {
        xtn::label label;
        std::int64_t stride;
        friend bool operator==(const axis&, const axis&) = default;
    };
    std::vector<axis> axes;

    friend bool operator==(const layout&, const layout&) = default;

    label_set set() const {
        label_set s = 0;
        for (const axis& a : axes) s |= only(a.label);
        return s;
    }

    /// Contiguous, in the given order of labels, outermost first.
    static layout contiguous(const std::vector<label>& order, const label_extents& extent) {
        layout l;
        l.axes.resize(order.size());
        std::int64_t volume = 1;
        for (std::size_t i = order.size(); i-- > 0; volume *= extent[order[i]]) l.axes[i] = {order[i], volume};
        return l;
    }

    /// Elements of the tensor.
    std::int64_t volume(const label_extents& extent) const {
        std::int64_t v = 1;
        for (const axis& a : axes) v *= extent[a.label];
        return v;
    }
};

/// A network with its numbers, in normal form. tensors = operands, then the output.
struct problem {
    network net;
    label_extents extent{};
    std::vector<layout> tensors;
    std::array<std::uint8_t, max_labels> fused{};  ///< label (counted from 1) that was fused in front of this one
    label_set diagonal = 0;                        ///< bit i: operand i repeats a label

    const layout& output() const { return tensors.back(); }

    /// A label as text, with what was fused into it: "jk".
    std::string name(label l) const {
        std::string s = fused[l] == 0 ? "" : name(static_cast<label>(fused[l] - 1));
        return s += net.name[l];
    }
    std::string name(const layout& l) const {
        std::string s;
        for (const layout::axis& a : l.axes) s += name(a.label);
        return s;
    }
};

namespace detail {

inline layout normal_layout(const axes& labels, const geometry& g) {
    layout l;
    for (std::size_t i = 0; i < labels.rank(); ++i) {
        if (g.extent[i] == 1) continue;
        const auto same = std::find_if(l.axes.begin(), l.axes.end(), [&](auto& a) { return a.label == labels[i]; });
        if (same != l.axes.end())
            same->stride += g.stride[i];
        else
            l.axes.push_back({labels[i], g.stride[i]});
    }
    std::stable_sort(l.axes.begin(), l.axes.end(), [](auto& a, auto& b) { return a.stride > b.stride; });
    return l;
}

/// Whether y directly follows x, without a gap, wherever either of them occurs.
inline bool travel_together(const problem& p, label x, label y) {
    if (p.extent[x] * p.extent[y] > INT_MAX) return false;
    for (const layout& t : p.tensors) {
        const layout::axis *ax = nullptr, *ay = nullptr;
        for (const layout::axis& a : t.axes) {
            if (a.label == x) ax = &a;
            if (a.label == y) ay = &a;
        }
        if ((ax == nullptr) != (ay == nullptr)) return false;
        if (ax != nullptr && ax->stride != ay->stride * p.extent[y]) return false;
    }
    return true;
}

inline void fuse_labels(problem& p) {
    for (bool again = true; again;) {
        again = false;
        for (const layout& t : p.tensors)
            for (std::size_t i = 0; i + 1 < t.axes.size() && !again; ++i) {
                const label x = t.axes[i].label, y = t.axes[i + 1].label;
                if (p.fused[y] != 0 || !travel_together(p, x, y)) continue;
                p.extent[y] *= p.extent[x];
                p.fused[y] = static_cast<std::uint8_t>(x + 1);
                for (layout& other : p.tensors) std::erase_if(other.axes, [&](auto& a) { return a.label == x; });
                again = true;
            }
    }
}

}  // namespace detail

/// Brings a network with operands and output in memory to normal form. The extents have been checked.
inline problem make_problem(const network& net, const label_extents& extent, const geometry* operands,
                            const geometry& output) {
    problem p{.net = net, .extent = extent, .tensors = {}};
    for (std::size_t i = 0; i < net.operands; ++i) {
        p.tensors.push_back(detail::normal_layout(net.operand[i], operands[i]));
        std::size_t different = 0;
        for_each_label(net.operand[i].set(), [&](label) { ++different; });
        if (different != net.operand[i].rank()) p.diagonal |= label_set{1} << i;
    }
    p.tensors.push_back(detail::normal_layout(net.output, output));
    detail::fuse_labels(p);
    return p;
}

}  // namespace xtn
