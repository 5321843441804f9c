// SPDX-License-Identifier: BSD-3-Clause
// The concept of a linear operator, its network and named parameters, and any operator of a scalar type, which also says
// what it is.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/description.hpp>
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

    /// Throws error for a parameter of the network that has no name, which training and files would not see, and for a name
    /// that occurs twice.
    any_operator(operator_network<T> network, std::vector<named_parameter<T>> parameters,
                 operator_description description = {})
        : network_(std::move(network)), parameters_(std::move(parameters)), description_(std::move(description)) {
        check_names();
    }
    template <linear_operator O>
    requires(!std::derived_from<O, any_operator>) any_operator(const O& o)
        : any_operator(o.network(), o.parameters()) {}

    std::size_t out() const { return network_.out(); }
    std::size_t in() const { return network_.in(); }
    const operator_network<T>& network() const { return network_; }
    const std::vector<named_parameter<T>>& parameters() const { return parameters_; }
    /// What it is besides the values of its parameters: enough to make it again (families.hpp). The family is empty where
    /// nobody has said so.
    operator_description description() const {
        operator_description d = description_;
        for (auto p = parameters_.begin(); p != parameters_.end(); ++p) {
            const auto first = std::find_if(parameters_.begin(), p, [&](const auto& q) { return q.value == p->value; });
            if (first != p) d.shared.emplace(p->name, first->name);
        }
        return d;
    }
    /// The matrix (out x in).
    xt::xtensor<T, 2> to_dense() const;  // op/apply.hpp

protected:
    /// Begins the description of an operator whose network stands: its class, or that of a user, adds the settings.
    operator_description& describe_as(std::string family) {
        description_ = {std::move(family)};
        return description_;
    }

private:
    void check_names() const {
        for (auto p = parameters_.begin(); p != parameters_.end(); ++p)
            if (std::any_of(parameters_.begin(), p, [&](const auto& q) { return q.name == p->name; }))
                throw error("any_operator: two parameters are called \"" + p->name + "\"");
        for (const operator_term<T>& t : network_.terms())
            for (std::size_t f = 0; f < t.factors().size(); ++f) {
                const factor<T>& used = t.factors()[f];
                const auto is_used = [&](const named_parameter<T>& p) { return p.value == used.value(); };
                if (!used.is_constant() && std::none_of(parameters_.begin(), parameters_.end(), is_used))
                    throw error("any_operator: factor \"" + t.labels().factors[f] + "\" of the network \"" +
                                t.labels().joined() + "\" is a parameter of shape " +
                                to_string(geometry::row_major(used.value().shape())) +
                                " without a name; name it, or make it a constant");
            }
    }

    operator_network<T> network_;
    std::vector<named_parameter<T>> parameters_;
    operator_description description_;
};

}  // namespace xtn
