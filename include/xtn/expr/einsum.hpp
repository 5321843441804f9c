// SPDX-License-Identifier: BSD-3-Clause
// einsum: a contraction that reads like its formula.
//
//     xt::xtensor<float, 2> y = xtn::einsum<"bi,oi->bo">(x, w);
//
// The result is a lazy xtensor expression; assignment evaluates it through xtensor's assign_to hook, with the whole
// network planned at once. Labels and the number of operands are static, every extent is static or dynamic; where at most
// one extent is dynamic the compiler finds the orders, one for every range of that extent. Lvalue operands are held by reference, so a node must not
// outlive them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xtn/core/fixed_string.hpp>
#include <xtn/core/network.hpp>
#include <xtn/expr/operand.hpp>
#include <xtn/plan/describe.hpp>
#include <xtn/plan/envelope.hpp>

namespace xtn {

namespace detail {

/// What the compiler knows about einsum<Labels>.
template <fixed_string Labels>
struct label_string {
    static constexpr parsed_labels parsed = parse_labels(Labels.view());
    static constexpr label_error error = parsed.error;
    static constexpr const xtn::network& network = parsed.network;
};

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
    constexpr const network& net = label_string<Labels>::network;
    std::size_t i = 0;
    return ((Ranks == dynamic || net.operand[i].rank() == Ranks ? (++i, true) : false) && ...);
}

/// The static extents of the labels agree, where two operands know them.
template <fixed_string Labels, class... Traits>
consteval bool extents_fit() {
    constexpr const network& net = label_string<Labels>::network;
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

/// The orders that the compiler finds: one if every label has a static extent in some operand, the envelope over the
/// last one if a single label has none. Otherwise, and where a table is full, orders are found at run time.
template <fixed_string Labels, class T, class... Traits>
struct static_orders {
    static constexpr label_extents extent = [] {  // 0 where unknown
        constexpr const network& net = label_string<Labels>::network;
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
    static constexpr std::size_t labels = label_string<Labels>::network.labels;
    static constexpr std::size_t open = static_cast<std::size_t>(
        std::count(extent.begin(), extent.begin() + static_cast<std::ptrdiff_t>(labels), std::int64_t{0}));
    static constexpr bool known = open <= 1 && (Traits::is_static || ...);
    /// The open label; any other where there is none.
    static constexpr label batch = static_cast<label>(
        open == 1 ? std::find(extent.begin(), extent.begin() + static_cast<std::ptrdiff_t>(labels), std::int64_t{0}) -
                        extent.begin()
                  : 0);
    static constexpr envelope orders = [] {
        constexpr const network& net = label_string<Labels>::network;
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

/// The lazy value of einsum<Labels>(operands...): an xtensor expression that can be assigned, but not indexed.
template <fixed_string Labels, class T, class... Closures>
class contraction : public xt::xexpression<contraction<Labels, T, Closures...>> {
public:
    static constexpr const network& net = detail::label_string<Labels>::network;
    static constexpr std::size_t rank = net.output.rank();

    using value_type = T;
    using size_type = std::size_t;
    using shape_type = std::array<std::size_t, rank>;
    using inner_shape_type = shape_type;
    using expression_tag = xt::xtensor_expression_tag;
    static constexpr xt::layout_type static_layout = xt::layout_type::row_major;
    static constexpr bool contiguous_layout = true;

    template <class... Operands>
    explicit contraction(std::in_place_t, Operands&&... operands) : operands_(std::forward<Operands>(operands)...) {}

    size_type dimension() const { return rank; }
    xt::layout_type layout() const { return static_layout; }

    /// Throws shape_error where the operands do not fit together.
    shape_type shape() const {
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const geometry g = output_geometry(net, infer_extents(net, b.shapes.data()));
        shape_type s{};
        for (std::size_t i = 0; i < rank; ++i) s[i] = static_cast<std::size_t>(g.extent[i]);
        return s;
    }
    size_type size() const {
        size_type n = 1;
        for (const size_type e : shape()) n *= e;
        return n;
    }

    /// xtensor's hook: evaluates into lhs, which is resized where it can be. lhs may overlap the operands.
    template <class D>
    void assign_to(xt::xexpression<D>& lhs) const {
        evaluate(lhs, false);
    }
    /// lhs += value.
    template <class D>
    void accumulate_to(xt::xexpression<D>& lhs) const {
        evaluate(lhs, true);
    }

    /// The value of a contraction to a scalar.
    operator T() const requires(rank == 0) {
        T value{};
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        backend::contract<T>(cache(), net, b.data.data(), b.shapes.data(), {&value, geometry::row_major(shape_type{})},
                             false, orders::find(infer_extents(net, b.shapes.data())));
        return value;
    }

    /// The plan for the current shapes and a row-major result.
    const xtn::plan& plan() const {
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const label_extents e = infer_extents(net, b.shapes.data());
        if (backend::is_trivial<T>(net, b.shapes.data()))
            throw shape_error("einsum \"" + to_string(net) + "\": an operand without elements needs no plan");
        return cache().find(net, b.shapes.data(), output_geometry(net, e), sizeof(T), orders::find(e))->forward();
    }

private:
    struct bound {  // the operands in memory
        std::array<const T*, sizeof...(Closures)> data{};
        std::array<geometry, sizeof...(Closures)> shapes;
        bound(const std::tuple<Closures...>& operands, backend::workspace_frame& frame) {
            std::apply(
                [&, i = std::size_t{0}](const auto&... e) mutable { (set(i++, detail::bind<T>(e, frame)), ...); },
                operands);
        }
        void set(std::size_t i, const backend::tensor_ref<const T>& t) {
            data[i] = t.data;
            shapes[i] = t.shape;
        }
    };

    static plan_cache& cache() {
        static thread_local plan_cache c;
        return c;
    }
    using orders = detail::static_orders<Labels, T, operand_traits<std::decay_t<Closures>>...>;

    template <class E>
    static void match_shape(E& lhs, const geometry& g, bool resize) {
        static_assert(operand_traits<E>::rank == dynamic || operand_traits<E>::rank == rank,
                      "einsum: the destination has not as many axes as the output has labels");
        bool same = lhs.dimension() == rank;
        for (std::size_t i = 0; same && i < rank; ++i) same = static_cast<std::int64_t>(lhs.shape()[i]) == g.extent[i];
        if (same) return;
        if constexpr (!operand_traits<E>::is_static && requires(E & e, const shape_type& s) { e.resize(s); }) {
            if (resize) {
                shape_type s{};
                for (std::size_t i = 0; i < rank; ++i) s[i] = static_cast<std::size_t>(g.extent[i]);
                lhs.resize(s);
                return;
            }
        }
        throw shape_error("einsum \"" + to_string(net) + "\": the destination has shape " +
                          to_string(geometry::row_major(lhs.shape())) + ", but the result has shape " + to_string(g));
    }

    template <class D>
    void evaluate(xt::xexpression<D>& destination, bool accumulate) const {
        D& lhs = destination.derived_cast();
        backend::workspace_frame frame;
        const bound b(operands_, frame);
        const label_extents e = infer_extents(net, b.shapes.data());
        const geometry g = output_geometry(net, e);
        const auto into = [&](const backend::tensor_ref<T>& out, bool add) {
            backend::contract<T>(cache(), net, b.data.data(), b.shapes.data(), out, add, orders::find(e));
        };
        constexpr bool in_memory = detail::strided_expression<D> && std::is_same_v<typename D::value_type, T>;
        if constexpr (in_memory) {
            const backend::tensor_ref<T> out = detail::in_place<T>(lhs);
            bool overlaps = false;
            for (std::size_t i = 0; i < sizeof...(Closures); ++i)
                overlaps = overlaps || detail::overlap(out, backend::tensor_ref<const T>{b.data[i], b.shapes[i]});
            if (!overlaps) {
                match_shape(lhs, g, !accumulate);
                into(detail::in_place<T>(lhs), accumulate);
                return;
            }
        }
        T* memory = frame.take<T>(static_cast<std::size_t>(g.volume()));
        into({memory, g}, false);
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

    std::tuple<Closures...> operands_;
};

/// The contraction of plain tensors, as a lazy expression. Throws shape_error on evaluation where extents disagree.
template <fixed_string Labels, class... Operands>
requires(plain_operand<std::decay_t<Operands>>&&...) auto einsum(Operands&&... operands) {
    using first = std::tuple_element_t<0, std::tuple<operand_traits<std::decay_t<Operands>>...>>;
    using T = typename first::value_type;
    static_assert(scalar<T>, "einsum: the scalar type is float, double or std::complex of these");
    static_assert((std::is_same_v<typename operand_traits<std::decay_t<Operands>>::value_type, T> && ...),
                  "einsum: all operands of a network have one scalar type; cast those that differ");
    if constexpr (detail::labels_are_valid<detail::label_string<Labels>::error>()) {
        static_assert(detail::label_string<Labels>::network.operands == sizeof...(Operands),
                      "einsum: the label string names another number of operands than were given");
        static_assert(detail::ranks_fit<Labels, operand_traits<std::decay_t<Operands>>::rank...>(),
                      "einsum: an operand has not as many axes as labels");
        static_assert(detail::extents_fit<Labels, operand_traits<std::decay_t<Operands>>...>(),
                      "einsum: two operands have different static extents for one label");
    }
    return contraction<Labels, T, detail::closure<Operands>...>(std::in_place, std::forward<Operands>(operands)...);
}

/// What `view = contraction` looks up (by the argument's namespace) if the shapes differ. xtensor would repeat the
/// value; a contraction has exactly its own shape. Throws shape_error.
template <fixed_string Labels, class T, class... Closures, class Shape>
const contraction<Labels, T, Closures...>& broadcast(const contraction<Labels, T, Closures...>& c, const Shape& shape) {
    throw shape_error("einsum \"" + to_string(c.net) + "\": the destination has shape " +
                      to_string(geometry::row_major(shape)) + ", but the result has shape " +
                      to_string(geometry::row_major(c.shape())));
}

/// The plan of a lazy contraction as a table.
template <fixed_string Labels, class T, class... Closures>
std::string describe(const contraction<Labels, T, Closures...>& c) {
    return describe(c.plan());
}

}  // namespace xtn
