// SPDX-License-Identifier: BSD-3-Clause
// Large trees in parts: a node and what lies below it, down to some hundred subtrees, is a network of its own, whose tensors
// are those subtrees. Parts do not overlap, so each is improved apart, from the root downwards.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include <xtn/graph/problem.hpp>
#include <xtn/graph/tree.hpp>

namespace xtn::graph::detail {

/// A tree whose nodes know their labels as lists, however many there are.
class large_tree {
public:
    large_tree(const problem& p, const std::vector<tree::step>& steps) : problem_(p), steps_(steps) {
        const std::size_t n = p.tensors();
        std::vector<std::uint32_t> uses(p.labels());
        for (std::size_t l = 0; l < p.labels(); ++l) uses[l] = p.kept[l];
        for (std::size_t i = 0; i < n; ++i)
            for (const std::uint32_t l : p.legs[i]) ++uses[l];
        legs_.resize(n + steps.size());
        depends_ = p.depends;
        for (std::size_t i = 0; i < n; ++i) legs_[i].assign(p.legs[i].begin(), p.legs[i].end());
        for (std::size_t s = 0; s < steps.size(); ++s) {
            const auto &a = legs_[steps[s][0]], &b = legs_[steps[s][1]];
            auto& c = legs_[n + s];
            for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
                const bool in_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
                const bool in_b = i == a.size() || (j < b.size() && b[j] <= a[i]);
                const std::uint32_t l = in_a ? a[i] : b[j];
                if (!in_a || !in_b || --uses[l] > 1) c.push_back(l);
                i += in_a ? 1 : 0;
                j += in_b ? 1 : 0;
            }
            depends_.push_back(depends_[steps[s][0]] | depends_[steps[s][1]]);
        }
    }

    double volume(std::uint32_t i) const { return problem_.volume(legs_[i]); }
    std::uint8_t depends(std::uint32_t i) const { return depends_[i]; }
    /// The volume of all labels that the step which makes node i touches.
    double touched(std::uint32_t i) const {
        const auto [l, r] = steps_[i - problem_.tensors()];
        double v = volume(l);
        for (const std::uint32_t label : legs_[r])
            if (!std::binary_search(legs_[l].begin(), legs_[l].end(), label)) v *= problem_.extent[label];
        return v;
    }

    /// Improves every part of up to `size` subtrees by better(problem, steps), which returns a draft.
    template <class Better>
    draft improve(std::size_t size, Better better) const {
        const std::size_t n = problem_.tensors();
        draft out;
        if (steps_.empty()) return out;
        std::vector<std::uint32_t> made(legs_.size(), 0);  // the number in the new tree of what is contracted already
        for (std::uint32_t i = 0; i < n; ++i) made[i] = i;
        struct part {
            std::uint32_t root;
            std::vector<std::uint32_t> tensors;
            draft order;
        };
        std::vector<part> parts;
        std::vector<std::uint32_t> roots{static_cast<std::uint32_t>(legs_.size() - 1)};
        while (!roots.empty()) {
            part q{.root = roots.back(), .tensors = {}, .order = {}};
            roots.pop_back();
            q.order = better_part(q.root, size, q.tensors, better);
            for (const std::uint32_t t : q.tensors)
                if (t >= n) roots.push_back(t);
            parts.push_back(std::move(q));
        }
        for (std::size_t k = parts.size(); k-- > 0;) {  // what lies below comes later in the list
            const part& q = parts[k];
            std::vector<std::uint32_t> here;
            for (const auto& s : q.order.steps) {
                const auto find = [&](std::uint32_t t) {
                    return t < q.tensors.size() ? made[q.tensors[t]] : here[t - q.tensors.size()];
                };
                out.steps.push_back({find(s[0]), find(s[1])});
                here.push_back(static_cast<std::uint32_t>(n + out.steps.size() - 1));
            }
            made[q.root] = here.back();
            out.price += q.order.price;
        }
        return out;
    }

private:
    template <class Better>
    draft better_part(std::uint32_t root, std::size_t size, std::vector<std::uint32_t>& tensors, Better& better) const {
        const std::size_t n = problem_.tensors();
        std::queue<std::uint32_t> open;
        std::vector<std::uint32_t> inner;
        open.push(root);
        while (!open.empty()) {
            const std::uint32_t i = open.front();
            open.pop();
            if (i < n || tensors.size() + open.size() + 1 >= size) {
                tensors.push_back(i);
                continue;
            }
            inner.push_back(i);
            for (const std::uint32_t child : steps_[i - n]) open.push(child);
        }
        std::sort(inner.begin(), inner.end());

        problem p;
        p.price = problem_.price;
        p.runs = problem_.runs;
        p.limit = problem_.limit;
        std::vector<std::uint32_t> labels;
        for (const std::uint32_t t : tensors) labels.insert(labels.end(), legs_[t].begin(), legs_[t].end());
        std::sort(labels.begin(), labels.end());
        labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
        const auto number = [&](std::uint32_t l) {
            return static_cast<std::uint32_t>(std::lower_bound(labels.begin(), labels.end(), l) - labels.begin());
        };
        p.kept.assign(labels.size(), 0);
        for (const std::uint32_t l : labels) p.extent.push_back(problem_.extent[l]);
        for (const std::uint32_t l : legs_[root]) p.kept[number(l)] = 1;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> numbers;  // of nodes of this tree, in the part
        for (const std::uint32_t t : tensors) {
            for (const std::uint32_t l : legs_[t]) p.legs.push(number(l));
            p.legs.end_list();
            p.depends.push_back(depends_[t]);
            numbers.emplace_back(t, static_cast<std::uint32_t>(numbers.size()));
        }
        for (const std::uint32_t i : inner) numbers.emplace_back(i, static_cast<std::uint32_t>(numbers.size()));
        std::sort(numbers.begin(), numbers.end());
        const auto in_part = [&](std::uint32_t node) {
            return std::lower_bound(numbers.begin(), numbers.end(), std::pair{node, std::uint32_t{0}})->second;
        };
        std::vector<tree::step> steps;
        for (const std::uint32_t i : inner) steps.push_back({in_part(steps_[i - n][0]), in_part(steps_[i - n][1])});
        return better(p, steps);
    }

    const problem& problem_;
    const std::vector<tree::step>& steps_;
    std::vector<std::vector<std::uint32_t>> legs_;
    std::vector<std::uint8_t> depends_;
};

}  // namespace xtn::graph::detail
