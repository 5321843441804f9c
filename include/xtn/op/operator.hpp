// SPDX-License-Identifier: BSD-3-Clause
// The concept of a linear operator, its network and named parameters, and any operator of a scalar type.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/network.hpp>

namespace xtn {

/// A linear map y = x W^T given by a network; the parameters are those of the network, each once, with names.
template <class O>
concept linear_operator = requires(const O& o) {
    typename O::value_type;
    { o.network() } -> std::convertible_to<const operator_network<typename O::value_type>&>;
    { o.parameters() } -> std::convertible_to<std::vector<named_parameter<typename O::value_type>>>;
};

/// Any operator of scalar type T: a model that holds these is compiled once and takes every operator. The operators of
/// this library, and those of users, derive from it and add how they are made.
template <scalar T>
class any_operator {
public:
    using value_type = T;

    any_operator(operator_network<T> network, std::vector<named_parameter<T>> parameters, std::string settings = {})
        : network_(std::move(network)), parameters_(std::move(parameters)), settings_(std::move(settings)) {}
    template <linear_operator O>
    requires(!std::derived_from<O, any_operator>) any_operator(const O& o)
        : any_operator(o.network(), o.parameters()) {}

    std::size_t out() const { return network_.out(); }
    std::size_t in() const { return network_.in(); }
    const operator_network<T>& network() const { return network_; }
    const std::vector<named_parameter<T>>& parameters() const { return parameters_; }
    /// What a file has to say of it besides its parameters, in words that its own class reads; mostly nothing.
    const std::string& settings() const { return settings_; }
    /// The matrix (out x in).
    xt::xtensor<T, 2> to_dense() const;  // op/apply.hpp

private:
    operator_network<T> network_;
    std::vector<named_parameter<T>> parameters_;
    std::string settings_;
};

}  // namespace xtn
