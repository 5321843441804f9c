// SPDX-License-Identifier: BSD-3-Clause
// What operators over sites have in common: matrices and networks in the extents of a scheme, labels and names by number.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/op/apply.hpp>
#include <xtn/scheme/scheme.hpp>

namespace xtn {

/// Sites that are known at run time only.
struct dynamic_scheme {};

namespace detail {

/// Throws shape_error, naming the caller, where the matrix is not Scheme::out x Scheme::in.
template <factorisation Scheme, scalar T, class E>
xt::xtensor<T, 2> in_scheme(const xt::xexpression<E>& w, const char* caller) {
    const xt::xtensor<T, 2> matrix = w;
    if (matrix.shape(0) != Scheme::out || matrix.shape(1) != Scheme::in)
        throw shape_error(std::string(caller) + ": the scheme is " + std::to_string(Scheme::out) + " x " +
                          std::to_string(Scheme::in) + ", but the matrix is " + std::to_string(matrix.shape(0)) +
                          " x " + std::to_string(matrix.shape(1)));
    if (Scheme::out == Scheme::padded_out && Scheme::in == Scheme::padded_in) return matrix;
    xt::xtensor<T, 2> padded = xt::zeros<T>(std::array{Scheme::padded_out, Scheme::padded_in});
    for (std::size_t o = 0; o < Scheme::out; ++o)
        for (std::size_t i = 0; i < Scheme::in; ++i) padded(o, i) = matrix(o, i);
    return padded;
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

/// Throws shape_error unless there are at least one and at most `most` sites, equally many for out and in.
inline void check_sites(std::size_t out_sites, std::size_t in_sites, std::size_t most, const char* caller) {
    if (out_sites != in_sites || out_sites == 0 || out_sites > most)
        throw shape_error(std::string(caller) + ": out and in need the same number of sites, 1 to " +
                          std::to_string(most) + ", but have " + std::to_string(out_sites) + " and " +
                          std::to_string(in_sites));
}

}  // namespace detail
}  // namespace xtn
