// SPDX-License-Identifier: BSD-3-Clause
// The feed-forward layer of a transformer, row by row: y = W2 f(W1 x + b1) + b2.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/nn/transformer/maker.hpp>

namespace xtn::nn {

/// Two linear layers with an activation between.
template <scalar T>
class feed_forward {
public:
    /// Reads rows of width `in` and leaves rows of width `out`.
    feed_forward(const feed_forward_spec& spec, std::size_t in, std::size_t out, const std::string& name,
                 const maker<T>& make)
        : spec_(spec),
          up_(make.linear(name + ".W1", spec.hidden, in, spec.up_bias)),
          down_(make.linear(name + ".W2", out, spec.hidden, spec.down_bias)) {}

    const feed_forward_spec& spec() const { return spec_; }

    variable<T, 2> operator()(const variable<T, 2>& x) const { return down_(hidden(x)); }
    /// What the neurons make of the rows: f(W1 x + b1).
    variable<T, 2> hidden(const variable<T, 2>& x) const { return up_(x, spec_.activation); }

    /// "W1" and "W2".
    std::vector<std::pair<std::string, linear<T>>> layers() const { return {{"W1", up_}, {"W2", down_}}; }

private:
    feed_forward_spec spec_;
    linear<T> up_, down_;
};

}  // namespace xtn::nn
