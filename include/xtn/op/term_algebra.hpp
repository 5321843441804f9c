// SPDX-License-Identifier: BSD-3-Clause
// Terms made of terms: product, multiple, transpose. All of it is renaming of labels; only where two indices have no
// sites in common does a constant join them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/term.hpp>

namespace xtn {

namespace detail {

inline void replace_letter(std::string& text, char letter, const std::string& by) {
    for (std::size_t at = text.find(letter); at != std::string::npos; at = text.find(letter, at + by.size()))
        text.replace(at, 1, by);
}

/// The coarsest sites into which both lists can be parted, without extents of 1: (8, 16) and (16, 8) give (8, 2, 8).
/// Nothing if there are none, as for (2, 3) and (3, 2).
inline std::optional<std::vector<std::size_t>> common_sites(const std::vector<std::size_t>& a,
                                                            const std::vector<std::size_t>& b) {
    std::vector<std::size_t> ends;  // products of the last sites
    for (const auto* sites : {&a, &b}) {
        std::size_t end = 1;
        for (std::size_t k = sites->size(); k-- > 0;) ends.push_back(end *= (*sites)[k]);
    }
    std::sort(ends.begin(), ends.end());
    std::vector<std::size_t> sites;
    std::size_t before = 1;
    for (const std::size_t end : ends) {
        if (end % before != 0) return std::nullopt;
        if (end != before) sites.insert(sites.begin(), end / before);
        before = end;
    }
    return sites;
}

/// A term under construction: labels and factors that can still be renamed and split.
template <scalar T>
struct term_draft {
    term_labels labels;
    std::vector<factor<T>> factors;

    explicit term_draft(const operator_term<T>& t) : labels(t.labels()), factors(t.factors()) {}

    void rename(char from, char to) {
        for (std::string* text : texts()) replace_letter(*text, from, std::string(1, to));
    }
    /// Gives other names to the labels that are among `taken`.
    void rename_all_but(const std::string& taken) {
        free_letters letters(taken + labels.all());
        std::string done;
        for (const char c : labels.all()) {
            if (taken.find(c) == std::string::npos || done.find(c) != std::string::npos) continue;
            rename(c, letters.next());
            done += c;
        }
    }
    /// Parts an index of the term (its out or in labels, of these extents) into finer sites, of which its are products.
    void refine(std::string term_labels::*index, const std::vector<std::size_t>& extents,
                const std::vector<std::size_t>& finer, free_letters& letters) {
        const std::string old = labels.*index;
        std::size_t next = 0;
        for (std::size_t k = 0; k < old.size(); ++k) {
            std::vector<std::size_t> part_extents;
            for (std::size_t left = extents[k]; left > 1; left /= finer[next++]) part_extents.push_back(finer[next]);
            if (part_extents.size() == 1) continue;
            std::string parts;
            for (std::size_t n = 0; n < part_extents.size(); ++n) parts += letters.next();
            for (std::size_t f = 0; f < factors.size(); ++f) {
                std::vector<std::size_t> shape;
                for (std::size_t axis = 0; axis < labels.factors[f].size(); ++axis) {
                    if (labels.factors[f][axis] == old[k])
                        shape.insert(shape.end(), part_extents.begin(), part_extents.end());
                    else
                        shape.push_back(factors[f].shape()[axis]);
                }
                factors[f] = factors[f].reshaped(std::move(shape));
            }
            for (std::string* text : texts()) replace_letter(*text, old[k], parts);
        }
    }
    void add(std::string letters, factor<T> f) {
        labels.factors.push_back(std::move(letters));
        factors.push_back(std::move(f));
    }

private:
    std::vector<std::string*> texts() {
        std::vector<std::string*> all{&labels.out, &labels.in};
        for (std::string& f : labels.factors) all.push_back(&f);
        return all;
    }
};

/// A B of two terms: the in index of A, whose first column is a.at().column, meets the out index of B, whose first row is
/// b.at().row.
template <scalar T>
operator_term<T> product(const operator_term<T>& a, const operator_term<T>& b) {
    term_draft<T> left(a), right(b);
    right.rename_all_but(left.labels.all());
    free_letters letters(left.labels.all() + right.labels.all());
    const placement &from = a.at(), &to = b.at();
    const bool meet = from.column == to.row && from.columns == a.in() && to.rows == b.out() && a.in() == b.out();
    if (const auto sites = common_sites(a.in_sites(), b.out_sites()); meet && sites) {
        left.refine(&term_labels::in, a.in_sites(), *sites, letters);
        right.refine(&term_labels::out, b.out_sites(), *sites, letters);
        const std::string columns = left.labels.in;
        for (std::size_t k = 0; k < columns.size(); ++k) left.rename(columns[k], right.labels.out[k]);
    } else {  // other sites, or another place: a matrix joins them that is 1 where both are the same index
        xt::xtensor<T, 2> joint = xt::zeros<T>({a.in(), b.out()});
        for (std::size_t i = 0; i < from.columns; ++i)
            if (const std::size_t m = from.column + i; m >= to.row && m < to.row + to.rows) joint(i, m - to.row) = T(1);
        std::vector<std::size_t> shape = a.in_sites();
        shape.insert(shape.end(), b.out_sites().begin(), b.out_sites().end());
        left.add(left.labels.in + right.labels.out, factor<T>::constant(joint).reshaped(std::move(shape)));
    }
    for (std::size_t f = 0; f < right.factors.size(); ++f) left.add(right.labels.factors[f], right.factors[f]);
    left.labels.in = right.labels.in;
    return {std::move(left.labels), std::move(left.factors), {from.row, to.column, from.rows, to.columns}};
}

/// alpha A of a term.
template <scalar T>
operator_term<T> scaled(const factor<T>& alpha, const operator_term<T>& a) {
    term_draft<T> draft(a);
    draft.add("", alpha.reshaped({}));
    return {std::move(draft.labels), std::move(draft.factors), a.at()};
}

/// A^T of a term, or A^H.
template <scalar T>
operator_term<T> transposed(const operator_term<T>& a, bool conjugate) {
    term_draft<T> draft(a);
    std::swap(draft.labels.out, draft.labels.in);
    if (conjugate)
        for (factor<T>& f : draft.factors) f = f.conjugated();
    const placement& at = a.at();
    return {std::move(draft.labels), std::move(draft.factors), {at.column, at.row, at.columns, at.rows}};
}

}  // namespace detail
}  // namespace xtn
