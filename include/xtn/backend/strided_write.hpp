// SPDX-License-Identifier: BSD-3-Clause
// Element-wise results on strided memory: C = A or C = A B, permuted and repeated in any way.
//
// The loop along which C, A and B advance most evenly is innermost. Where another loop takes smaller steps through an
// operand, as in a transposition, square tiles of that operand are transposed on the way, in cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/row.hpp>
#include <xtn/backend/transpose.hpp>

namespace xtn::backend::detail {

template <bool Add, class T, class Term>
class strided_write {
public:
    explicit strided_write(loops given) : outer_(given) {
        constexpr std::size_t none = max_labels;
        double least = std::numeric_limits<double>::infinity();
        std::size_t columns = none, rows = none;
        const auto consider = [&](double seconds, std::size_t c, std::size_t r) {
            if (seconds > least) return;
            least = seconds;
            columns = c;
            rows = r;
        };
        for (std::size_t c = 0; c < outer_.size(); ++c) {
            consider(seconds(outer_[c]), c, none);
            for (std::size_t r = 0; r < outer_.size(); ++r)
                if (is_transposed(outer_[r], outer_[c])) consider(seconds_of_tiles(outer_[r], outer_[c]), c, r);
        }
        if (rows != none) rows_ = outer_[rows];
        if (columns != none) columns_ = outer_[columns];
        for (std::size_t i = outer_.size(); i-- > 0;)
            if (i == rows || i == columns) outer_.take(i);
        tiles_ = rows != none;
        // whole rows may come from and go to anywhere; what is in pieces shares lines of cache with its neighbours
        if (!tiles_)
            outer_.sort([&](const loop& l) {
                const auto in_pieces = [](std::int64_t along, std::int64_t across) {
                    return along == 1 ? 0 : std::abs(across);
                };
                return in_pieces(columns_.a, l.a) + in_pieces(columns_.b, l.b) + in_pieces(columns_.c, l.c);
            });
    }

    /// C = the terms from `t` on, or C += with Add.
    void operator()(Term t, T* c) const {
        if (tiles_)
            by_tiles(t, c);
        else
            by_rows(t, c);
    }

private:
    static constexpr std::int64_t tile = 32;
    static constexpr std::int64_t narrow = 256;  // elements of a row that stay in cache with the lines around them

    /// What an element costs where the innermost loop is l, in steps of a loop without vectors.
    static double seconds(const loop& l) {
        return (Term::is_dense(l) ? 0.25 : 0.75) + (l.c == 1 ? 0 : 0.75) + 8 / static_cast<double>(l.extent);
    }
    /// The same in tiles, from copies.
    static double seconds_of_tiles(const loop& rows, loop columns) {
        double copies = 0;
        for (std::size_t f = 0; f < Term::factors; ++f)
            if (is_transposed(rows, columns, f)) {
                copies += stride(rows, f) == 1 && sizeof(T) <= sizeof(double) ? 0.25 : 1;
                set_stride(columns, f, 1);
            }
        return copies + seconds(columns) + 8 / static_cast<double>(rows.extent);
    }

    static std::int64_t stride(const loop& l, std::size_t factor) { return factor == 0 ? l.a : l.b; }
    static void set_stride(loop& l, std::size_t factor, std::int64_t to) { (factor == 0 ? l.a : l.b) = to; }

    /// Whether a factor advances in smaller steps along the rows than along the columns.
    static bool is_transposed(const loop& rows, const loop& columns, std::size_t factor) {
        const std::int64_t step = stride(rows, factor);
        return step != 0 && std::abs(step) < std::abs(stride(columns, factor));
    }
    /// Whether any does, and C does not.
    static bool is_transposed(const loop& rows, const loop& columns) {
        bool any = false;
        for (std::size_t f = 0; f < Term::factors; ++f) any = any || is_transposed(rows, columns, f);
        return any && std::abs(rows.c) > std::abs(columns.c);
    }

    void by_rows(Term t, T* c) const {
        const loops outer = outer_.all();
        const bool sides = std::any_of(outer.begin(), outer.end(), [&](auto& l) { return is_faster(l, columns_); });
        const std::int64_t width = sides ? narrow : columns_.extent;
        Term::along(columns_, [&](auto reader) {
            for (std::int64_t first = 0; first < columns_.extent; first += width) {
                const std::int64_t n = std::min(width, columns_.extent - first);
                nest(outer, first * columns_.a, first * columns_.b, first * columns_.c,
                     [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
                         write_row<Add>(n, c + oc, columns_.c, reader(t.at(oa, ob)));
                     });
            }
        });
    }

    void by_tiles(Term t, T* c) const {
        if constexpr (Term::factors > 0) {
            workspace_frame frame;
            T* copy = frame.take<T>(2 * tile * tile);
            for (std::int64_t i = 0; i < rows_.extent; i += tile)
                for (std::int64_t j = 0; j < columns_.extent; j += tile)
                    nest(outer_.all(), i * rows_.a + j * columns_.a, i * rows_.b + j * columns_.b,
                         i * rows_.c + j * columns_.c, [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
                             one_tile(std::min(tile, rows_.extent - i), std::min(tile, columns_.extent - j),
                                      t.at(oa, ob), c + oc, copy);
                         });
        }
    }

    /// height x width elements of C, from a transposed copy of the terms, or of the one factor that lies the other way.
    void one_tile(std::int64_t height, std::int64_t width, Term t, T* c, T* copy) const {
        const auto write_rows = [&](const loop& rows, const loop& columns, const auto& from) {
            std::remove_cvref_t<decltype(from)>::along(columns, [&](auto reader) {
                for (std::int64_t i = 0; i < height; ++i)
                    write_row<Add>(width, c + i * rows_.c, columns_.c, reader(advanced(from, rows, i)));
            });
        };
        constexpr loop copied_rows{tile, tile, 0, 0}, copied_columns{tile, 1, 0, 0};
        if (Term::factors == 1 || (is_transposed(rows_, columns_, 0) && is_transposed(rows_, columns_, 1))) {
            copy_across(rows_, columns_, height, width, t, copy);
            return write_rows(copied_rows, copied_columns, element_term<T>{{copy}});
        }
        loop rows = rows_, columns = columns_;
        const std::size_t f = is_transposed(rows_, columns_, 0) ? 0 : Term::factors - 1;
        const auto of_factor = [f](const loop& l) { return loop{l.extent, stride(l, f), 0, 0}; };
        copy_across(of_factor(rows_), of_factor(columns_), height, width, element_term<T>{{t.from[f]}}, copy);
        t.from[f] = copy;
        set_stride(rows, f, tile);
        set_stride(columns, f, 1);
        write_rows(rows, columns, t);
    }

    /// copy (height x width) = the terms, which are read along the rows.
    template <class Across>
    static void copy_across(const loop& rows, const loop& columns, std::int64_t height, std::int64_t width, Across t,
                            T* copy) {
        if (Across::factors == 1 && rows.a == 1) return transpose(width, height, t.from[0], columns.a, copy, tile);
        T* lines = copy + tile * tile;
        Across::along(rows, [&](auto reader) {
            for (std::int64_t j = 0; j < width; ++j)
                write_row<false>(height, lines + j * tile, 1, reader(advanced(t, columns, j)));
        });
        transpose(width, height, lines, tile, copy, tile);
    }

    sorted_loops outer_;
    loop columns_{1, 0, 0, 0}, rows_{1, 0, 0, 0};
    bool tiles_;
};

}  // namespace xtn::backend::detail
