// SPDX-License-Identifier: BSD-3-Clause
// What layers share: names for their parameters, and where a kernel that always writes puts a gradient nobody wants.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/backend/arena.hpp>
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

}  // namespace detail
}  // namespace xtn::nn
