// SPDX-License-Identifier: BSD-3-Clause
// A contraction order for networks of any size: a binary tree in single-assignment (SSA) form. Step i contracts tensors
// left and right to tensor n + i; tensors 0 .. n - 1 are those of the network.
//
// The linear form, that of opt_einsum and numpy.einsum_path, names positions in the list of tensors that are left; what a
// step makes is appended. A Fenwick tree finds the k-th of them that is left, so both ways take O(n log n).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>

namespace xtn::graph {

/// A contraction order as opt_einsum and cotengra write it: what each step contracts.
using path = std::vector<std::vector<std::size_t>>;

namespace detail {

/// Which of the places 0 .. n - 1 are taken: the k-th taken one, and how many lie before a place.
class ranking {
public:
    ranking(std::size_t places, std::size_t taken) : sums_(std::bit_ceil(places + 1)) {
        for (std::size_t i = 1; i < sums_.size(); ++i) {
            if (i <= taken) ++sums_[i];
            if (const std::size_t up = i + (i & (~i + 1)); up < sums_.size()) sums_[up] += sums_[i];
        }
    }
    void take(std::size_t place) { change(place, 1); }
    void leave(std::size_t place) { change(place, static_cast<std::uint32_t>(-1)); }
    std::size_t before(std::size_t place) const {
        std::uint32_t sum = 0;
        for (std::size_t i = place; i > 0; i &= i - 1) sum += sums_[i];
        return sum;
    }
    std::size_t at(std::size_t k) const {
        std::size_t place = 0;
        for (std::size_t bit = sums_.size() / 2; bit > 0; bit /= 2)
            if (place + bit < sums_.size() && sums_[place + bit] <= k) {
                place += bit;
                k -= sums_[place];
            }
        return place;
    }

private:
    void change(std::size_t place, std::uint32_t by) {
        for (std::size_t i = place + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += by;
    }
    std::vector<std::uint32_t> sums_;
};

}  // namespace detail

/// A contraction order: leaves() - 1 steps, each of two tensors.
class tree {
public:
    using step = std::array<std::uint32_t, 2>;

    tree() = default;
    /// From an SSA path, whose entries name tensors by number; an entry of several contracts them from left to right, one of a
    /// single tensor does nothing. Throws shape_error where a tensor is named that is not there, or is used twice, or
    /// more than one is left.
    static tree from_ssa(const path& p, std::size_t leaves) {
        tree t(leaves);
        std::vector<std::uint32_t> made(leaves);  // tensor of this tree, by the number of the path
        for (std::size_t i = 0; i < leaves; ++i) made[i] = static_cast<std::uint32_t>(i);
        std::vector<bool> used(leaves);
        for (std::size_t e = 0; e < p.size(); ++e) {
            for (const std::size_t tensor : p[e]) {
                if (tensor >= made.size())
                    fail(e, "names tensor " + std::to_string(tensor) + ", but only " + std::to_string(made.size()) +
                                " exist then");
                if (used[tensor]) fail(e, "names tensor " + std::to_string(tensor) + ", which was used before");
                used[tensor] = true;
            }
            made.push_back(t.join(e, p[e], [&](std::size_t i) { return made[i]; }));
            used.push_back(false);
        }
        t.check_complete();
        return t;
    }
    /// From a linear path, whose entries name positions in the list of tensors that are left. Throws shape_error as
    /// from_ssa() does.
    static tree from_linear(const path& p, std::size_t leaves) {
        tree t(leaves);
        std::vector<std::uint32_t> made(leaves + p.size());
        for (std::size_t i = 0; i < leaves; ++i) made[i] = static_cast<std::uint32_t>(i);
        detail::ranking left(made.size(), leaves);
        std::size_t count = leaves;
        std::vector<std::size_t> places;
        for (std::size_t e = 0; e < p.size(); ++e) {
            places.clear();
            for (const std::size_t position : p[e]) {
                if (position >= count)
                    fail(e, "names position " + std::to_string(position) + ", but " + std::to_string(count) +
                                " tensors are left then");
                places.push_back(left.at(position));
                if (std::count(places.begin(), places.end(), places.back()) > 1)
                    fail(e, "names position " + std::to_string(position) + " twice");
            }
            made[leaves + e] = t.join(e, places, [&](std::size_t i) { return made[i]; });
            for (const std::size_t place : places) left.leave(place);
            left.take(leaves + e);
            count = count + 1 - places.size();
        }
        t.check_complete();
        return t;
    }

    std::size_t leaves() const { return leaves_; }
    const std::vector<step>& steps() const { return steps_; }
    /// Tensors that there are: leaves and what the steps make.
    std::size_t nodes() const { return leaves_ + steps_.size(); }

    path ssa() const {
        path p;
        for (const step& s : steps_) p.push_back({s[0], s[1]});
        return p;
    }
    /// Each entry with its smaller position first.
    path linear() const {
        detail::ranking left(nodes(), leaves_);
        path p;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const auto [first, second] = std::minmax({left.before(steps_[i][0]), left.before(steps_[i][1])});
            p.push_back({first, second});
            left.leave(steps_[i][0]);
            left.leave(steps_[i][1]);
            left.take(leaves_ + i);
        }
        return p;
    }

    friend bool operator==(const tree&, const tree&) = default;

    /// For searches: a tree from steps that are known to be right.
    tree(std::size_t leaves, std::vector<step> steps) : leaves_(leaves), steps_(std::move(steps)) {}

private:
    explicit tree(std::size_t leaves) : leaves_(leaves) {
        if (leaves == 0) throw shape_error("contraction order: a network needs at least one tensor, found none");
    }
    [[noreturn]] static void fail(std::size_t entry, const std::string& what) {
        throw shape_error("contraction order: entry " + std::to_string(entry) + " " + what);
    }
    template <class Made>
    std::uint32_t join(std::size_t entry, const std::vector<std::size_t>& tensors, Made made) {
        if (tensors.empty()) fail(entry, "is empty");
        std::uint32_t result = made(tensors[0]);
        for (std::size_t i = 1; i < tensors.size(); ++i) {
            steps_.push_back({result, made(tensors[i])});
            result = static_cast<std::uint32_t>(nodes() - 1);
        }
        return result;
    }
    void check_complete() const {
        if (steps_.size() + 1 != leaves_)
            throw shape_error("contraction order: " + std::to_string(leaves_ - steps_.size()) +
                              " tensors are left at its end instead of one");
    }

    std::size_t leaves_ = 0;
    std::vector<step> steps_;
};

}  // namespace xtn::graph
