// SPDX-License-Identifier: BSD-3-Clause
// xtn for NumPy: contractions on arrays in place, and the MPO as a layer with its gradient.
//
//     import numpy, xtn
//     c = xtn.einsum("ij,jk->ik", a, b)                       # float32, float64, complex64, complex128
//     c = xtn.einsum(a, ["i", "j"], b, ["j", "k"], ["i", "k"])  # any number of arrays and labels
//     layer = xtn.mpo(w, [8, 8, 8], [4, 4, 8], bond=16)       # TT-SVD of a 512 x 128 matrix
//     y = layer.apply(x)                                      # x W^T
//     dx, dcores = layer.pullback(x, dy)
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "network.hpp"

namespace {

/// Contractions of up to 16 arrays, whose plans are kept.
template <class T>
py::object contract(const xtn::network& net, const std::vector<py::array>& arrays) {
    std::vector<py::array_t<T>> operands;
    std::vector<xtn::tensor_view<T>> views;
    for (const py::array& a : arrays) {
        operands.push_back(in_place<T>(a));
        views.push_back({operands.back().data(), geometry_of(operands.back())});
    }
    const auto value = xtn::einsum(net, views);
    const auto shape = value.shape();
    py::array_t<T> result(std::vector<py::ssize_t>(shape.begin(), shape.end()));
    xtn::assign(xt::adapt(result.mutable_data(), value.size(), xt::no_ownership(), shape), value);
    return result;
}

/// The network of a label string, or of arrays that alternate with lists of labels.
py::object einsum(const py::args& arguments, const py::object& optimize, bool strip_exponent) {
    if (arguments.empty()) throw py::type_error("einsum: expected labels and arrays, found nothing");
    const bool is_text = py::isinstance<py::str>(arguments[0]);
    const bool is_plain = optimize.is_none() && !strip_exponent;
    if (!is_text || !is_plain || arguments.size() > xtn::max_operands + 1)
        return contract_network(arguments, optimize, strip_exponent);
    const auto labels = py::cast<std::string>(arguments[0]);
    const xtn::network net = xtn::make_network(labels);
    if (arguments.size() == 1) throw xtn::shape_error("einsum \"" + labels + "\": no arrays were given");
    std::vector<py::array> arrays;
    for (std::size_t i = 1; i < arguments.size(); ++i) arrays.push_back(py::cast<py::array>(arguments[i]));
    return with_scalar(arrays, [&]<class T>(T) { return contract<T>(net, arrays); });
}

/// A matrix as an xtensor container.
template <class T>
xt::xtensor<T, 2> matrix_from(const py::array& a, const char* what) {
    require_native(a, what);
    if (a.ndim() != 2 || !a.dtype().equal(py::dtype::of<T>()))
        throw py::type_error(std::string(what) + " must be a matrix of " + name_of(py::dtype::of<T>()) + ", found " +
                             std::to_string(a.ndim()) + " axes of " + name_of(a.dtype()));
    const py::array_t<T, py::array::c_style | py::array::forcecast> values(a);
    xt::xtensor<T, 2> m(std::array{static_cast<std::size_t>(a.shape(0)), static_cast<std::size_t>(a.shape(1))});
    std::copy(values.data(), values.data() + values.size(), m.begin());
    return m;
}

template <class T>
py::array_t<T> array_from(const T* data, const std::vector<std::size_t>& shape) {
    return py::array_t<T>(shape, data);
}
template <class T, class E>
py::array_t<T> array_from(const E& e) {
    return array_from<T>(e.data(), {e.shape().begin(), e.shape().end()});
}

/// A matrix product operator whose sites are known at run time.
template <class T>
class layer {
public:
    layer(const py::array& w, const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites,
          std::size_t bond)
        : layer(xtn::tt::tt_svd<T>(matrix_from<T>(w, "mpo: w"), out_sites, in_sites, {.max_bond = bond})) {}

    double relative_error() const { return relative_error_; }
    py::array_t<T> apply(const py::array& x) const {
        return array_from<T>(xtn::apply(operator_, matrix_from<T>(x, "apply: x")));
    }
    py::array_t<T> to_dense() const { return array_from<T>(operator_.to_dense()); }
    std::vector<py::array_t<T>> cores() const {
        std::vector<py::array_t<T>> all;
        for (const auto& core : operator_.cores()) all.push_back(array_from<T>(core.data(), core.shape()));
        return all;
    }
    /// The cotangents of x and of the cores for the cotangent dy of y = apply(x).
    py::tuple pullback(const py::array& x, const py::array& dy) const {
        xtn::tape<T> tape;
        const auto input = tape.leaf(matrix_from<T>(x, "pullback: x"));
        const auto output = xtn::apply(operator_, input);
        const xt::xtensor<T, 2> cotangent = matrix_from<T>(dy, "pullback: dy");
        if (cotangent.shape() != output.value().shape())
            throw xtn::shape_error("pullback: dy must have as many rows as x and " + std::to_string(operator_.out()) +
                                   " columns");
        tape.seed(output, cotangent.data());
        tape.backward();
        std::vector<py::array_t<T>> dcores;
        for (const auto& core : operator_.cores())
            dcores.push_back(array_from<T>(tape.gradient(core).data(), core.shape()));
        return py::make_tuple(array_from<T>(input.gradient()), dcores);
    }

private:
    explicit layer(const xtn::tt::approximation<xtn::tt::mpo<T>>& found)
        : operator_(found.chain), relative_error_(found.relative_error) {}

    xtn::mpo<T> operator_;
    double relative_error_;
};

template <class T>
void define_layer(py::module_& m, const char* name) {
    py::class_<layer<T>>(m, name, "A matrix product operator; y = x W^T.")
        .def_property_readonly("relative_error", &layer<T>::relative_error, "|W - MPO|_F / |W|_F of the truncation")
        .def_property_readonly("cores", &layer<T>::cores, "copies of the cores, (left bond, out, in, right bond)")
        .def("apply", &layer<T>::apply, py::arg("x"), "x W^T for rows x")
        .def("to_dense", &layer<T>::to_dense, "the matrix, out x in")
        .def("pullback", &layer<T>::pullback, py::arg("x"), py::arg("dy"),
             "(dx, [dcore, ...]) for the cotangent dy of y = apply(x)");
}

py::object mpo(const py::array& w, const std::vector<std::size_t>& out_sites, const std::vector<std::size_t>& in_sites,
               std::size_t bond) {
    require_native(w, "mpo: w");
    if (w.dtype().equal(py::dtype::of<float>())) return py::cast(layer<float>(w, out_sites, in_sites, bond));
    if (w.dtype().equal(py::dtype::of<double>())) return py::cast(layer<double>(w, out_sites, in_sites, bond));
    throw py::type_error("mpo: matrices of float32 and float64 become operators, not of " + name_of(w.dtype()) +
                         "; convert it: w.astype('f8')");
}

}  // namespace

PYBIND11_MODULE(xtn, m) {
    m.doc() = "Expression-template tensor networks: contractions and matrix product operators on NumPy arrays.";
    py::register_exception<xtn::shape_error>(m, "ShapeError", PyExc_ValueError);
    m.def(
        "einsum", &einsum, py::kw_only(), py::arg("optimize") = py::none(), py::arg("strip_exponent") = false,
        "einsum(labels, *arrays): the contraction in NumPy's notation, without an ellipsis, its order chosen by cost.\n"
        "einsum(array, labels, array, labels, ..., output): the same for any number of arrays; labels are hashable, "
        "and "
        "without an output it is the labels that occur once.\n"
        "optimize: None or 'auto' to search an order, or a path such as [(0, 1), (0, 2), ...].\n"
        "strip_exponent: returns (mantissa, exponent of ten), which do not overflow.");
    define_layer<float>(m, "mpo_float32");
    define_layer<double>(m, "mpo_float64");
    m.def("mpo", &mpo, py::arg("w"), py::arg("out_sites"), py::arg("in_sites"), py::arg("bond"),
          "The matrix w (float32 or float64) as a matrix product operator, truncated to the bond by TT-SVD.");
}
