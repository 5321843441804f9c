// SPDX-License-Identifier: BSD-3-Clause
// A factorised linear map as a tensor network over its parameters, and the concept of an operator: its network and
// nothing else. Everything an operator can do is derived from the network (op/apply.hpp, init/normal.hpp).
//
// The matrix of an operator, W (out x in), acts as y = x W^T. Its network names the labels of the factors, of the out
// index and of the in index, for instance W[o, i] = sum_r left[o, r] right[r, i]:
//
//     operator_network<T>("or,ri", "o", "i", {left, right})
//
// An out or in index with several labels is their row-major product, first label most significant.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/parameter.hpp>
#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>

namespace xtn {

template <scalar T>
class operator_network {
public:
    /// Throws shape_error where a label string is faulty or the parameters' shapes do not fit it.
    operator_network(const std::string& factors, const std::string& out, const std::string& in,
                     std::vector<parameter<T>> operands)
        : content_(std::make_shared<const content>(factors, out, in, std::move(operands))) {}

    /// factors -> (out sites, in sites): the matrix itself.
    const network& dense() const { return content_->dense; }
    /// (batch, in sites), factors -> (batch, out sites): the matrix applied to rows.
    const network& apply() const { return content_->apply; }
    const std::vector<parameter<T>>& operands() const { return content_->operands; }
    const std::vector<std::size_t>& out_sites() const { return content_->out_sites; }
    const std::vector<std::size_t>& in_sites() const { return content_->in_sites; }
    std::size_t out() const { return content_->out; }
    std::size_t in() const { return content_->in; }
    /// The number of terms in the sum that makes one entry of the matrix: the product of the summed extents.
    double summed_terms() const { return content_->summed_terms; }
    /// The same for all copies of this network.
    const void* id() const { return content_.get(); }

private:
    struct content {
        network dense, apply;
        std::vector<parameter<T>> operands;
        std::vector<std::size_t> out_sites, in_sites;
        std::size_t out = 1, in = 1;
        double summed_terms = 1;

        content(const std::string& factors, const std::string& out_labels, const std::string& in_labels,
                std::vector<parameter<T>> parameters)
            : dense(make_network(factors + "->" + out_labels + in_labels)), operands(std::move(parameters)) {
            char batch = 'a';  // a letter that no factor uses
            while (batch <= 'z' && factors.find(batch) != std::string::npos) ++batch;
            apply = make_network(batch + in_labels + "," + factors + "->" + batch + out_labels);
            if (operands.size() != dense.operands)
                throw shape_error("operator network \"" + factors + "\": the labels name " +
                                  std::to_string(dense.operands) + " factors, but " + std::to_string(operands.size()) +
                                  " parameters were given");
            std::vector<geometry> shapes;
            for (const parameter<T>& p : operands) shapes.push_back(geometry::row_major(p.shape()));
            const label_extents extent = infer_extents(dense, shapes.data());
            for (std::size_t i = 0; i < dense.output.rank(); ++i) {
                const auto e = static_cast<std::size_t>(extent[dense.output[i]]);
                (i < out_labels.size() ? out_sites : in_sites).push_back(e);
                (i < out_labels.size() ? out : in) *= e;
            }
            label_set all = 0;
            for (std::size_t i = 0; i < dense.operands; ++i) all |= dense.operand[i].set();
            for_each_label(all & ~dense.output.set(), [&](label l) { summed_terms *= static_cast<double>(extent[l]); });
        }
    };
    std::shared_ptr<const content> content_;
};

/// A linear map y = x W^T given by a network. `out()` and `in()` are the extents it shows; the network's may be larger
/// (a padded scheme), its rows and columns beyond are then cut off.
template <class O>
concept linear_operator = requires(const O& o) {
    typename O::value_type;
    { o.out() } -> std::convertible_to<std::size_t>;
    { o.in() } -> std::convertible_to<std::size_t>;
    { o.network() } -> std::convertible_to<const operator_network<typename O::value_type>&>;
    { o.parameters() } -> std::convertible_to<std::vector<named_parameter<typename O::value_type>>>;
};

/// Any operator of scalar type T: a model that holds these is compiled once and takes every operator.
template <scalar T>
class any_operator {
public:
    using value_type = T;

    template <linear_operator O>
    requires(!std::same_as<O, any_operator>) any_operator(const O& o)
        : network_(o.network()), parameters_(o.parameters()), out_(o.out()), in_(o.in()) {}

    std::size_t out() const { return out_; }
    std::size_t in() const { return in_; }
    const operator_network<T>& network() const { return network_; }
    std::vector<named_parameter<T>> parameters() const { return parameters_; }

private:
    operator_network<T> network_;
    std::vector<named_parameter<T>> parameters_;
    std::size_t out_, in_;
};

}  // namespace xtn
