// SPDX-License-Identifier: BSD-3-Clause
// What the compiler knows of einsum<"...">: the network, whether the operands fit it, and, where at most one extent is
// dynamic, the contraction orders.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xtn/core/fixed_string.hpp>
#include <xtn/core/network.hpp>
#include <xtn/expr/operand.hpp>
#include <xtn/plan/cache.hpp>
#include <xtn/plan/envelope.hpp>

namespace xtn {

/// The network of a label string that is a template argument.
template <fixed_string Labels>
struct static_network {
    static constexpr parsed_labels parsed = parse_labels(Labels.view());
    static constexpr label_error error = parsed.error;
    static constexpr const xtn::network& network = parsed.network;
    static constexpr std::size_t rank = network.output.rank();

    /// This thread's plans.
    static plan_cache& plans() {
        static thread_local plan_cache c;
        return c;
    }
};

namespace detail {

/// Refuses a faulty label string with one sentence.
template <label_error Error>
consteval bool labels_are_valid() {
    static_assert(Error != label_error::not_a_letter,
                  "einsum: labels are single letters a-z and A-Z; commas part the operands");
    static_assert(Error != label_error::broken_arrow, "einsum: the output is introduced by one arrow '->'");
    static_assert(Error != label_error::too_many_operands, "einsum: a network has at most 16 operands");
    static_assert(Error != label_error::too_many_axes, "einsum: an operand or the output has at most 32 axes");
    static_assert(Error != label_error::output_repeats, "einsum: a label occurs twice in the output");
    static_assert(Error != label_error::output_unknown, "einsum: a label of the output occurs in no operand");
    return Error == label_error::none;
}

template <fixed_string Labels, std::size_t... Ranks>
consteval bool ranks_fit() {
    constexpr const network& net = static_network<Labels>::network;
    std::size_t i = 0;
    return ((Ranks == dynamic || net.operand[i].rank() == Ranks ? (++i, true) : false) && ...);
}

/// The static extents of the labels agree, where two operands know them.
template <fixed_string Labels, class... Traits>
consteval bool extents_fit() {
    constexpr const network& net = static_network<Labels>::network;
    std::array<std::size_t, max_labels> extent{};
    bool fit = true;
    std::size_t i = 0;
    const auto check = [&]<class Operand>(std::type_identity<Operand>) {
        if constexpr (Operand::is_static)
            for (std::size_t a = 0; a < Operand::rank; ++a) {
                std::size_t& e = extent[net.operand[i][a]];
                fit = fit && (e == 0 || e == Operand::extent(a) + 1);
                e = Operand::extent(a) + 1;
            }
        ++i;
    };
    (check(std::type_identity<Traits>{}), ...);
    return fit;
}

/// The orders that are known before the program runs: none, unless the labels are static.
template <class Network, class T, class... Traits>
struct known_orders {
    static const contraction_tree* find(const label_extents&) { return nullptr; }
};

/// The orders that the compiler finds: one if every label has a static extent in some operand, the envelope over the
/// last one if a single label has none. Otherwise, and where a table is full, orders are found at run time.
template <fixed_string Labels, class T, class... Traits>
struct known_orders<static_network<Labels>, T, Traits...> {
    static constexpr label_extents extent = [] {  // 0 where unknown
        constexpr const network& net = static_network<Labels>::network;
        label_extents known{};
        std::size_t i = 0;
        const auto read = [&]<class Operand>(std::type_identity<Operand>) {
            if constexpr (Operand::is_static)
                for (std::size_t a = 0; a < Operand::rank; ++a)
                    known[net.operand[i][a]] = static_cast<std::int64_t>(Operand::extent(a));
            ++i;
        };
        (read(std::type_identity<Traits>{}), ...);
        return known;
    }();
    static constexpr std::size_t labels = static_network<Labels>::network.labels;
    static constexpr std::size_t open = static_cast<std::size_t>(
        std::count(extent.begin(), extent.begin() + static_cast<std::ptrdiff_t>(labels), std::int64_t{0}));
    static constexpr bool known = open <= 1 && (Traits::is_static || ...);
    /// The open label; any other where there is none.
    static constexpr label batch = static_cast<label>(
        open == 1 ? std::find(extent.begin(), extent.begin() + static_cast<std::ptrdiff_t>(labels), std::int64_t{0}) -
                        extent.begin()
                  : 0);
    static constexpr envelope orders = [] {
        constexpr const network& net = static_network<Labels>::network;
        constexpr cost_model model{.scalar_bytes = sizeof(T)};
        if constexpr (!known)
            return envelope{};
        else if constexpr (open == 0)
            return envelope{.pieces = {{{.cost = {}, .tree = contraction_order(net, extent, model)}}}, .size = 1};
        else
            return batch_envelope(net, extent, batch, model);
    }();

    /// The order for these extents, or null where it has to be found at run time.
    static const contraction_tree* find(const label_extents& e) {
        if constexpr (orders.empty())
            return static_cast<void>(e), nullptr;
        else
            return &orders.best(e[batch]);
    }
};

}  // namespace detail
}  // namespace xtn
