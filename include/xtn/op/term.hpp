// SPDX-License-Identifier: BSD-3-Clause
// One network of an operator: labelled factors, the labels of its out and of its in index, and where in the operator's
// matrix it lies. From these follow the two networks that are planned: the matrix, and the matrix applied to rows.
//
// A label that both indices share makes the matrix block-diagonal in it: W[(g o), (h i)] = delta_gh A[g, o, i] has the
// factors "goi", out "go" and in "gi". It is a batch label of apply; for the matrix itself an identity joins the factors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>
#include <xtn/core/network.hpp>
#include <xtn/op/factor.hpp>

namespace xtn {

namespace detail {

/// The letters that label strings may use.
inline constexpr std::string_view label_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Those without the ones in `used`; they are taken into use one by one.
class free_letters {
public:
    explicit free_letters(std::string used) : used_(std::move(used)) {}
    /// Throws shape_error where none is left.
    char next() {
        for (const char c : label_letters)
            if (used_.find(c) == std::string::npos) return used_ += c, c;
        throw shape_error("an operator's network has at most 52 labels; this one (" + used_ + ") needs more");
    }

private:
    std::string used_;
};

}  // namespace detail

/// How the factors of a term are labelled.
struct term_labels {
    std::vector<std::string> factors;
    std::string out, in;

    /// The factors as einsum writes them: "or,ri".
    std::string joined() const {
        std::string s;
        for (std::size_t i = 0; i < factors.size(); ++i) s += (i == 0 ? "" : ",") + factors[i];
        return s;
    }
    /// Every letter in use.
    std::string all() const {
        std::string s = out + in;
        for (const std::string& f : factors) s += f;
        return s;
    }
};

/// Where a term lies in its operator's matrix: its first row and column there, and how many of its rows and columns show;
/// the others are cut off, as a padded scheme needs.
struct placement {
    std::size_t row = 0, column = 0, rows = dynamic, columns = dynamic;  ///< dynamic: all of them
};

/// One labelled network and its place in the operator's matrix.
template <scalar T>
class operator_term {
public:
    /// Throws shape_error where the labels are faulty or do not fit the factors, and for an extent of 0.
    operator_term(term_labels labels, std::vector<factor<T>> factors, placement at = {})
        : labels_(std::move(labels)), factors_(std::move(factors)), dense_factors_(factors_), at_(at) {
        if (labels_.factors.size() != factors_.size())
            throw shape_error("operator network \"" + labels_.joined() + "\": the labels name " +
                              std::to_string(labels_.factors.size()) + " factors, but " +
                              std::to_string(factors_.size()) + " were given");
        detail::free_letters letters(labels_.all());
        apply_ = [&] {
            const char batch = letters.next();
            return make_network(batch + labels_.in + "," + labels_.joined() + "->" + batch + labels_.out);
        }();
        check_extents();
        out_sites_ = sites(labels_.out);
        in_sites_ = sites(labels_.in);

        std::string dense = labels_.joined(), columns = labels_.in;
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (labels_.out.find(columns[i]) != std::string::npos) {
                const char fresh = letters.next();
                dense += std::string(",") + columns[i] + fresh;
                columns[i] = fresh;
                dense_factors_.push_back(factor<T>::constant(xt::eye<T>(in_sites_[i])));
            }
        dense_ = make_network(dense + "->" + labels_.out + columns);
        at_.rows = std::min(at_.rows, out());
        at_.columns = std::min(at_.columns, in());
    }

    const term_labels& labels() const { return labels_; }
    const std::vector<factor<T>>& factors() const { return factors_; }
    const placement& at() const { return at_; }
    /// The extents of the network, which may exceed what shows.
    std::size_t out() const { return volume(out_sites_); }
    std::size_t in() const { return volume(in_sites_); }
    const std::vector<std::size_t>& out_sites() const { return out_sites_; }
    const std::vector<std::size_t>& in_sites() const { return in_sites_; }

    /// (batch, in sites), factors -> (batch, out sites): the matrix applied to rows.
    const network& apply() const { return apply_; }
    /// dense_factors -> (out sites, in sites): the matrix itself.
    const network& dense() const { return dense_; }
    const std::vector<factor<T>>& dense_factors() const { return dense_factors_; }

    /// The extent of a label of the factors.
    std::size_t extent(char letter) const {
        for (std::size_t f = 0; f < factors_.size(); ++f)
            if (const auto axis = labels_.factors[f].find(letter); axis != std::string::npos)
                return factors_[f].shape()[axis];
        return 1;
    }

    /// The same term further down and to the right.
    operator_term moved(std::size_t rows, std::size_t columns) const {
        operator_term t = *this;
        t.at_.row += rows;
        t.at_.column += columns;
        return t;
    }
    /// Its first rows and columns.
    operator_term cut(std::size_t rows, std::size_t columns) const {
        operator_term t = *this;
        t.at_.rows = std::min(at_.rows, rows);
        t.at_.columns = std::min(at_.columns, columns);
        return t;
    }

private:
    static std::size_t volume(const std::vector<std::size_t>& sites) {
        std::size_t v = 1;
        for (const std::size_t e : sites) v *= e;
        return v;
    }
    void check_extents() const {
        std::vector<geometry> shapes;
        for (const factor<T>& f : factors_) {
            shapes.push_back(geometry::row_major(f.shape()));
            if (f.size() == 0)
                throw shape_error("operator network \"" + labels_.joined() + "\": a factor has the shape " +
                                  to_string(shapes.back()) + ", but every extent must be at least 1");
        }
        infer_extents(make_network(labels_.joined() + "->"), shapes.data());
    }
    std::vector<std::size_t> sites(const std::string& letters) const {
        std::vector<std::size_t> s;
        for (const char c : letters) s.push_back(extent(c));
        return s;
    }

    term_labels labels_;
    std::vector<factor<T>> factors_, dense_factors_;
    placement at_;
    network apply_, dense_;
    std::vector<std::size_t> out_sites_, in_sites_;
};

}  // namespace xtn
