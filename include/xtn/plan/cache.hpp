// SPDX-License-Identifier: BSD-3-Clause
// Plans by the shapes and strides they were made for, so that planning is paid once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <xtn/core/extents.hpp>
#include <xtn/plan/order.hpp>
#include <xtn/plan/plan.hpp>
#include <xtn/plan/pullback.hpp>

namespace xtn {

/// A forward plan with the pullbacks asked for so far.
class planned {
public:
    planned(plan forward, const cost_model& model) : forward_(std::move(forward)), model_(model) {}

    const plan& forward() const { return forward_; }
    const plan& pullback(label_set needs) {
        auto& p = pullbacks_[needs];
        if (!p) p = std::make_unique<plan>(make_pullback(forward_, needs, model_));
        return *p;
    }

private:
    plan forward_;
    cost_model model_;
    std::map<label_set, std::unique_ptr<plan>> pullbacks_;
};

/// The plans of one network. Not for concurrent use: keep one per thread.
class plan_cache {
public:
    /// The plan for operands of these geometries. Throws shape_error where they do not fit the network. A tree that is
    /// known beforehand (static extents) spares the search; `gradients` says which pullbacks will follow.
    const std::shared_ptr<planned>& find(const network& net, const geometry* operands, const geometry& output,
                                         double scalar_bytes, const contraction_tree* tree = nullptr,
                                         label_set gradients = 0) {
        key_.assign({static_cast<std::int64_t>(scalar_bytes), static_cast<std::int64_t>(gradients)});
        for (std::size_t s = 0; tree != nullptr && s < tree->steps; ++s)
            key_.push_back(tree->left[s] << 8 | tree->right[s]);
        for (std::size_t i = 0; i <= net.operands; ++i) append(i < net.operands ? operands[i] : output);
        for (entry& e : entries_)
            if (e.key == key_) return e.value;
        const label_extents extent = infer_extents(net, operands);
        const cost_model model{.scalar_bytes = scalar_bytes};
        problem p = make_problem(net, extent, operands, output);
        const contraction_tree order = tree != nullptr ? *tree : contraction_order(net, extent, model, gradients);
        if (entries_.size() == capacity) entries_.erase(entries_.begin());
        entries_.push_back({key_, std::make_shared<planned>(make_plan(std::move(p), order, model), model)});
        return entries_.back().value;
    }

private:
    static constexpr std::size_t capacity = 64;
    struct entry {
        std::vector<std::int64_t> key;
        std::shared_ptr<planned> value;
    };
    void append(const geometry& g) {
        key_.push_back(static_cast<std::int64_t>(g.rank));
        key_.insert(key_.end(), g.extent.begin(), g.extent.begin() + static_cast<std::ptrdiff_t>(g.rank));
        key_.insert(key_.end(), g.stride.begin(), g.stride.begin() + static_cast<std::ptrdiff_t>(g.rank));
    }

    std::vector<std::int64_t> key_;
    std::vector<entry> entries_;
};

/// This thread's plans of a network that is known at run time only.
inline plan_cache& plans_of(const network& net) {
    static thread_local std::vector<std::pair<network, std::unique_ptr<plan_cache>>> caches;
    constexpr std::size_t most = 256;
    for (const auto& [known, cache] : caches)
        if (known == net) return *cache;
    if (caches.size() == most) caches.erase(caches.begin());
    caches.emplace_back(net, std::make_unique<plan_cache>());
    return *caches.back().second;
}

}  // namespace xtn
