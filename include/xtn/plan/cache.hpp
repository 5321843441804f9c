// SPDX-License-Identifier: BSD-3-Clause
// Plans by the shapes and strides they were made for, so that planning is paid once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <xtn/core/extents.hpp>
#include <xtn/plan/candidates.hpp>
#include <xtn/plan/order.hpp>
#include <xtn/plan/plan.hpp>
#include <xtn/plan/pullback.hpp>
#include <xtn/plan/pushforward.hpp>

namespace xtn {

/// What a plan is wanted for.
struct plan_options {
    cost_model model{};
    label_set gradients = 0;                 ///< operands whose gradients will follow: the order counts their pullback
    residuals kept = residuals::keep;        ///< whether the pullback finds the intermediates or makes them again
    const contraction_tree* tree = nullptr;  ///< the order, where it is known beforehand
};

/// A forward plan with the pullbacks and pushforwards asked for so far.
class planned {
public:
    /// The fastest of the plans along these orders.
    planned(const problem& p, const std::vector<contraction_tree>& orders, const plan_options& options)
        : model_(options.model), kept_(options.gradients == 0 ? residuals::recompute : options.kept) {
        for (std::size_t i = 0; i < orders.size(); ++i) {
            plan tried = make_plan(p, orders[i], model_, kept_);
            if (i == 0 || tried.seconds() < forward_.seconds()) forward_ = std::move(tried);
        }
    }

    const plan& forward() const { return forward_; }
    const plan& pullback(label_set needs) {
        auto& p = pullbacks_[needs];
        if (!p) p = std::make_unique<plan>(make_pullback(forward_, needs, model_, kept_));
        return *p;
    }

    const plan& pushforward(label_set directions) {
        auto& p = pushforwards_[directions];
        if (!p) p = std::make_unique<plan>(make_pushforward(forward_, directions, model_));
        return *p;
    }

private:
    cost_model model_;
    residuals kept_;
    plan forward_;
    std::map<label_set, std::unique_ptr<plan>> pullbacks_, pushforwards_;
};

/// The plans of one network. Not for concurrent use: keep one per thread.
class plan_cache {
public:
    /// The plan for operands of these geometries. Throws shape_error where they do not fit the network. Models may differ
    /// in their scalar only.
    const std::shared_ptr<planned>& find(const network& net, const geometry* operands, const geometry& output,
                                         const plan_options& options) {
        key_.assign({static_cast<std::int64_t>(options.model.width), static_cast<std::int64_t>(options.gradients),
                     static_cast<std::int64_t>(options.kept)});
        if (options.tree != nullptr)
            for (std::size_t s = 0; s < options.tree->steps; ++s)
                key_.push_back(options.tree->left[s] << 8 | options.tree->right[s]);
        for (std::size_t i = 0; i <= net.operands; ++i) append(i < net.operands ? operands[i] : output);
        for (entry& e : entries_)
            if (e.key == key_) return e.value;
        const label_extents extent = infer_extents(net, operands);
        const std::vector<contraction_tree> orders =
            options.tree != nullptr ? std::vector{*options.tree}
                                    : candidate_orders(net, extent, options.model, options.gradients);
        if (entries_.size() == capacity) entries_.erase(entries_.begin());
        entries_.push_back(
            {key_, std::make_shared<planned>(make_problem(net, extent, operands, output), orders, options)});
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
