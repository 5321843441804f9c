// SPDX-License-Identifier: BSD-3-Clause
// The arguments of cotengra's einsum for xtn::graph.
#include "network.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <xtn/graph.hpp>

#include "arrays.hpp"

namespace graph = xtn::graph;

namespace {

/// Labels are any hashable values; their names in messages are str(label), quoted where two would look alike.
class label_names {
public:
    std::vector<std::string> of(const py::handle& labels) {
        std::vector<std::string> names;
        for (const py::handle l : py::iter(labels)) {
            if (!known_.contains(l)) {
                py::str name(l);
                while (taken_.contains(name)) name = py::repr(name);
                taken_.add(name);
                known_[l] = name;
            }
            names.push_back(py::cast<std::string>(known_[l]));
        }
        return names;
    }

private:
    py::dict known_;
    py::set taken_;
};

std::vector<std::int64_t> shape_of(const py::array& a) { return {a.shape(), a.shape() + a.ndim()}; }

/// The labels that occur once, in the order in which they come.
std::vector<std::string> labels_used_once(const std::vector<std::vector<std::string>>& inputs) {
    std::map<std::string, int> uses;
    for (const auto& tensor : inputs)
        for (const auto& l : tensor) ++uses[l];
    std::vector<std::string> once;
    for (const auto& tensor : inputs)
        for (const auto& l : tensor)
            if (uses[l] == 1) once.push_back(l);
    return once;
}

graph::network network_of(const py::args& arguments, std::vector<py::array>& arrays) {
    std::vector<std::vector<std::int64_t>> shapes;
    const auto add = [&](const py::handle& a) {
        arrays.push_back(py::cast<py::array>(a));
        shapes.push_back(shape_of(arrays.back()));
    };
    if (py::isinstance<py::str>(arguments[0])) {
        for (std::size_t i = 1; i < arguments.size(); ++i) add(arguments[i]);
        return graph::network::parse(py::cast<std::string>(arguments[0]), shapes);
    }
    label_names names;
    std::vector<std::vector<std::string>> inputs;
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        add(arguments[i]);
        inputs.push_back(names.of(arguments[i + 1]));
    }
    const bool has_output = arguments.size() % 2 == 1;
    return graph::network::of_shapes<std::string>(
        inputs, has_output ? names.of(arguments[arguments.size() - 1]) : labels_used_once(inputs), shapes);
}

template <class T>
py::array_t<T> array_of(const xt::xarray<T>& x) {
    return py::array_t<T>(std::vector<py::ssize_t>(x.shape().begin(), x.shape().end()), x.data());
}

template <class T>
py::object contract(const graph::network& net, const std::vector<py::array>& arrays, const py::object& optimize,
                    bool strip_exponent) {
    std::vector<py::array_t<T>> operands;
    graph::tensors<T> tensors;
    for (const py::array& a : arrays) {
        operands.push_back(in_place<T>(a));
        tensors.add(xtn::backend::tensor_ref<const T>{operands.back().data(), geometry_of(operands.back())});
    }
    graph::contraction_options options;
    if (strip_exponent) options.powers = graph::exponents::apart;
    const bool search = optimize.is_none() || py::isinstance<py::str>(optimize);
    if (search && !optimize.is_none() && py::cast<std::string>(optimize) != "auto")
        throw py::value_error("einsum: optimize is None, 'auto' or a path, found '" + py::cast<std::string>(optimize) +
                              "'");
    auto contraction =
        search
            ? graph::contraction<T>(net, tensors, options)
            : graph::contraction<T>(
                  net, tensors,
                  graph::order{graph::tree::from_linear(py::cast<graph::path>(optimize), net.tensors()), {}}, options);
    if (!strip_exponent) return array_of(contraction.value());
    const auto value = contraction.scaled();
    return py::make_tuple(array_of(value.mantissa), value.log10());
}

}  // namespace

py::object contract_network(const py::args& arguments, const py::object& optimize, bool strip_exponent) {
    std::vector<py::array> arrays;
    const graph::network net = network_of(arguments, arrays);
    return with_scalar(arrays, [&]<class T>(T) { return contract<T>(net, arrays, optimize, strip_exponent); });
}
