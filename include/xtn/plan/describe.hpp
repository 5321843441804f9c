// SPDX-License-Identifier: BSD-3-Clause
// A plan as a table for people: one line a step, with the kernel it runs on, its matrix shape, flops and copies.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <xtn/plan/plan.hpp>

namespace xtn {

inline std::string describe(const plan& p) {
    const auto number = [](double x) {
        char text[32];
        std::snprintf(text, sizeof text, x < 1e6 ? "%.0f" : "%.3g", x);
        return std::string(text);
    };
    const auto column = [](std::string s, std::size_t width) {
        if (s.size() < width) s.append(width - s.size(), ' ');
        return s + ' ';
    };
    std::string text = to_string(p.problem.net) + "\n";
    text += column("step", 24) + column("kernel", 9) + column("calls", 8) + column("m x n x k", 20) + "flops\n";
    const auto list = [&](const std::vector<step>& steps, const std::string& mark) {
        for (const step& s : steps) {
            const auto name = [&](std::uint16_t t) { return p.problem.name(p.tensors[t].layout); };
            double calls = 1;
            for (const loop& l : s.loops) calls *= static_cast<double>(l.extent);
            const bool moves = s.kind == kernel::transfer;
            text += column(mark + name(s.a) + (moves ? "" : "," + name(s.b)) + "->" + name(s.c), 24);
            text += column(moves ? (s.sum_loops > 0 ? "sum" : "copy") : s.kind == kernel::gemm ? "gemm" : "product", 9);
            text += column(s.kind == kernel::gemm ? number(calls) : "1", 8);
            text += column(s.kind == kernel::gemm
                               ? std::to_string(s.m) + " x " + std::to_string(s.n) + " x " + std::to_string(s.k)
                               : number(calls) + " elements",
                           20);
            text += number(s.flops()) + "\n";
        }
    };
    list(p.before, "");
    if (p.tiling.is_cut())
        text += std::to_string(p.tiling.tiles()) + " slices of " + std::to_string(p.tiling.rows) + " along " +
                p.problem.name(p.tiling.batch) + ", each:\n";
    list(p.steps, p.tiling.is_cut() ? "  " : "");
    if (!p.after.empty()) text += "then:\n";
    list(p.after, "");
    return text + "total: " + number(p.flops()) + " flops, " + number(p.copied_elements()) + " elements copied, " +
           number(static_cast<double>(p.residual_size + p.workspace_size)) + " elements of workspace\n";
}

}  // namespace xtn
