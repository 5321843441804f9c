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

// Each mistake is refused by one assertion whose template arguments are what a reader wants to know; `return` says whether
// the next check makes sense.

template <label_error Error, std::size_t Character>
consteval bool require_labels() {
    static_assert(Error != label_error::not_a_letter,
                  "einsum: labels are single letters a-z and A-Z; commas part the operands");
    static_assert(Error != label_error::broken_arrow, "einsum: the output is introduced by one arrow '->'");
    static_assert(Error != label_error::too_many_operands, "einsum: a network has at most 16 operands");
    static_assert(Error != label_error::too_many_axes, "einsum: an operand or the output has at most 32 axes");
    static_assert(Error != label_error::output_repeats, "einsum: a label occurs twice in the output");
    static_assert(Error != label_error::output_unknown, "einsum: a label of the output occurs in no operand");
    return Error == label_error::none;
}
template <class T>
consteval bool require_scalar() {
    static_assert(scalar<T>, "einsum: the scalar type is float, double or std::complex of these");
    return scalar<T>;
}
template <class T, class... Others>
consteval bool require_one_scalar() {
    static_assert((std::is_same_v<T, Others> && ...),
                  "einsum: all operands of a network have one scalar type; cast those that differ");
    return (std::is_same_v<T, Others> && ...);
}
template <std::size_t Named, std::size_t Given>
consteval bool require_operands() {
    static_assert(Named == Given, "einsum: the label string names another number of operands than were given");
    return Named == Given;
}
template <std::size_t Operand, std::size_t Labels, std::size_t Axes>
consteval bool require_axes() {
    static_assert(Labels == Axes, "einsum: an operand has not as many axes as labels");
    return Labels == Axes;
}
template <char Label, std::size_t Operand, std::size_t Extent, std::size_t EarlierExtent>
consteval bool require_extent() {
    static_assert(Extent == EarlierExtent, "einsum: two operands have different static extents for one label");
    return Extent == EarlierExtent;
}

/// The first operand whose rank differs from its number of labels; their number if there is none.
template <std::size_t Operands>
consteval std::size_t find_wrong_rank(const network& net, const std::array<std::size_t, Operands>& rank) {
    std::size_t i = 0;
    while (i < Operands && (rank[i] == dynamic || rank[i] == net.operand[i].rank())) ++i;
    return i;
}

/// A label with two static extents. None if the extents are equal.
struct extent_conflict {
    char label = ' ';
    std::size_t operand = 0, extent = 0, earlier = 0;
};
template <class... Traits>
consteval extent_conflict find_extent_conflict(const network& net) {
    std::array<std::size_t, max_labels> known{};  // plus one
    extent_conflict conflict;
    std::size_t i = 0;
    const auto check = [&]<class Operand>(std::type_identity<Operand>) {
        if constexpr (Operand::is_static)
            for (std::size_t a = 0; a < Operand::rank; ++a) {
                std::size_t& e = known[net.operand[i][a]];
                if (e != 0 && e != Operand::extent(a) + 1 && conflict.extent == conflict.earlier)
                    conflict = {net.name[net.operand[i][a]], i, Operand::extent(a), e - 1};
                e = Operand::extent(a) + 1;
            }
        ++i;
    };
    (check(std::type_identity<Traits>{}), ...);
    return conflict;
}

/// Whether operands of these traits can form a network; if not, that is refused here.
template <class First, class... Rest>
consteval bool scalars_fit() {
    if constexpr (require_scalar<typename First::value_type>())
        return require_one_scalar<typename First::value_type, typename Rest::value_type...>();
    return false;
}

/// Whether operands of these traits fit the label string; what does not is refused here.
template <fixed_string Labels, class... Traits>
consteval bool operands_fit() {
    using net = static_network<Labels>;
    if constexpr (scalars_fit<Traits...>())
        if constexpr (require_labels<net::error, net::parsed.position>())
            if constexpr (require_operands<net::network.operands, sizeof...(Traits)>()) {
                constexpr std::array<std::size_t, sizeof...(Traits)> ranks{Traits::rank...};
                constexpr std::size_t wrong = find_wrong_rank(net::network, ranks);
                if constexpr (wrong < ranks.size()) {
                    return require_axes<wrong, net::network.operand[wrong].rank(), ranks[wrong]>();
                } else {
                    constexpr extent_conflict c = find_extent_conflict<Traits...>(net::network);
                    return require_extent<c.label, c.operand, c.extent, c.earlier>();
                }
            }
    return false;
}

/// The orders that are known before the program runs: none, unless the labels are static.
template <class Network, class T, class... Traits>
struct known_orders {
    static const contraction_tree* find(const label_extents&) { return nullptr; }
};

/// The orders that the compiler finds: one if every label has a static extent in some operand, the envelope over the
/// last one if a single label has none. Otherwise, beyond 8 operands, and where a table is full, orders are found at run
/// time.
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
    static constexpr bool known =
        (Traits::is_static || ...) &&
        (open == 0 || (open == 1 && static_network<Labels>::network.operands <= max_exact_operands));
    /// The open label; any other where there is none.
    static constexpr label batch = static_cast<label>(
        open == 1 ? std::find(extent.begin(), extent.begin() + static_cast<std::ptrdiff_t>(labels), std::int64_t{0}) -
                        extent.begin()
                  : 0);
    static constexpr envelope orders = [] {
        constexpr const network& net = static_network<Labels>::network;
        constexpr cost_model model = cost_model::of<T>();
        if constexpr (!known)
            return envelope{};
        else if constexpr (open == 0) {
            envelope found;
            if (const auto best = compiled_order(net, extent, model)) {
                found.pieces[0].tree = *best;
                found.size = 1;
            }
            return found;
        } else
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
