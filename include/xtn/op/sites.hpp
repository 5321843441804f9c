// SPDX-License-Identifier: BSD-3-Clause
// What operators over sites have in common: matrices and networks in the extents of a scheme, labels and names by number.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/family.hpp>
#include <xtn/scheme/scheme.hpp>
#include <xtn/tt/site_order.hpp>

namespace xtn {

/// Sites that are known at run time only.
struct dynamic_scheme {};

namespace detail {

/// A matrix with zeros behind its rows and columns.
template <scalar T>
xt::xtensor<T, 2> padded_matrix(const xt::xtensor<T, 2>& w, std::size_t rows, std::size_t columns) {
    xt::xtensor<T, 2> all = xt::zeros<T>(std::array{rows, columns});
    for (std::size_t o = 0; o < w.shape(0); ++o)
        for (std::size_t i = 0; i < w.shape(1); ++i) all(o, i) = w(o, i);
    return all;
}

/// Throws shape_error, naming the caller, where the matrix is not Scheme::out x Scheme::in.
template <factorisation Scheme, scalar T, class E>
xt::xtensor<T, 2> in_scheme(const xt::xexpression<E>& w, const char* caller) {
    const xt::xtensor<T, 2> matrix = w;
    if (matrix.shape(0) != Scheme::out || matrix.shape(1) != Scheme::in)
        throw shape_error(std::string(caller) + ": the scheme is " + std::to_string(Scheme::out) + " x " +
                          std::to_string(Scheme::in) + ", but the matrix is " + std::to_string(matrix.shape(0)) +
                          " x " + std::to_string(matrix.shape(1)));
    if (Scheme::out == Scheme::padded_out && Scheme::in == Scheme::padded_in) return matrix;
    return padded_matrix(matrix, Scheme::padded_out, Scheme::padded_in);
}

/// The network of a scheme: one term, cut to what a padded scheme shows. Throws shape_error, naming the caller, where its
/// sites are not the scheme's.
template <class Scheme, scalar T>
operator_network<T> in_scheme(const operator_network<T>& net, const char* caller) {
    if constexpr (factorisation<Scheme>) {
        const auto shape = [](const auto& out, const auto& in) {
            return to_string(geometry::row_major(out)) + " x " + to_string(geometry::row_major(in));
        };
        const operator_term<T>& term = net.terms()[0];
        const std::string found = shape(term.out_sites(), term.in_sites());
        const std::string wanted = shape(Scheme::out_sites, Scheme::in_sites);
        if (found != wanted)
            throw shape_error(std::string(caller) + ": the factors' sites " + found + " are not the scheme's " +
                              wanted);
        return operator_network<T>(term.cut(Scheme::out, Scheme::in));
    } else {
        return net;
    }
}

/// Parameters "<name>.0", "<name>.1", ...
template <scalar T>
std::vector<named_parameter<T>> numbered(const std::string& name, const std::vector<parameter<T>>& values) {
    std::vector<named_parameter<T>> all;
    for (std::size_t k = 0; k < values.size(); ++k) all.push_back({name + "." + std::to_string(k), values[k]});
    return all;
}

/// Adds the sites of an operator, its bonds or ranks, and how much of the sites it shows where that is less, to its
/// description.
template <scalar T>
void describe_sites(operator_description& d, const operator_network<T>& net, const char* name = nullptr,
                    const std::vector<std::size_t>& bonds_or_ranks = {}) {
    const operator_term<T>& term = net.terms()[0];
    d.set("out", term.out_sites()).set("in", term.in_sites());
    if (name != nullptr) d.set(name, bonds_or_ranks);
    if (!net.fills(term)) d.set("shown", std::vector{net.out(), net.in()});
}

/// Throws shape_error unless there are at least one and at most `most` sites, equally many for out and in.
inline void check_sites(std::size_t out_sites, std::size_t in_sites, std::size_t most, const char* caller) {
    if (out_sites != in_sites || out_sites == 0 || out_sites > most)
        throw shape_error(std::string(caller) + ": out and in need the same number of sites, 1 to " +
                          std::to_string(most) + ", but have " + std::to_string(out_sites) + " and " +
                          std::to_string(in_sites));
}

/// The number for all bonds or ranks, or the largest in the list of each, if either is there.
inline std::size_t largest(const operator_description& d, const char* each, const char* all) {
    if (d.has(all)) return d.number(all);
    if (!d.has(each)) return dynamic;
    const std::vector<std::size_t> values = d.numbers(each);
    return values.empty() ? dynamic : *std::max_element(values.begin(), values.end());
}

/// An operator over sites, of which so many rows and columns show as its description says.
template <scalar T>
any_operator<T> shown(const any_operator<T>& op, const operator_description& d) {
    if (!d.has("shown")) return op;
    const std::vector<std::size_t> size = d.numbers("shown");
    if (size.size() != 2 || size[0] > op.out() || size[1] > op.in())
        d.refuse("shows at most " + std::to_string(op.out()) + " x " + std::to_string(op.in()) + ", not " +
                 d.text("shown"));
    operator_description cut = op.description();
    cut.set("shown", size);
    return {operator_network<T>(op.network().terms()[0].cut(size[0], size[1])), op.parameters(), std::move(cut)};
}
/// A matrix that is shown by such an operator, with zeros around it.
template <scalar T>
xt::xtensor<T, 2> filled(const xt::xtensor<T, 2>& w, const operator_description& d) {
    if (!d.has("shown")) return w;
    if (d.numbers("shown") != std::vector{w.shape(0), w.shape(1)})
        d.refuse("shows " + d.text("shown") + ", but the matrix is " + std::to_string(w.shape(0)) + " x " +
                 std::to_string(w.shape(1)));
    const std::size_t out = tt::detail::flat_extent(d.numbers("out")), in = tt::detail::flat_extent(d.numbers("in"));
    return padded_matrix(w, std::max(out, w.shape(0)), std::max(in, w.shape(1)));
}

}  // namespace detail
}  // namespace xtn
