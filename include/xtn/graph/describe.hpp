// SPDX-License-Identifier: BSD-3-Clause
// Plans of large networks for people: how wide the tree is, what it takes in multiplications, memory, slices and time, and
// its dearest steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <xtn/graph/contraction.hpp>
#include <xtn/graph/plan.hpp>
#include <xtn/plan/describe.hpp>

namespace xtn::graph {

/// The plan as a table. `scalar_bytes` is the size of an element.
inline std::string describe(const plan& p, std::size_t scalar_bytes, std::size_t workers = 1) {
    using xtn::detail::readable;
    const auto seconds = [](double s) {
        return s < 1e-3 ? readable(std::round(s * 1e7) / 10) + " us"
               : s < 1  ? readable(std::round(s * 1e4) / 10) + " ms"
                        : readable(std::round(s * 10) / 10) + " s";
    };
    const costs c = measure(p.net, p.order);
    std::size_t hyperedges = 0;
    std::vector<std::size_t> uses(p.net.labels());
    for (std::size_t i = 0; i < p.net.tensors(); ++i) {
        std::vector<label_id> axes(p.net.input(i).begin(), p.net.input(i).end());
        std::sort(axes.begin(), axes.end());
        axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
        for (const label_id l : axes) hyperedges += ++uses[l] == 3 ? 1u : 0u;
    }
    std::string text = std::to_string(p.net.tensors()) + " tensors, " + std::to_string(p.net.labels()) + " labels";
    if (hyperedges > 0) text += ", " + std::to_string(hyperedges) + " of them in three tensors or more";
    text += ", result " + to_string(p.output) + "\n";
    text += "width " + readable(std::round(10 * std::log2(std::max(1.0, c.largest))) / 10) + " (largest tensor " +
            readable(c.largest) + " elements), 10^" +
            readable(std::round(100 * std::log10(std::max(1.0, p.multiplications()))) / 100) + " multiplications\n";
    if (p.slices > 1) {
        text += std::to_string(p.slices) + " slices along";
        for (const label_id l : p.order.sliced) text += " " + p.net.name(l);
        text += p.steps[detail::each_run].empty()
                    ? "\n"
                    : "; " + std::to_string(p.steps[detail::each_run].size()) + " steps are run once for all of them\n";
    }
    text += readable(static_cast<double>(p.peak(workers)) * static_cast<double>(scalar_bytes)) +
            " bytes beyond operands and result, " + seconds(p.seconds()) + " expected\n";
    struct line {
        const pair_step* step;
        double seconds;
    };
    std::vector<line> lines;
    for (const detail::phase when : {detail::each_run, detail::each_slice})
        for (const pair_step& s : p.steps[when])
            lines.push_back({&s, s.how.seconds() * static_cast<double>(when == detail::each_slice ? p.slices : 1)});
    constexpr std::size_t shown = 5;
    const std::size_t most = std::min(shown, lines.size());
    std::partial_sort(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(most), lines.end(),
                      [](const line& x, const line& y) { return x.seconds > y.seconds; });
    xtn::detail::text_table table;
    table.add({"dearest steps", "elements", "multiplications", "copied", "expected"});
    for (std::size_t i = 0; i < most; ++i) {
        const pair_step& s = *lines[i].step;
        const auto size = [&](std::uint32_t node) { return readable(static_cast<double>(p.volume[node])); };
        const auto name = [](std::uint32_t node) { return std::to_string(node); };
        const bool single = p.net.tensors() == 1;
        table.add({name(s.a) + (single ? "" : "," + name(s.b)) + "->" + name(s.c),
                   size(s.a) + (single ? "" : ", " + size(s.b)) + " -> " + size(s.c), readable(s.how.flops() / 2),
                   readable(s.how.copied_elements()), seconds(lines[i].seconds)});
    }
    return text + table.text();
}

/// The same of a contraction.
template <scalar T>
std::string describe(const contraction<T>& c) {
    return describe(c.plan(), sizeof(T), c.workers());
}

}  // namespace xtn::graph
