// SPDX-License-Identifier: BSD-3-Clause
// The lazy contraction: an xtensor expression that is evaluated as a whole, through xtensor's assign_to hook. Lvalue
// operands are held by reference, so a node must not outlive them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xtn/core/network.hpp>
#include <xtn/core/precision.hpp>
#include <xtn/expr/destination.hpp>
#include <xtn/expr/no_elements.hpp>
#include <xtn/expr/operand.hpp>
#include <xtn/expr/static_network.hpp>
#include <xtn/plan/describe.hpp>
#include <xtn/plan/path.hpp>

namespace xtn {

namespace detail {

/// The network of run time for a number of operands, and for a rank of the result if it is not dynamic.
template <std::size_t Rank = dynamic>
network network_for(network net, std::size_t operands) {
    if (net.operands != operands)
        throw shape_error("einsum \"" + to_string(net) + "\" names " + std::to_string(net.operands) +
                          " operands, but " + std::to_string(operands) + " were given");
    if (Rank != dynamic && net.output.rank() != Rank)
        throw shape_error("einsum \"" + to_string(net) + "\" has a result of rank " +
                          std::to_string(net.output.rank()) + ", but rank " + std::to_string(Rank) + " is wanted");
    return net;
}
template <std::size_t Rank = dynamic>
network network_for(std::string_view labels, std::size_t operands) {
    return network_for<Rank>(make_network(labels), operands);
}

}  // namespace detail

/// The network of a label string that is known at run time.
struct run_time_network {
    xtn::network network;
    static constexpr std::size_t rank = dynamic;

    plan_cache& plans() const { return run_time_plans(); }
};

/// The lazy value of an einsum: an xtensor expression that can be assigned, but not indexed.
template <class Network, class T, class... Closures>
class contraction : public xt::xexpression<contraction<Network, T, Closures...>>,
                    public detail::no_elements<T, Network> {
public:
    static constexpr std::size_t rank = Network::rank;  ///< or xtn::dynamic
    /// What einsum returns for a mistake that it has told of; nothing is added to that.
    static constexpr bool is_mistaken = rank == dynamic && sizeof...(Closures) == 0;

    using value_type = T;
    using size_type = std::size_t;
    using shape_type = std::conditional_t<rank == dynamic, xt::dynamic_shape<std::size_t>,
                                          std::array<std::size_t, rank == dynamic ? 0 : rank>>;
    using inner_shape_type = shape_type;
    using expression_tag = xt::xtensor_expression_tag;
    static constexpr xt::layout_type static_layout = xt::layout_type::row_major;
    static constexpr bool contiguous_layout = true;

    template <class... Operands>
    explicit contraction(const Network& net, Operands&&... operands)
        : network_(net), operands_(std::forward<Operands>(operands)...) {}

    const xtn::network& net() const { return network_.network; }
    size_type dimension() const { return net().output.rank(); }
    xt::layout_type layout() const { return static_layout; }

    /// The same contraction along an order of the caller's. Throws shape_error where the path is none for this network.
    contraction along(const contraction_path& path) && {
        order_ = make_tree(path, net().operands);
        return std::move(*this);
    }
    contraction along(const contraction_path& path) const& { return contraction(*this).along(path); }

    /// The same contraction with matrix products in this precision; products and sums that are none are in full. Throws
    /// xtn::error unless it is one for tensors of T.
    contraction in(xtn::precision p) && {
        detail::require_precision<T>(p, "einsum");
        precision_ = p;
        return std::move(*this);
    }
    contraction in(xtn::precision p) const& { return contraction(*this).in(p); }

    /// Throws shape_error where the operands do not fit together.
    shape_type shape() const {
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        return shape_of(output_geometry(net(), infer_extents(net(), b.shapes.data())));
    }
    size_type size() const {
        size_type n = 1;
        for (const size_type e : shape()) n *= e;
        return n;
    }

    /// xtensor's hook: evaluates into lhs, which is resized where it can be. lhs may overlap the operands.
    template <class D>
    void assign_to(xt::xexpression<D>& lhs) const {
        if constexpr (!is_mistaken)
            if constexpr (detail::destination_fits<D, rank, T>()) evaluate(lhs.derived_cast(), false);
    }
    /// lhs += value.
    template <class D>
    void accumulate_to(xt::xexpression<D>& lhs) const {
        if constexpr (detail::destination_fits<D, rank, T>()) evaluate(lhs.derived_cast(), true);
    }

    /// The value of a contraction to a scalar. Throws shape_error where labels known at run time keep an index.
    explicit(rank == dynamic) operator T() const requires(rank == 0 || rank == dynamic) {
        if (dimension() != 0)
            throw shape_error("einsum \"" + to_string(net()) + "\": the result has indices; a scalar has none");
        T value{};
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const label_extents e = infer_extents(net(), b.shapes.data());
        contract(b, e, {&value, output_geometry(net(), e)}, false);
        return value;
    }

    /// The plan for the current shapes and a row-major result, a value of the caller's.
    xtn::plan plan() const {
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const label_extents e = infer_extents(net(), b.shapes.data());
        if (backend::is_trivial<T>(net(), b.shapes.data()))
            throw shape_error("einsum \"" + to_string(net()) + "\": an operand without elements needs no plan");
        return network_.plans()
            .find(net(), b.shapes.data(), output_geometry(net(), e),
                  {.model = backend::machine<T>(precision_), .tree = order(e)})
            ->forward();
    }

private:
    struct bound {  // the operands in memory
        static constexpr bool is_list = (detail::is_operand_list<std::remove_cvref_t<Closures>> || ...);
        static constexpr std::size_t most = is_list ? max_operands : sizeof...(Closures);
        std::array<const T*, most> data{};
        std::array<geometry, most> shapes;
        std::size_t size = 0;
        bound(const std::tuple<Closures...>& operands, backend::workspace_frame& frame) {
            const auto add = [&](const auto& e) {
                if constexpr (is_list)
                    for (const backend::tensor_ref<const T>& t : e) set(t);
                else
                    set(detail::bind<T>(e, frame));
            };
            std::apply([&](const auto&... e) { (add(e), ...); }, operands);
        }
        void set(const backend::tensor_ref<const T>& t) {
            data[size] = t.data;
            shapes[size++] = t.shape;
        }
    };

    /// The order that is known before the search: the caller's, or the compiler's.
    const contraction_tree* order(const label_extents& e) const {
        if (order_) return &*order_;
        return detail::known_orders<Network, T, operand_traits<std::decay_t<Closures>>...>::find(e);
    }
    void contract(const bound& b, const label_extents& e, const backend::tensor_ref<T>& out, bool accumulate) const {
        backend::contract<T>(network_.plans(), net(), b.data.data(), b.shapes.data(), out, accumulate, order(e),
                             {precision_});
    }

    static shape_type shape_of(const geometry& g) {
        shape_type s{};
        if constexpr (rank == dynamic) s.resize(g.rank);
        for (std::size_t i = 0; i < g.rank; ++i) s[i] = static_cast<std::size_t>(g.extent[i]);
        return s;
    }

    template <class E>
    void match_shape(E& lhs, const geometry& g, bool resize) const {
        bool same = lhs.dimension() == g.rank;
        for (std::size_t i = 0; same && i < g.rank; ++i)
            same = static_cast<std::int64_t>(lhs.shape()[i]) == g.extent[i];
        if (same) return;
        if constexpr (!operand_traits<E>::is_static && requires(E & e, const shape_type& s) { e.resize(s); }) {
            if (resize && (operand_traits<E>::rank == dynamic || operand_traits<E>::rank == g.rank)) {
                lhs.resize(shape_of(g));
                return;
            }
        }
        if (lhs.dimension() != g.rank)
            throw shape_error("einsum \"" + to_string(net()) + "\": the result has the labels \"" +
                              to_string(net(), net().output) + "\", so its destination needs " +
                              std::to_string(g.rank) + " axes, but it has " + std::to_string(lhs.dimension()));
        throw shape_error("einsum \"" + to_string(net()) + "\": the destination has shape " +
                          to_string(geometry::row_major(lhs.shape())) + ", but the result has shape " + to_string(g));
    }

    template <class D>
    void evaluate(D& lhs, bool accumulate) const {
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const label_extents e = infer_extents(net(), b.shapes.data());
        const geometry g = output_geometry(net(), e);
        constexpr bool in_memory = detail::strided_expression<D> && std::is_same_v<typename D::value_type, T>;
        if constexpr (in_memory) {
            const backend::tensor_ref<T> out = detail::in_place<T>(lhs);
            bool overlaps = false;
            for (std::size_t i = 0; i < b.size; ++i)
                overlaps = overlaps || detail::overlap(out, backend::tensor_ref<const T>{b.data[i], b.shapes[i]});
            if (!overlaps) {
                match_shape(lhs, g, !accumulate);
                contract(b, e, detail::in_place<T>(lhs), accumulate);
                return;
            }
        }
        T* memory = frame.take<T>(static_cast<std::size_t>(g.volume()));
        contract(b, e, {memory, g}, false);
        match_shape(lhs, g, !accumulate);
        if constexpr (in_memory) {
            backend::copy<T>({memory, g}, detail::in_place<T>(lhs), accumulate);
        } else {
            const auto value = detail::as_expression<rank>(memory, g);
            if (accumulate)
                xt::noalias(lhs) += value;
            else
                xt::noalias(lhs) = value;
        }
    }

    [[no_unique_address]] Network network_;
    std::tuple<Closures...> operands_;
    std::optional<contraction_tree> order_;
    xtn::precision precision_ = xtn::precision::full;
};

/// What `view = contraction` looks up (by the argument's namespace) if the shapes differ. xtensor would repeat the
/// value; a contraction has exactly its own shape. Throws shape_error.
template <class Network, class T, class... Closures, class Shape>
const contraction<Network, T, Closures...>& broadcast(const contraction<Network, T, Closures...>& c,
                                                      const Shape& shape) {
    throw shape_error("einsum \"" + to_string(c.net()) + "\": the destination has shape " +
                      to_string(geometry::row_major(shape)) + ", but the result has shape " +
                      to_string(geometry::row_major(c.shape())));
}

/// Prints the value of a contraction to a scalar. Others have no elements to print.
template <class Char, class Traits, class Network, class T, class... Closures>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out,
                                             const contraction<Network, T, Closures...>& c) {
    static_assert(Network::rank == 0,
                  "einsum: a contraction is not printed before it is evaluated; assign it to a tensor first, or print "
                  "describe(contraction), its plan");
    if constexpr (Network::rank == 0) out << static_cast<T>(c);
    return out;
}

/// The plan of a lazy contraction as a table.
template <class Network, class T, class... Closures>
std::string describe(const contraction<Network, T, Closures...>& c) {
    return describe(c.plan());
}

}  // namespace xtn
