// SPDX-License-Identifier: BSD-3-Clause
// An element-wise expression as one statement of a tape: one loop forward, one backward. The pullback is derived from the
// expression, reverse mode inside each batch of elements. Cheap values are made again from the variables, which takes less
// time than to read them; those of costly functions, and their slopes, are kept as residuals while the tape has room, and
// made again in the workspace beyond.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xtn/ad/elementwise/broadcast.hpp>
#include <xtn/ad/elementwise/functions.hpp>
#include <xtn/ad/elementwise/node.hpp>
#include <xtn/ad/tape.hpp>
#include <xtn/backend/elementary.hpp>

namespace xtn::detail {

inline namespace XTN_SIMD_TARGET {

/// The values of a tree in one window, and the slope of a function that makes it.
template <class V, class Node>
struct window_values {
    V value;
};
template <class V, class F, class... Operands>
struct window_values<V, function_node<F, Operands...>> {
    V value, slope;
    std::tuple<window_values<V, Operands>...> operands;
};

/// The residuals of a tree, an array each: of functions with a slope that and the value, of costly ones the value. The root's
/// value is the result.
template <class V, class Node>
constexpr std::size_t own_residuals(bool is_root) {
    if constexpr (is_function_node<Node>)
        return []<class F, class... Operands>(std::type_identity<function_node<F, Operands...>>, bool root) {
            const std::size_t value = root ? 0 : 1;
            return has_slope<F, V> ? 1 + value : is_costly<F> ? value : 0;
        }(std::type_identity<Node>{}, is_root);
    else
        return 0;
}
template <class V, class Node>
constexpr std::size_t residuals_of(bool is_root) {
    if constexpr (is_function_node<Node>)
        return []<class F, class... Operands>(std::type_identity<function_node<F, Operands...>>, std::size_t own) {
            return (own + ... + residuals_of<V, Operands>(false));
        }(std::type_identity<Node>{}, own_residuals<V, Node>(is_root));
    else
        return 0;
}

/// How often something occurs in the operands before number I.
template <std::size_t I, std::size_t N>
constexpr std::size_t before(const std::array<std::size_t, N>& each) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < I; ++i) n += each[i];
    return n;
}

/// The values of a tree in the window of `io`. Its first variable has number First, its first residual number Kept. Of the
/// root, the value is there already where the io says so.
template <std::size_t First, std::size_t Kept, bool IsRoot, class V, class Node, class IO>
window_values<V, Node> values_of(const Node& node, const IO& io) {
    if constexpr (is_variable_node<Node>)
        return {io.variable(First)};
    else
        return {V(node.value)};
}
template <std::size_t First, std::size_t Kept, bool IsRoot, class V, class F, class... Operands, class IO>
window_values<V, function_node<F, Operands...>> values_of(const function_node<F, Operands...>& node, const IO& io) {
    using tree = function_node<F, Operands...>;
    constexpr std::size_t own = own_residuals<V, tree>(IsRoot);
    return [&]<std::size_t... I>(std::index_sequence<I...>)->window_values<V, tree> {
        constexpr std::array variables{Operands::variables...}, residuals{residuals_of<V, Operands>(false)...};
        std::tuple<window_values<V, Operands>...> operands{
            values_of<First + before<I>(variables), Kept + own + before<I>(residuals), false, V>(
                std::get<I>(node.operands), io)...};
        window_values<V, tree> made{V(0), V(0), operands};
        if constexpr (has_slope<F, V>) {
            if constexpr (IO::is_pullback) {
                made.slope = io.read(Kept);
                if constexpr (!IsRoot) made.value = io.read(Kept + 1);
            } else {
                const auto both = node.f.with_slope(std::get<I>(operands).value...);
                made.value = both.value;
                io.write(Kept, both.slope);
                if constexpr (!IsRoot) io.write(Kept + 1, both.value);
            }
        } else if constexpr (IsRoot && IO::has_value) {
            made.value = io.result();
        } else if constexpr (own > 0 && IO::is_pullback) {
            made.value = io.read(Kept);
        } else {
            made.value = node.f(std::get<I>(operands).value...);
            if constexpr (own > 0) io.write(Kept, made.value);
        }
        return made;
    }
    (std::index_sequence_for<Operands...>{});
}

/// put(i, cotangent) for every variable, from that of the tree.
template <std::size_t First, class V, class Node, class Put>
void pull_back(const Node&, const window_values<V, Node>&, const V& dy, const Put& put) {
    if constexpr (is_variable_node<Node>) put(First, dy);
}
template <std::size_t First, class V, class F, class... Operands, class Put>
void pull_back(const function_node<F, Operands...>& node, const window_values<V, function_node<F, Operands...>>& values,
               const V& dy, const Put& put) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        constexpr std::array variables{Operands::variables...};
        const std::array<V, sizeof...(Operands)> cotangents = [&] {
            if constexpr (has_slope<F, V>)
                return functions::detail::through(values.slope, dy);
            else
                return node.f.pull(dy, values.value, std::get<I>(values.operands).value...);
        }();
        (pull_back<First + before<I>(variables), V>(std::get<I>(node.operands), std::get<I>(values.operands),
                                                    cotangents[I], put),
         ...);
    }
    (std::index_sequence_for<Operands...>{});
}

/// Where a variable is read: from one place on, or again and again there.
template <class T>
struct window_reader {
    const T* data;
    bool repeated;
    template <class Window>
    backend::element<T> operator()(const Window& w) const {
        return repeated ? backend::element<T>(*data) : w.load(data);
    }
};

/// What values_of() reads and writes in one window: the pullback reads residuals, and the result where it has it.
template <class T, std::size_t Variables, bool IsPullback, bool HasValue, class Window>
struct window_io {
    static constexpr bool is_pullback = IsPullback, has_value = HasValue;
    const Window& window;
    const std::array<window_reader<T>, Variables>& variables;
    T* residuals;          // null where there are none
    std::size_t distance;  // between them
    const T* value;        // null where it is not there
    std::size_t place;     // of the window's run in both

    auto variable(std::size_t i) const { return variables[i](window); }
    auto read(std::size_t i) const { return window.load(static_cast<const T*>(residuals + i * distance + place)); }
    void write(std::size_t i, const backend::element<T>& v) const { window.store(residuals + i * distance + place, v); }
    auto result() const { return window.load(value + place); }
};

/// Whether the pullback needs nothing of the variables' elements, if residuals are kept.
template <class Node>
constexpr bool reads_no_variable() {
    if constexpr (is_function_node<Node>)
        return []<class F, class... Operands>(std::type_identity<function_node<F, Operands...>>) {
            constexpr bool by_residual = pulls_by_value<F> || has_slope<F, backend::element<typename Node::value_type>>;
            return is_sum<Node>() || (by_residual && (is_sum<Operands>() && ...));
        }(std::type_identity<Node>{});
    else
        return true;
}

/// A tree over the elements of a result of one shape. IsSummed: the result is not kept, but summed at once.
template <class Node, std::size_t Rank, bool IsSummed = false>
class elementwise_loops {
    using T = typename Node::value_type;
    using V = backend::element<T>;
    static constexpr std::size_t variables = Node::variables;
    using shape_type = std::array<std::size_t, Rank>;

public:
    static constexpr std::size_t residual_count = residuals_of<V, Node>(true);

    elementwise_loops(const Node& node, const shape_type& shape) : node_(node), shape_(shape) {
        std::size_t i = 0;
        for_each_variable(node, [&](const auto& v) {
            const auto& extents = v.shape();
            data_[i] = v.data();
            node_of_[i] = v.node();
            needs_[i] = v.needs_gradient();
            size_[i] = v.size();
            steps_[i++] = steps_of<Rank>({extents.data(), extents.size()}, shape);
        });
    }

    /// y = the tree, with its residuals: residual_count of them, each of the result's size.
    void evaluate(T* y, T* residuals) const {
        const broadcast_loops<Rank, variables> loops(shape_, steps_);
        const std::size_t distance = volume();
        loops.for_each_run([&](std::size_t place, const auto& at, std::size_t length) {
            const auto readers = readers_of(loops, at);
            backend::sweep_elements<T>(length, [&](auto w) {
                const window_io<T, variables, false, false, decltype(w)> io{w,        readers, residuals,
                                                                            distance, nullptr, place};
                w.store(y + place, values_of<0, 0, true, V>(node_, io).value);
            });
        });
    }

    /// Hands the cotangent dy, of steps dy_steps, on to the variables. What evaluate() made is made again where it is null: the
    /// residuals and, with them, the result; a result without residuals is made window by window.
    void pull(tape<T>& t, const T* dy, const shape_type& dy_steps, const T* y, T* residuals) const {
        backend::workspace_frame frame;
        if constexpr (residual_count > 0)
            if (residuals == nullptr) {
                residuals = frame.take<T>(residual_count * volume());
                T* const again = frame.take<T>(volume());
                evaluate(again, residuals);
                y = again;
            }
        constexpr cotangent_sources<Node> sources;
        constexpr std::size_t none = variables;
        const std::size_t size = volume();
        const bool dy_is_whole = dy_steps == steps_of<Rank>(shape_, shape_);
        std::array<gradient_sink<T>, variables> target{};  // of the loop
        std::array<const T*, variables> part{};            // what is summed afterwards
        for (std::size_t i = 0; i < variables; ++i)
            if (needs_[i] && is_direct(i)) target[i] = t.sink(node_of_[i]);
        for (std::size_t i = 0; i < variables; ++i) {
            if (!needs_[i] || is_direct(i)) continue;
            const auto has_it = [&](std::size_t j) {  // the same cotangent, and nothing else
                return sources.of[j] == sources.of[i] && target[j] && !target[j].accumulate &&
                       (j < i || is_direct(j)) && std::count(node_of_.begin(), node_of_.end(), node_of_[j]) == 1;
            };
            std::size_t same = 0;
            while (same < variables && !has_it(same)) ++same;
            if (same != none) {
                part[i] = target[same].data;
            } else if (sources.of[i] == 0 && dy_is_whole) {
                part[i] = dy;
            } else {
                target[i] = {frame.take<T>(size), false};
                part[i] = target[i].data;
            }
        }
        if (std::ranges::any_of(target, [](const auto& s) { return static_cast<bool>(s); }))
            pull_to(dy, dy_steps, y, residuals, target);
        for (std::size_t i = 0; i < variables; ++i)
            if (part[i] != nullptr) {
                const gradient_sink<T> s = t.sink(node_of_[i]);
                summing_loops<Rank>(shape_, steps_[i]).sum(part[i], s.data, s.accumulate);
            }
    }

private:
    std::size_t volume() const {
        std::size_t n = 1;
        for (const std::size_t e : shape_) n *= e;
        return n;
    }
    /// Whether a variable is repeated along no axis.
    bool is_direct(std::size_t i) const { return size_[i] == volume(); }

    template <std::size_t Operands>
    auto readers_of(const broadcast_loops<Rank, Operands>& loops, const std::array<std::size_t, Operands>& at) const {
        std::array<window_reader<T>, variables> readers;
        for (std::size_t i = 0; i < variables; ++i) readers[i] = {data_[i] + at[i], loops.repeats(i)};
        return readers;
    }

    void pull_to(const T* dy, const shape_type& dy_steps, const T* y, T* residuals,
                 const std::array<gradient_sink<T>, variables>& target) const {
        if constexpr (residual_count == 0 && IsSummed)
            pull_windows<false>(dy, dy_steps, y, residuals, target);
        else
            pull_windows<true>(dy, dy_steps, y, residuals, target);
    }
    template <bool HasValue>
    void pull_windows(const T* dy, const shape_type& dy_steps, const T* y, T* residuals,
                      const std::array<gradient_sink<T>, variables>& target) const {
        std::array<shape_type, variables + 1> steps;
        std::copy(steps_.begin(), steps_.end(), steps.begin());
        steps[variables] = dy_steps;
        const broadcast_loops<Rank, variables + 1> loops(shape_, steps);
        const std::size_t distance = volume();
        loops.for_each_run([&](std::size_t place, const auto& at, std::size_t length) {
            const auto readers = readers_of(loops, at);
            const window_reader<T> cotangent{dy + at[variables], loops.repeats(variables)};
            backend::sweep_elements<T>(length, [&](auto w) {
                const window_io<T, variables, true, HasValue, decltype(w)> io{w,        readers, residuals,
                                                                              distance, y,       place};
                const auto put = [&](std::size_t i, const V& d) {
                    if (!target[i]) return;
                    T* const to = target[i].data + place;
                    w.store(to, target[i].accumulate ? w.load(to) + d : d);
                };
                pull_back<0, V>(node_, values_of<0, 0, true, V>(node_, io), cotangent(w), put);
            });
        });
    }

    const Node& node_;
    shape_type shape_;
    std::array<const T*, variables> data_{};
    std::array<std::size_t, variables> node_of_{}, size_{};
    std::array<bool, variables> needs_{};
    std::array<shape_type, variables> steps_{};
};

/// Records y = the tree, where y is a result of its variables; `over` says that it takes the memory of one of them, which
/// the pullback then must not read.
template <class Node, scalar T, std::size_t Rank>
void record_elementwise(const Node& node, const variable<T, Rank>& y, bool over = false) {
    tape<T>& t = y.tape();
    using loops = elementwise_loops<Node, Rank>;
    const std::size_t count = loops::residual_count * y.size();
    backend::workspace_frame frame;
    const bool keeps = y.needs_gradient() && t.take_residuals(count, over);
    T* const residuals = keeps ? t.template keep<T>(count) : frame.take<T>(count);
    loops(node, y.shape()).evaluate(y.data(), residuals);
    t.record(y, [node, y, residuals = keeps ? residuals : nullptr](const T* dy) {
        const auto whole = steps_of<Rank>(y.shape(), y.shape());
        loops(node, y.shape()).pull(y.tape(), dy, whole, y.data(), residuals);
    });
}

}  // namespace XTN_SIMD_TARGET

}  // namespace xtn::detail
