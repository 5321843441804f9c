// SPDX-License-Identifier: BSD-3-Clause
// Plans and envelopes as tables for people: what the order saves over a single loop, and one line a step with the kernel
// it runs on, its matrix shape, flops, the elements it touches and the time the cost model predicts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <xtn/plan/envelope.hpp>
#include <xtn/plan/path.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn {

namespace detail {

/// A number as people read it: 1234, 1.23e+07.
inline std::string readable(double x) {
    char text[32];
    std::snprintf(text, sizeof text,
                  x < 1e6 && x == static_cast<double>(static_cast<std::int64_t>(x)) ? "%.0f" : "%.3g", x);
    return text;
}

/// Lines of cells, each column as wide as its widest cell.
class text_table {
public:
    void add(std::vector<std::string> cells) { lines_.push_back({std::move(cells), false}); }
    void add_remark(std::string text) { lines_.push_back({{std::move(text)}, true}); }

    std::string text() const {
        std::vector<std::size_t> width;
        for (const line& l : lines_)
            for (std::size_t c = 0; c < l.cells.size() && !l.is_remark; ++c) {
                width.resize(std::max(width.size(), c + 1));
                width[c] = std::max(width[c], l.cells[c].size());
            }
        std::string s;
        for (const line& l : lines_) {
            for (std::size_t c = 0; c < l.cells.size(); ++c) {
                s += l.cells[c];
                if (c + 1 < l.cells.size()) s.append(width[c] - l.cells[c].size() + 2, ' ');
            }
            s += '\n';
        }
        return s;
    }

private:
    struct line {
        std::vector<std::string> cells;
        bool is_remark;
    };
    std::vector<line> lines_;
};

}  // namespace detail

/// The plan as a table.
inline std::string describe(const plan& p) {
    using detail::readable;
    const problem& q = p.problem;
    const double slices =
        p.tiling.is_cut() ? static_cast<double>(p.tiling.extent) / static_cast<double>(p.tiling.rows) : 1;
    double single_loop = slices, largest = 0;
    label_set all = 0;
    for (const layout& t : q.tensors) all |= t.set();
    for_each_label(all, [&](label l) { single_loop *= static_cast<double>(q.extent[l]); });
    const auto volume = [&](std::uint16_t t) {
        return static_cast<double>(p.tensors[t].layout.volume(q.extent)) * (p.tensors[t].batched ? slices : 1);
    };
    for (std::size_t v = q.net.operands; v + 1 < p.node.size(); ++v) largest = std::max(largest, volume(p.node[v]));

    std::string text = to_string(q.net) + "\n";
    if (q.net.operands > 1 && p.node.size() == q.net.operands + p.tree.steps)
        text += "one loop takes " + readable(static_cast<double>(q.net.operands) * single_loop) +
                " flops, this order " + readable(p.flops()) + "; largest intermediate " + readable(largest) +
                " elements\n";
    detail::text_table table;
    table.add({"step", "kernel", "calls", "m x n x k", "flops", "elements", "us"});
    const auto list = [&](const std::vector<step>& steps, const std::string& indent) {
        for (const step& s : steps) {
            const auto name = [&](std::uint16_t t) { return q.name(p.tensors[t].layout); };
            const bool moves = s.kind == kernel::transfer, gemm = s.kind == kernel::gemm;
            double calls = 1;
            for (const loop& l : s.loops) calls *= static_cast<double>(l.extent);
            const auto elements = [&](std::uint16_t t) {
                return static_cast<double>(p.tensors[t].layout.volume(q.extent));
            };
            table.add({indent + name(s.a) + (moves ? "" : "," + name(s.b)) + "->" + name(s.c),
                       moves  ? (s.sum_loops > 0 ? "sum" : "copy")
                       : gemm ? "gemm"
                              : "product",
                       gemm ? readable(calls) : "1",
                       gemm ? std::to_string(s.m) + " x " + std::to_string(s.n) + " x " + std::to_string(s.k) : "",
                       readable(s.flops()), readable(elements(s.a) + (moves ? 0 : elements(s.b)) + elements(s.c)),
                       readable(std::round(s.seconds * 1e7) / 10)});
        }
    };
    list(p.before, "");
    if (p.tiling.is_cut())
        table.add_remark(std::to_string(p.tiling.tiles()) + " slices of " + std::to_string(p.tiling.rows) + " along " +
                         q.name(p.tiling.batch) + ", each:");
    list(p.steps, p.tiling.is_cut() ? "  " : "");
    if (!p.after.empty()) table.add_remark("then:");
    list(p.after, "");
    return text + table.text() + "total: " + readable(p.flops()) + " flops, " + readable(p.copied_elements()) +
           " elements copied, " + readable(static_cast<double>(p.residual_size + p.workspace_size)) +
           " elements of workspace, " + readable(std::round(p.seconds() * 1e7) / 10) + " us predicted\n";
}

/// The envelope as a table: from how many rows on which order is the best, as a contraction path, and its cost.
inline std::string describe(const network& net, const envelope& e) {
    std::string text = to_string(net) + "\n";
    if (e.empty()) return text + "no envelope: orders are found for each batch at run time\n";
    detail::text_table table;
    table.add({"from rows", "order", "first row us", "each further us"});
    for (std::size_t i = 0; i < e.size; ++i) {
        std::string path;
        for (const auto& entry : make_path(e.pieces[i].tree, net.operands))
            path += (path.empty() ? "(" : " (") + std::to_string(entry[0]) + "," + std::to_string(entry[1]) + ")";
        table.add({detail::readable(std::ceil(e.from(i))), path, detail::readable(e.pieces[i].cost.first * 1e6),
                   detail::readable(e.pieces[i].cost.per_row * 1e6)});
    }
    return text + table.text();
}

}  // namespace xtn
