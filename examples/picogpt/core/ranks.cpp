// SPDX-License-Identifier: BSD-3-Clause
#include "ranks.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include <xtn/tt/svd.hpp>

namespace picogpt {

measured_ranks ranks_of(const xt::xtensor<float, 2>& matrix) {
    const std::vector<double> s = xtn::tt::svd(xt::xtensor<double, 2>(xt::cast<double>(matrix))).s;
    if (s.front() == 0) return {};
    measured_ranks r;
    for (const double v : s) {
        r.stable += v / s.front() * (v / s.front());
        if (v > 1e-3 * s.front()) ++r.numerical;
    }
    return r;
}

std::size_t structural_rank(std::span<const std::size_t> places, std::size_t rows, std::size_t columns) {
    std::vector<std::vector<std::size_t>> in_row(rows);
    for (const std::size_t p : places) in_row.at(p / columns).push_back(p % columns);
    constexpr auto nobody = static_cast<std::size_t>(-1);
    std::vector<std::size_t> row_of(columns, nobody);
    std::vector<bool> seen;
    // Finds the row a column of its own, for which other rows may have to move to other columns.
    const std::function<bool(std::size_t)> match = [&](std::size_t row) {
        for (const std::size_t c : in_row[row]) {
            if (seen[c]) continue;
            seen[c] = true;
            if (row_of[c] == nobody || match(row_of[c])) {
                row_of[c] = row;
                return true;
            }
        }
        return false;
    };
    std::size_t rank = 0;
    for (std::size_t r = 0; r < rows && rank < columns; ++r) {
        seen.assign(columns, false);
        if (match(r)) ++rank;
    }
    return rank;
}

block_matrices block_matrices_of(const model<float>& m) {
    block_matrices all;
    for (const auto& [name, op] : m.named_operators()) {
        if (!name.starts_with("blocks.")) continue;
        const measured_ranks r = ranks_of(xtn::to_dense(op));
        ++all.count;
        all.mean.stable += r.stable;
        all.mean.numerical += r.numerical;
        all.parameters += xtn::parameter_count(op.parameters());
    }
    all.mean.stable /= static_cast<double>(all.count);
    all.mean.numerical /= static_cast<double>(all.count);
    return all;
}

}  // namespace picogpt
