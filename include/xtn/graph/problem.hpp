// SPDX-License-Identifier: BSD-3-Clause
// What a search for orders sees of a network: for every tensor the labels that matter to others, without repetitions,
// without those summed on the spot, and without extents of 1; and what a step costs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/plan/cost.hpp>
#include <xtn/plan/order.hpp>

namespace xtn::graph {

/// What an order shall make small.
enum class objective : std::uint8_t {
    flops,    ///< scalar multiplications
    memory,   ///< elements written
    seconds,  ///< the time that the cost model expects
};

namespace detail {

/// The price of a step that contracts volumes a and b to c, where all labels touched have volume `touched`.
class step_price {
public:
    step_price() = default;
    step_price(objective what, const cost_model& model) : what_(what), model_(model) {}
    double operator()(double a, double b, double c, double touched) const {
        switch (what_) {
            case objective::flops: return touched;
            case objective::memory: return c + touched * 0x1p-20;  // flops decide between equals
            case objective::seconds: return xtn::detail::step_seconds(model_, a, b, c, touched);
        }
        return 0;
    }
    bool is_flops() const { return what_ == objective::flops; }

private:
    objective what_ = objective::flops;
    cost_model model_;
};

/// Lists of numbers in one piece of memory.
class lists {
public:
    std::size_t size() const { return first_.size() - 1; }
    std::span<const std::uint32_t> operator[](std::size_t i) const {
        return {items_.data() + first_[i], first_[i + 1] - first_[i]};
    }
    void push(std::uint32_t item) { items_.push_back(item); }
    void end_list() { first_.push_back(items_.size()); }
    void reserve(std::size_t count, std::size_t items) {
        first_.reserve(count + 1);
        items_.reserve(items);
    }
    std::size_t items() const { return items_.size(); }

private:
    std::vector<std::uint32_t> items_;
    std::vector<std::size_t> first_{0};
};

/// What a step depends on, and so how often it runs.
enum dependence : std::uint8_t { on_nothing = 0, on_changing = 1, on_slices = 2 };

/// A network as a search sees it.
struct problem {
    lists legs;                              ///< sorted labels of each tensor
    std::vector<double> extent;              ///< of each label
    std::vector<std::uint8_t> kept;          ///< whether the output has it
    std::vector<std::uint8_t> depends;       ///< of each tensor, bits of `dependence`
    std::array<double, 4> runs{1, 1, 1, 1};  ///< how often a step is run, by what it depends on
    step_price price;
    double limit = 0;  ///< elements that a tensor which a step makes may have; 0 without a limit

    std::size_t tensors() const { return legs.size(); }
    std::size_t labels() const { return extent.size(); }
    double volume(std::span<const std::uint32_t> of) const {
        double v = 1;
        for (const std::uint32_t l : of) v *= extent[l];
        return v;
    }
};

/// The problem of a network where some labels are sliced, that is, have one value at a time.
inline problem make_problem(const network& net, std::span<const label_id> sliced, step_price price) {
    problem p;
    p.price = price;
    p.kept.assign(net.labels(), 0);
    p.extent.resize(net.labels());
    p.depends.assign(net.tensors(), on_nothing);
    for (std::size_t l = 0; l < net.labels(); ++l)
        p.extent[l] = std::max(1.0, static_cast<double>(net.extent(static_cast<label_id>(l))));
    for (const label_id l : net.output()) p.kept[l] = 1;
    std::vector<std::uint8_t> is_sliced(net.labels());
    for (const label_id l : sliced) {
        is_sliced[l] = 1;
        for (const std::size_t with : {2u, 3u}) p.runs[with] *= p.extent[l];
        p.extent[l] = 1;
    }
    std::vector<std::uint32_t> uses(net.labels());
    std::vector<std::vector<label_id>> sets(net.tensors());
    for (std::size_t i = 0; i < net.tensors(); ++i) {
        sets[i].assign(net.input(i).begin(), net.input(i).end());
        std::sort(sets[i].begin(), sets[i].end());
        sets[i].erase(std::unique(sets[i].begin(), sets[i].end()), sets[i].end());
        for (const label_id l : sets[i]) ++uses[l];
    }
    for (std::size_t i = 0; i < net.tensors(); ++i) {
        for (const label_id l : sets[i]) {
            if (is_sliced[l] != 0) p.depends[i] |= on_slices;
            if (p.extent[l] > 1 && (uses[l] > 1 || p.kept[l] != 0)) p.legs.push(l);
        }
        p.legs.end_list();
    }
    return p;
}

/// Steps of an order that is being made, and their price.
struct draft {
    std::vector<std::array<std::uint32_t, 2>> steps;
    double price = 0;
};

/// Random numbers for searches: xoshiro256++ (Blackman and Vigna, ACM Trans. Math. Softw. 47, 36, 2021), seeded by
/// SplitMix64.
class search_random {
public:
    search_random(std::uint64_t seed, std::uint64_t stream) {
        std::uint64_t z = seed * 0xd1342543de82ef95U + stream;
        for (std::uint64_t& s : state_) {
            z += 0x9e3779b97f4a7c15U;
            std::uint64_t x = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
            x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
            s = x ^ (x >> 31);
        }
    }
    std::uint64_t bits() {
        const auto turn = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
        const std::uint64_t result = turn(state_[0] + state_[3], 23) + state_[0], t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = turn(state_[3], 45);
        return result;
    }
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    /// One of 0 .. n - 1, for n below 2^32.
    std::uint32_t below(std::uint32_t n) {
        return static_cast<std::uint32_t>(((bits() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
    }

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace detail
}  // namespace xtn::graph
