// SPDX-License-Identifier: BSD-3-Clause
// Sums over strided memory: C = the sum over some loops of A, or of A B element by element.
//
// Elements of C are made in windows of neighbours, each by a binary tree (pairwise.hpp) over the loops that sum. A leaf of
// it adds rows to one another where the elements of a window lie side by side in A and B, or sums each row to one number
// where the terms of a sum do: either way memory is read in order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/pairwise.hpp>
#include <xtn/backend/row.hpp>

namespace xtn::backend::detail {

template <class T, class Term>
class strided_sum {
public:
    /// Over loops that advance C and loops that do not.
    strided_sum(loops kept, loops sums) : outer_(kept), sums_(sums) {
        double adding = 1e9, summing = 1e9;
        std::size_t best = 0;
        for (std::size_t i = 0; i < outer_.size(); ++i)
            if (const double s = seconds(outer_[i], 8); s <= adding) {
                best = i;
                adding = s;
            }
        std::int64_t longest = 1;
        for (const loop& s : sums_.all()) {
            summing = std::min(summing, seconds(s, 12));
            longest = std::max(longest, std::min(s.extent, elements_of_leaf));
        }
        if (outer_.size() > 0) columns_ = outer_.take(best);
        adds_rows_ = adding <= summing;
        const auto faster = [&](loops l) {
            return std::any_of(l.begin(), l.end(), [&](const loop& x) { return is_faster(x, columns_); });
        };
        width_ = !adds_rows_                                   ? std::max<std::int64_t>(1, footprint / longest)
                 : faster(outer_.all()) || faster(sums_.all()) ? narrow_window
                                                               : window;
    }

    /// C = the sum of the terms from `t` on, or C += with `accumulate`.
    void operator()(Term t, T* c, bool accumulate) const {
        for (std::int64_t first = 0; first < columns_.extent; first += width_) {
            const std::int64_t width = std::min(width_, columns_.extent - first);
            nest(outer_.all(), first * columns_.a, first * columns_.b, first * columns_.c,
                 [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
                     one_window(t.at(oa, ob), width, c + oc, accumulate);
                 });
        }
    }

private:
    static constexpr std::int64_t rows_of_leaf = 64;       // four are added at a time, a quarter apart: four streams
    static constexpr std::int64_t elements_of_leaf = 512;  // of rows that are summed: a few for each chain of sum_row
    static constexpr std::int64_t window = 1024;           // sums that stay in cache
    static constexpr std::int64_t narrow_window = 256;     // the same with the lines around their terms
    static constexpr std::int64_t footprint = 4096;        // terms of a window that stay in cache

    /// What a term costs where the innermost loop is l, in additions: more the less of a line of cache is used, and
    /// `start` to begin a row.
    static double seconds(const loop& l, double start) {
        const double gap = static_cast<double>(std::max(std::abs(l.a), std::abs(l.b)) * std::int64_t{sizeof(T)});
        return (Term::is_dense(l) ? 0.25 : 1 + std::min(gap / 64, 1.0)) + start / static_cast<double>(l.extent);
    }

    void one_window(Term t, std::int64_t width, T* c, bool accumulate) const {
        if (columns_.c == 1 && !accumulate) return sum(sums_.all(), t, width, c);
        workspace_frame frame;
        T* total = frame.take<T>(static_cast<std::size_t>(width));
        sum(sums_.all(), t, width, total);
        if (accumulate)
            write_row<true>(width, c, columns_.c, unit_reader<T>{total});
        else
            write_row<false>(width, c, columns_.c, unit_reader<T>{total});
    }

    /// to (width) = the sum over a nest.
    void sum(loops nested, Term t, std::int64_t width, T* to) const {
        const loop outer = nested.front();
        const loops inner = nested.subspan(1);
        const std::int64_t block =
            std::max<std::int64_t>(1, (adds_rows_ ? rows_of_leaf : elements_of_leaf) / iterations(inner));
        sum_pairwise(0, outer.extent, block, static_cast<std::size_t>(width), to,
                     [&](std::int64_t first, std::int64_t n, T* part) {
                         const Term from = advanced(t, outer, first);
                         if (n == 1 && !inner.empty())
                             sum(inner, from, width, part);
                         else
                             leaf({n, outer.a, outer.b, 0}, inner, from, width, part);
                     });
    }

    /// to (width) = the sum over a loop and the nest inside it, of few iterations, along the longest of them.
    void leaf(loop longest, loops inner, Term t, std::int64_t width, T* to) const {
        std::array<loop, max_labels> others;
        std::copy(inner.begin(), inner.end(), others.begin());
        for (std::size_t i = 0; i < inner.size(); ++i)
            if (others[i].extent > longest.extent) std::swap(others[i], longest);
        bool add = false;
        nest({others.data(), inner.size()}, 0, 0, 0, [&](std::int64_t oa, std::int64_t ob, std::int64_t) {
            if (adds_rows_)
                add_rows(longest, t.at(oa, ob), width, to, add);
            else
                sum_rows(longest, t.at(oa, ob), width, to, add);
            add = true;
        });
    }

    /// to (width) = (or +=, with `add`) the sum of the rows that begin along a loop.
    void add_rows(const loop& rows, Term t, std::int64_t width, T* to, bool add) const {
        Term::along(columns_, [&](auto reader) {
            const auto write = [&](auto... terms) {
                if (add)
                    write_row<true>(width, to, 1, reader(terms)...);
                else
                    write_row<false>(width, to, 1, reader(terms)...);
                add = true;
            };
            const auto at = [&](std::int64_t i) { return advanced(t, rows, i); };
            const std::int64_t quarter = rows.extent / 4;
            for (std::int64_t i = 0; i < quarter; ++i)
                write(at(i), at(i + quarter), at(i + 2 * quarter), at(i + 3 * quarter));
            const std::int64_t i = 4 * quarter, left = rows.extent - i;
            if (left == 3)
                write(at(i), at(i + 1), at(i + 2));
            else if (left == 2)
                write(at(i), at(i + 1));
            else if (left == 1)
                write(at(i));
        });
    }

    /// to (width) = (or +=, with `add`) the sums of the rows along a loop.
    void sum_rows(const loop& along, Term t, std::int64_t width, T* to, bool add) const {
        Term::along(along, [&](auto reader) {
            for (std::int64_t i = 0; i < width; ++i) {
                const T total = sum_row<T>(along.extent, reader(advanced(t, columns_, i)));
                to[i] = add ? to[i] + total : total;
            }
        });
    }

    loop columns_{1, 0, 0, 0};
    sorted_loops outer_, sums_;
    bool adds_rows_;
    std::int64_t width_;
};

/// C = or += the sums of the terms. Where a short row is summed, and other loops with it, the others come first, into memory
/// that stays in cache: they add long rows, and few short ones are left to sum.
template <class T, class Term>
void sum_terms(loops kept, loops sums, Term t, T* c, bool accumulate) {
    constexpr std::int64_t short_row = 128, in_cache = std::int64_t{1} << 18;
    const auto row =
        std::find_if(sums.begin(), sums.end(), [](const loop& l) { return l.extent > 1 && Term::is_dense(l); });
    if (row == sums.end() || row->extent > short_row || iterations(sums) < 4 * row->extent ||
        iterations(kept) * row->extent * std::int64_t{sizeof(T)} > in_cache)
        return strided_sum<T, Term>{kept, sums}(t, c, accumulate);

    std::array<loop, max_labels> to_partial, others, from_partial;
    const auto end = std::copy(kept.begin(), kept.end(), to_partial.begin());
    std::sort(to_partial.begin(), end, [](const loop& x, const loop& y) {
        return std::abs(x.a) + std::abs(x.b) > std::abs(y.a) + std::abs(y.b);
    });
    std::int64_t size = row->extent;
    for (std::size_t i = kept.size(); i-- > 0; size *= to_partial[i].extent) {
        from_partial[i] = {to_partial[i].extent, size, 0, to_partial[i].c};
        to_partial[i].c = size;
    }
    *end = {row->extent, row->a, row->b, 1};
    std::copy(row + 1, sums.end(), std::copy(sums.begin(), row, others.begin()));
    const loop last{row->extent, 1, 0, 0};
    workspace_frame frame;
    T* partial = frame.take<T>(static_cast<std::size_t>(size));
    strided_sum<T, Term>{{to_partial.data(), kept.size() + 1}, {others.data(), sums.size() - 1}}(t, partial, false);
    strided_sum<T, element_term<T>>{{from_partial.data(), kept.size()}, {&last, 1}}({{partial}}, c, accumulate);
}

}  // namespace xtn::backend::detail
