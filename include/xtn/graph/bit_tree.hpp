// SPDX-License-Identifier: BSD-3-Clause
// A contraction tree that is being improved: the labels of every node as a row of bits, so that unions, intersections and
// volumes are a few instructions. Labels of one extent share whole words; the volume of a set is then one look-up by
// the number of bits for each different extent.
//
// A label is open at a node while tensors outside its subtree, or the output, have it. For children x, y of p and x' made
// of other subtrees of p, open(x') = labels(x') & (labels of the rest of p | open(p)): no counting, hyperedges included.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <xtn/graph/problem.hpp>
#include <xtn/graph/tree.hpp>

namespace xtn::graph::detail {

/// The number of bits that are set. Without -mpopcnt std::popcount calls a function.
inline std::uint32_t bit_count(std::uint64_t x) {
#if defined(__POPCNT__)
    return static_cast<std::uint32_t>(std::popcount(x));
#else
    x -= (x >> 1) & 0x5555555555555555U;
    x = (x & 0x3333333333333333U) + ((x >> 2) & 0x3333333333333333U);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fU;
    return static_cast<std::uint32_t>((x * 0x0101010101010101U) >> 56);
#endif
}

/// The tree of a problem with at least two tensors.
class bit_tree {
public:
    static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

    bit_tree(const problem& p, const std::vector<tree::step>& steps) : problem_(&p), leaves_(p.tensors()) {
        number_labels();
        const std::size_t n = leaves_ + steps.size();
        left_.assign(n, none);
        right_.assign(n, none);
        parent_.assign(n, none);
        bits_.assign(n * words_, 0);
        volume_.assign(n, 1);
        cost_.assign(n, 0);
        depends_.assign(n, 0);
        set_steps(steps);
        for (std::size_t i = 0; i < leaves_; ++i) {
            for (const std::uint32_t l : p.legs[i]) set_bit(i, place_[l]);
            volume_[i] = volume(row(i));
            depends_[i] = p.depends[i];
        }
        close_labels();
        for (std::size_t i = leaves_; i < n; ++i) refresh(static_cast<std::uint32_t>(i));
    }

    std::size_t leaves() const { return leaves_; }
    std::size_t nodes() const { return left_.size(); }
    std::size_t words() const { return words_; }
    bool is_leaf(std::uint32_t i) const { return i < leaves_; }
    std::uint32_t root() const { return root_; }
    std::uint32_t left(std::uint32_t i) const { return left_[i]; }
    std::uint32_t right(std::uint32_t i) const { return right_[i]; }
    std::uint32_t parent(std::uint32_t i) const { return parent_[i]; }
    double volume(std::uint32_t i) const { return volume_[i]; }
    double cost(std::uint32_t i) const { return cost_[i]; }
    std::uint8_t depends(std::uint32_t i) const { return depends_[i]; }
    const std::uint64_t* row(std::size_t i) const { return bits_.data() + i * words_; }
    const problem& of() const { return *problem_; }

    /// The price of the whole tree.
    double price() const {
        double sum = 0;
        for (std::size_t i = leaves_; i < nodes(); ++i) sum += cost_[i];
        return sum;
    }
    /// The largest tensor that a step makes, the last one's apart if others are there.
    double largest() const {
        double v = 0;
        for (std::size_t i = leaves_; i < nodes(); ++i) v = std::max(v, volume_[i]);
        return v;
    }

    /// The volume of a set given word by word.
    template <class Word>
    double volume_by(Word word) const {
        double v = 1;
        std::size_t w = 0;
        for (const group& g : groups_) {
            std::uint32_t count = 0;
            for (; w < g.end; ++w) count += bit_count(word(w));
            v *= g.power[count];
        }
        return v;
    }
    double volume(const std::uint64_t* set) const {
        return volume_by([set](std::size_t w) { return set[w]; });
    }
    double volume_of_union(const std::uint64_t* a, const std::uint64_t* b) const {
        return volume_by([a, b](std::size_t w) { return a[w] | b[w]; });
    }

    /// The price of contracting subtrees that depend on `what`, once for each of their runs.
    double price(double a, double b, double c, double touched, std::uint8_t what) const {
        return problem_->price(a, b, c, touched) * problem_->runs[what];
    }

    void set_children(std::uint32_t i, std::uint32_t left, std::uint32_t right) {
        left_[i] = left;
        right_[i] = right;
        parent_[left] = i;
        parent_[right] = i;
    }
    /// The labels of a node, where they changed.
    std::uint64_t* open_row(std::uint32_t i) { return bits_.data() + i * words_; }
    /// Volume, dependence and price of a node whose labels and children are set.
    void refresh(std::uint32_t i) {
        const std::uint32_t l = left_[i], r = right_[i];
        volume_[i] = volume(row(i));
        depends_[i] = depends_[l] | depends_[r];
        cost_[i] = price(volume_[l], volume_[r], volume_[i], volume_of_union(row(l), row(r)), depends_[i]);
    }

    /// The steps, children first.
    std::vector<tree::step> steps() const {
        std::vector<tree::step> out;
        std::vector<std::uint32_t> number(nodes()), order = internal_nodes();
        for (std::uint32_t i = 0; i < leaves_; ++i) number[i] = i;
        for (const std::uint32_t i : order) {
            number[i] = static_cast<std::uint32_t>(leaves_ + out.size());
            out.push_back({number[left_[i]], number[right_[i]]});
        }
        return out;
    }
    /// The nodes that are no leaves, children first.
    std::vector<std::uint32_t> internal_nodes() const {
        std::vector<std::uint32_t> order, stack{root_};
        while (!stack.empty()) {
            const std::uint32_t i = stack.back();
            stack.pop_back();
            if (is_leaf(i)) continue;
            order.push_back(i);
            stack.push_back(left_[i]);
            stack.push_back(right_[i]);
        }
        std::reverse(order.begin(), order.end());
        return order;
    }
    /// The leaves from left to right.
    std::vector<std::uint32_t> leaf_order() const {
        std::vector<std::uint32_t> order, stack{root_};
        while (!stack.empty()) {
            const std::uint32_t i = stack.back();
            stack.pop_back();
            if (is_leaf(i)) {
                order.push_back(i);
            } else {
                stack.push_back(right_[i]);
                stack.push_back(left_[i]);
            }
        }
        return order;
    }
    /// The extent of the label at a place, and whether the output has it.
    double extent_at(std::size_t place) const { return extent_at_[place]; }
    bool kept_at(std::size_t place) const { return (kept_[place / 64] >> (place % 64) & 1) != 0; }
    std::uint32_t label_at(std::size_t place) const { return label_at_[place]; }

private:
    struct group {
        std::size_t end = 0;        ///< one past its last word
        std::vector<double> power;  ///< of the extent, by exponent
    };

    void set_bit(std::size_t i, std::size_t place) { bits_[i * words_ + place / 64] |= std::uint64_t{1} << place % 64; }

    void number_labels() {
        const problem& p = *problem_;
        std::vector<std::uint8_t> used(p.labels());
        for (std::size_t i = 0; i < leaves_; ++i)
            for (const std::uint32_t l : p.legs[i]) used[l] = 1;
        std::map<double, std::vector<std::uint32_t>> by_extent;
        for (std::uint32_t l = 0; l < p.labels(); ++l)
            if (used[l] != 0) by_extent[p.extent[l]].push_back(l);
        place_.assign(p.labels(), 0);
        for (const auto& [extent, labels] : by_extent) {
            group g;
            const std::size_t first = 64 * words_;
            words_ += (labels.size() + 63) / 64;
            g.end = words_;
            g.power.push_back(1);
            for (std::size_t i = 0; i < labels.size(); ++i) {
                place_[labels[i]] = static_cast<std::uint32_t>(first + i);
                g.power.push_back(g.power.back() * extent);
            }
            groups_.push_back(std::move(g));
            extent_at_.resize(64 * words_, extent);
            label_at_.resize(64 * words_, none);
            for (const std::uint32_t l : labels) label_at_[place_[l]] = l;
        }
        kept_.assign(words_, 0);
        for (std::uint32_t l = 0; l < p.labels(); ++l)
            if (used[l] != 0 && p.kept[l] != 0) kept_[place_[l] / 64] |= std::uint64_t{1} << place_[l] % 64;
    }
    void set_steps(const std::vector<tree::step>& steps) {
        for (std::size_t s = 0; s < steps.size(); ++s)
            set_children(static_cast<std::uint32_t>(leaves_ + s), steps[s][0], steps[s][1]);
        root_ = static_cast<std::uint32_t>(nodes() - 1);
    }
    /// The labels of inner nodes: upwards all labels, downwards those that are needed outside.
    void close_labels() {
        for (std::size_t i = leaves_; i < nodes(); ++i)
            for (std::size_t w = 0; w < words_; ++w)
                bits_[i * words_ + w] = bits_[left_[i] * words_ + w] | bits_[right_[i] * words_ + w];
        std::vector<std::uint64_t> needed(nodes() * words_);
        std::copy(kept_.begin(), kept_.end(), needed.begin() + static_cast<std::ptrdiff_t>(root_ * words_));
        for (std::size_t i = nodes(); i-- > leaves_;)
            for (std::size_t w = 0; w < words_; ++w) {
                const std::size_t at = i * words_ + w, l = left_[i] * words_ + w, r = right_[i] * words_ + w;
                needed[l] = needed[at] | bits_[r];
                needed[r] = needed[at] | bits_[l];
                bits_[at] &= needed[at];
            }
    }

    const problem* problem_;
    std::size_t leaves_, words_ = 0;
    std::vector<std::uint32_t> left_, right_, parent_;
    std::vector<std::uint64_t> bits_;
    std::vector<double> volume_, cost_;
    std::vector<std::uint8_t> depends_;
    std::uint32_t root_ = none;

    std::vector<std::uint32_t> place_;     ///< of each label among the bits
    std::vector<std::uint32_t> label_at_;  ///< of each place
    std::vector<double> extent_at_;
    std::vector<group> groups_;
    std::vector<std::uint64_t> kept_;
};

}  // namespace xtn::graph::detail
