// SPDX-License-Identifier: BSD-3-Clause
// Group normalisation of rows (Wu and He, arXiv 1803.08494): the columns of a row part into groups, each normalised to mean 0
// and variance 1, then every column is scaled and shifted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/ad/rules.hpp>
#include <xtn/nn/layer_norm.hpp>
#include <xtn/nn/linear.hpp>
#include <xtn/op/diagonal.hpp>

namespace xtn::nn {

/// Parameters "weight" and "bias", one for each column.
template <scalar T>
class group_norm {
public:
    /// Weight 1, bias 0. Throws shape_error unless the columns part into groups.
    group_norm(std::size_t columns, std::size_t groups, T eps = T(1e-5))
        : group_(parted(columns, groups), eps, false),
          columns_(diagonal<T>(columns), parameter<T>(std::vector{columns})) {
        const auto weight = columns_.weight().parameters()[0].value;
        std::fill(weight.values().begin(), weight.values().end(), T(1));
    }

    variable<T, 2> operator()(const variable<T, 2>& x) const {
        const auto [rows, columns] = x.shape();
        const std::size_t part = group_.weight().size();
        const variable<T, 2> parts = x.template reshape<2>({rows * columns / part, part});
        return columns_(group_(parts).template reshape<2>({rows, columns}));
    }

    std::vector<named_parameter<T>> parameters() const { return columns_.parameters(); }

private:
    static std::size_t parted(std::size_t columns, std::size_t groups) {
        if (groups == 0 || columns % groups != 0)
            throw shape_error("group_norm: " + std::to_string(columns) + " columns do not part into " +
                              std::to_string(groups) + " groups");
        return columns / groups;
    }

    layer_norm<T> group_;
    linear<T> columns_;
};

}  // namespace xtn::nn
