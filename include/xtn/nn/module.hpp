// SPDX-License-Identifier: BSD-3-Clause
// What layers share: names for their parameters, and where a kernel that always writes puts a gradient nobody wants.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/backend/arena.hpp>
#include <xtn/nn/kernels/product.hpp>
#include <xtn/nn/kernels/update.hpp>

namespace xtn::nn {

/// Appends the parameters of a layer under a prefix: "attn.W_q" + "weight" -> "attn.W_q.weight".
template <scalar T>
void append(std::vector<named_parameter<T>>& all, const std::string& prefix,
            const std::vector<named_parameter<T>>& layer) {
    for (const named_parameter<T>& p : layer) all.push_back({prefix + "." + p.name, p.value});
}

namespace detail {

constexpr kernels::update mode(bool accumulate) { return accumulate ? kernels::update::add : kernels::update::replace; }

/// A sink for a kernel that adds: zeroed if nothing is there yet, scratch memory if no gradient is wanted.
template <scalar T>
T* adding_sink(const gradient_sink<T>& sink, std::size_t size, backend::workspace_frame& frame) {
    T* target = sink ? sink.data : frame.take<T>(size);
    if (!sink.accumulate) std::fill_n(target, size, T{});
    return target;
}

/// The rows of a variable as a factor of matrix products: with a rounded copy where its tape multiplies in bfloat16.
template <scalar T>
kernels::factor_rows<T> factor_of(const variable<T, 2>& x) {
    if constexpr (std::is_same_v<T, float>)
        if (x.tape().precision() == precision::bfloat16)
            return {x.data(), x.shape()[1], x.tape().rounded().of(x.data(), x.size())};
    return {x.data(), x.shape()[1]};
}

/// A result of operands that are not differentiated; xtn::error where one is, for nothing would be recorded.
template <scalar T, class... Operands>
variable<T, 2> undifferentiated(const std::array<std::size_t, 2>& shape, const variable<T, 2>& first,
                                const Operands&... operands) {
    if ((first.needs_gradient() || ... || operands.needs_gradient()))
        throw error("going on from a state is not differentiated: hold an xtn::no_gradient of the tape meanwhile");
    return first.tape().template result<2>(shape, false);
}

}  // namespace detail
}  // namespace xtn::nn
