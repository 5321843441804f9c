// SPDX-License-Identifier: BSD-3-Clause
// Plans by the networks, shapes and strides they were made for, so that planning is paid once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>
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

/// Plans by what they were made for: network, geometries, scalar type, gradients and order. What was found lives as long
/// as it has an owner, whatever the cache forgets. Not for concurrent use: keep one per thread.
class plan_cache {
public:
    /// Keeps so many plans, a few kilobytes each.
    explicit plan_cache(std::size_t capacity = 1024) : capacity_(std::max<std::size_t>(capacity, 1)) {}
    plan_cache(const plan_cache&) = delete;
    plan_cache& operator=(const plan_cache&) = delete;

    /// The plan for operands of these geometries; the reference is good until the next call. Throws shape_error where
    /// they do not fit the network. Models may differ in their scalar and their rate only.
    const std::shared_ptr<planned>& find(const network& net, const geometry* operands, const geometry& output,
                                         const plan_options& options) {
        write_key(net, operands, output, options);
        if (latest_ != nullptr && latest_->first == key_) return latest_->second.plans;
        auto found = entries_.find(key_);
        if (found == entries_.end()) {
            const label_extents extent = infer_extents(net, operands);
            const std::vector<contraction_tree> orders =
                options.tree != nullptr ? std::vector{*options.tree}
                                        : candidate_orders(net, extent, options.model, options.gradients);
            auto plans = std::make_shared<planned>(make_problem(net, extent, operands, output), orders, options);
            if (all_.size() == capacity_) forget_one();
            all_.reserve(all_.size() + 1);
            found = entries_.emplace(key_, entry{std::move(plans)}).first;
            all_.push_back(&*found);
        }
        latest_ = &*found;
        latest_->second.last_use = ++uses_;
        return latest_->second.plans;
    }

private:
    using key = std::vector<std::uint64_t>;
    struct entry {
        std::shared_ptr<planned> plans;
        std::uint64_t last_use = 0;
    };
    struct hash {
        std::size_t operator()(const key& k) const {
            std::uint64_t h = 0;
            for (const std::uint64_t word : k) {
                h = (h ^ word) * 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
                h ^= h >> 32;
            }
            return h;
        }
    };
    using entries = std::unordered_map<key, entry, hash>;

    static constexpr std::size_t words(std::size_t bytes) { return (bytes + 7) / 8; }

    /// Every part is as long as what precedes it says, so different questions have different keys.
    void write_key(const network& net, const geometry* operands, const geometry& output, const plan_options& options) {
        const auto each = [&](auto&& f) {
            for (std::size_t i = 0; i < net.operands; ++i) f(net.operand[i], operands[i]);
            f(net.output, output);
        };
        constexpr std::size_t tree_words = words(2 * max_operands);
        const std::uint64_t steps = options.tree != nullptr ? options.tree->steps : 0;
        std::size_t size = 2 + (steps != 0 ? tree_words : 0) + words(net.labels);
        each([&](const axes& a, const geometry& g) { size += 1 + 2 * g.rank + words(a.rank()); });
        key_.resize(size);
        std::uint64_t* to = key_.data();
        const auto copy_bytes = [&](const void* from, std::size_t count) {
            std::memcpy(to, from, 8 * count);
            to += count;
        };
        *to++ = options.gradients | std::uint64_t{net.operands} << 16 | std::uint64_t{net.labels} << 24 | steps << 32 |
                static_cast<std::uint64_t>(options.kept) << 40 | static_cast<std::uint64_t>(options.model.width) << 48;
        *to++ = std::bit_cast<std::uint64_t>(options.model.flop_rate);
        if (steps != 0) {
            copy_bytes(options.tree->left.data(), tree_words / 2);
            copy_bytes(options.tree->right.data(), tree_words / 2);
        }
        copy_bytes(net.name.data(), words(net.labels));
        each([&](const axes& a, const geometry& g) {
            *to++ = g.rank << 8 | a.rank();
            for (std::size_t i = 0; i < g.rank; ++i) {
                *to++ = static_cast<std::uint64_t>(g.extent[i]);
                *to++ = static_cast<std::uint64_t>(g.stride[i]);
            }
            copy_bytes(a.begin(), words(a.rank()));  // whole words: behind the labels are zeros
        });
    }

    /// Of two plans drawn at random the one that was not used for longer goes. If the oldest of all went, a single plan
    /// too many, all of them taking turns, would make every search a miss.
    void forget_one() {
        const auto drawn = [this] {
            random_ = random_ * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX
            return static_cast<std::size_t>((random_ >> 32) % all_.size());
        };
        const std::size_t a = drawn(), b = drawn();
        const std::size_t out = all_[a]->second.last_use < all_[b]->second.last_use ? a : b;
        if (latest_ == all_[out]) latest_ = nullptr;
        entries_.erase(entries_.find(all_[out]->first));
        all_[out] = all_.back();
        all_.pop_back();
    }

    std::size_t capacity_;
    entries entries_;
    std::vector<entries::value_type*> all_;
    entries::value_type* latest_ = nullptr;
    std::uint64_t uses_ = 0, random_ = 0;
    key key_;
};

/// This thread's plans of networks that are known at run time only. They stay where they are as long as the thread.
inline plan_cache& run_time_plans() {
    static thread_local plan_cache cache(4096);
    return cache;
}

}  // namespace xtn
