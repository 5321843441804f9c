// SPDX-License-Identifier: BSD-3-Clause
// Evaluates a network on tensors in memory: find the plan, run it. Everything above goes through here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/machine.hpp>
#include <xtn/backend/run.hpp>
#include <xtn/plan/cache.hpp>

namespace xtn::backend {

/// A tensor in memory: its first element, shape and strides.
template <class T>
struct tensor_ref {
    T* data = nullptr;
    geometry shape;
};

namespace detail {

inline bool is_empty(const geometry& g) { return g.volume() == 0; }

}  // namespace detail

/// t = 0.
template <class T>
void zero(const tensor_ref<T>& t) {
    std::array<loop, max_rank> l;
    for (std::size_t i = 0; i < t.shape.rank; ++i) l[i] = {t.shape.extent[i], 0, 0, t.shape.stride[i]};
    fill_zero(loops(l.data(), t.shape.rank), t.data);
}

/// to = from or to += from, of equal shapes and without overlap.
template <class T>
void copy(const tensor_ref<const T>& from, const tensor_ref<T>& to, bool accumulate) {
    std::array<loop, max_rank> l;
    for (std::size_t i = 0; i < to.shape.rank; ++i)
        l[i] = {to.shape.extent[i], from.shape.stride[i], 0, to.shape.stride[i]};
    transfer(loops(l.data(), to.shape.rank), 0, from.data, to.data, accumulate);
}

/// Whether some operand has no elements; then the network is 0 and has no plan. Shapes are checked all the same.
template <class T>
bool is_trivial(const network& net, const geometry* operands) {
    for (std::size_t i = 0; i < net.operands; ++i)
        if (detail::is_empty(operands[i])) {
            infer_extents(net, operands);
            return true;
        }
    return false;
}

/// output = network(operands), or += with `accumulate`. The output has the network's shape and overlaps no operand.
template <scalar T>
void contract(plan_cache& cache, const network& net, const T* const* data, const geometry* operands,
              const tensor_ref<T>& output, bool accumulate, const contraction_tree* tree = nullptr,
              const rounding& how = {}) {
    if (is_trivial<T>(net, operands)) {
        if (!accumulate) zero(output);
        return;
    }
    // Nothing below looks for another plan, so the cache keeps this one.
    const plan& p =
        cache.find(net, operands, output.shape, {.model = machine<T>(how.precision), .tree = tree})->forward();
    workspace_frame frame;
    std::array<T*, bases::most> base{};
    for (std::size_t i = 0; i < net.operands; ++i) base[i] = const_cast<T*>(data[i]);  // operands are only read
    const bases b = p.bases();
    base[b.value()] = output.data;
    base[b.workspace()] = frame.take<T>(static_cast<std::size_t>(p.workspace_size));
    base[b.residual()] = frame.take<T>(static_cast<std::size_t>(p.residual_size));
    run<T>(p, base.data(), accumulate ? only(b.value()) : 0, how);
}

#define XTN_CONTRACT(form, T)                                                                                     \
    form void copy(const tensor_ref<const T>&, const tensor_ref<T>&, bool);                                       \
    form void contract(plan_cache&, const network&, const T* const*, const geometry*, const tensor_ref<T>&, bool, \
                       const contraction_tree*, const rounding&);
XTN_FOR_EACH_SCALAR(XTN_CONTRACT)
#undef XTN_CONTRACT

}  // namespace xtn::backend
