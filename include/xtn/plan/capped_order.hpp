// SPDX-License-Identifier: BSD-3-Clause
// The best order of 9 to 16 operands for a compiler, which has neither the time nor the room for a table of all subsets:
// subsets are built up from smaller ones, and only those are kept whose own best order takes no longer than a cap. The cap
// is doubled until the whole network is among them (as `dp` of opt_einsum does). A grid of 4 x 4 tensors keeps 300 of its
// 11,506 subsets that hang together. Where even that is too much, no order is found.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <xtn/core/network.hpp>
#include <xtn/plan/cost.hpp>
#include <xtn/plan/tree.hpp>

namespace xtn::detail {

/// The search: `best` looks at ever more subsets of operands that hang together and have an order without outer products
/// within the cap.
class capped_search {
public:
    constexpr capped_search(const network_sets& net, const volumes& volume, const cost_model& model,
                            label_set gradients)
        : net_(&net),
          volume_(&volume),
          model_(&model),
          gradients_(gradients),
          all_((std::uint32_t{1} << net.operands) - 1),
          flop_(model.width / std::max(model.flop_rate, model.product_rate)) {
        for (std::uint32_t m = 1; m < 256; ++m) {
            const auto lowest = static_cast<std::size_t>(std::countr_zero(m));
            for (std::size_t half = 0; half < 2; ++half)
                labels_[half][m] = labels_[half][m & (m - 1)] | net.operand[8 * half + lowest];
        }
        const auto near = neighbours(net);
        for (std::size_t i = 0; i < net.operands; ++i) {
            const double v = volume(net.operand[i]);
            kept_[i] = {net.operand[i], 0, v, least(v), std::uint32_t{1} << i, near[i]};
        }
    }

    /// The cheapest order, or nothing where finding it is too much work. `seconds` is what an order at hand takes.
    constexpr std::optional<contraction_tree> best(double seconds) {
        if (seconds == 0) return std::nullopt;
        for (double cap = seconds / 1024; work_ > 0; cap *= 2) {
            look(cap);
            if (work_ > 0 && at_[all_] != 0) {
                contraction_tree t;
                t.seconds = kept_[at_[all_]].seconds;
                append(t, at_[all_]);
                return t;
            }
            for (std::size_t i = net_->operands; i < size_; ++i) at_[kept_[i].operands] = 0;
        }
        return std::nullopt;
    }

private:
    struct subset {
        label_set open = 0;                         // labels still needed outside
        double seconds = 0, volume = 0, ahead = 0;  // of its best order; how long the next step takes at least
        std::uint32_t operands = 0, near = 0;       // itself, and its neighbours
        std::uint16_t left = 0, right = 0;          // the halves of its best order
    };

    /// A step takes the time to move its tensors, and two flops for each element of the larger one at least.
    constexpr double least(double volume) const { return model_->touch(volume) + volume * flop_; }

    constexpr void look(double cap) {
        cap_ = cap;
        size_ = level_[2] = net_->operands;
        for (std::size_t m = 2; m <= net_->operands && work_ > 0; ++m) {
            for (std::size_t k = 1; 2 * k <= m; ++k) join_levels(k, m - k);
            level_[m + 1] = size_;
        }
    }
    constexpr void join_levels(std::size_t k, std::size_t other) {
        for (std::size_t i = level_[k]; i < level_[k + 1]; ++i) {
            const std::uint32_t operands = kept_[i].operands, near = kept_[i].near;
            const std::size_t begin = k == other ? i + 1 : level_[other], end = level_[other + 1];
            if (!spend(end - begin)) return;
            const subset* const stop = kept_.data() + end;
            for (const subset* s = kept_.data() + begin; s != stop; ++s)
                if ((operands & s->operands) == 0 && (near & s->operands) != 0) join(kept_[i], *s);
        }
    }
    constexpr void join(const subset& a, const subset& b) {
        const double children = a.seconds + b.seconds;
        const std::uint32_t both = a.operands | b.operands, rest = ~both;
        std::uint16_t& at = at_[both];
        subset* const known = at != 0 ? kept_.data() + at : nullptr;
        const double most = known != nullptr ? known->seconds : cap_;
        if (children + a.ahead + b.ahead >= most) return;
        if (!spend(8)) return;
        const label_set labels = a.open | b.open;
        const double touched = (*volume_)(labels);
        if (children + 2 * touched * flop_ >= most || !spend(8)) return;
        const label_set open = known != nullptr
                                   ? known->open
                                   : labels & (net_->output | labels_[0][rest & 255] | labels_[1][rest >> 8 & 255]);
        const double volume = known != nullptr ? known->volume : (*volume_)(open);
        const double seconds = children + step_seconds(*model_, a.volume, b.volume, volume, touched,
                                                       (gradients_ & a.operands) != 0, (gradients_ & b.operands) != 0);
        const double ahead = both == all_ ? 0 : least(volume);
        if (seconds >= most || seconds + ahead > cap_) return;
        if (at == 0) {
            if (size_ == room) {
                work_ = 0;
                return;
            }
            at = static_cast<std::uint16_t>(size_++);
        }
        kept_[at] = {open,
                     seconds,
                     volume,
                     ahead,
                     both,
                     (a.near | b.near) & rest,
                     static_cast<std::uint16_t>(&a - kept_.data()),
                     static_cast<std::uint16_t>(&b - kept_.data())};
    }
    constexpr bool spend(std::size_t work) {
        work_ -= work_ < work ? work_ : work;
        return work_ > 0;
    }
    constexpr std::size_t append(contraction_tree& t, std::size_t s) const {
        if (s < net_->operands) return s;
        const std::size_t a = append(t, kept_[s].left), b = append(t, kept_[s].right);
        t.add(a, b);
        t.flops += 2 * (*volume_)(kept_[kept_[s].left].open | kept_[kept_[s].right].open);
        return net_->operands + t.steps - 1u;
    }

    static constexpr std::size_t room = 1024;          // subsets kept
    static constexpr std::size_t most_work = 1 << 16;  // pairs looked at, a step priced counting sixteen

    const network_sets* net_;
    const volumes* volume_;
    const cost_model* model_;
    label_set gradients_;
    std::uint32_t all_;
    double flop_;  // seconds, at least
    double cap_ = 0;
    std::size_t work_ = most_work;
    std::array<std::array<label_set, 256>, 2> labels_{};  // of subsets of the first and of the second eight operands
    std::array<subset, room> kept_{};                     // by size
    std::size_t size_ = 0;
    std::array<std::size_t, max_operands + 2> level_{};               // level k begins at level_[k]
    std::array<std::uint16_t, std::size_t{1} << max_operands> at_{};  // where a subset is kept, or 0
};

}  // namespace xtn::detail
