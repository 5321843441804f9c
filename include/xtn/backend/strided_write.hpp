// SPDX-License-Identifier: BSD-3-Clause
// Element-wise results on strided memory: C = A or C = A B, permuted and repeated in any way.
//
// The loop along which C, A and B advance most evenly is innermost. Where another loop takes smaller steps through an
// operand, as in a transposition, square tiles of that operand are transposed on the way, in cache.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/row.hpp>

namespace xtn::backend::detail {

template <bool Add, class T, class Term>
class strided_write {
public:
    explicit strided_write(const sorted_loops& all) : outer_(all) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < outer_.size(); ++i)
            if (seconds(outer_[i]) <= seconds(outer_[best])) best = i;
        if (outer_.size() > 0) columns_ = outer_.take(best);
    }

    /// C = the terms from `t` on, or C += with Add.
    void operator()(Term t, T* c) {
        if constexpr (Term::factors > 0)
            for (std::size_t i = outer_.size(); i-- > 0;)
                if (is_transposed(outer_[i])) {
                    const loop rows = outer_.take(i);
                    return by_tiles(rows, t, c);
                }
        by_rows(t, c);
    }

private:
    static constexpr std::int64_t tile = 32;
    static constexpr std::int64_t narrow = 256;  // elements of a row that stay in cache with the lines around them

    /// What an element costs where the innermost loop is l, in steps of a loop without vectors.
    static double seconds(const loop& l) {
        return (Term::is_dense(l) ? 0.25 : 0.75) + (l.c == 1 ? 0 : 0.75) + 8 / static_cast<double>(l.extent);
    }

    static std::int64_t stride(const loop& l, std::size_t factor) { return factor == 0 ? l.a : l.b; }

    /// Whether a factor advances in smaller steps along l than along the columns.
    bool is_transposed(const loop& l, std::size_t factor) const {
        const std::int64_t step = stride(l, factor);
        return step != 0 && std::abs(step) < std::abs(stride(columns_, factor));
    }
    bool is_transposed(const loop& rows) const {
        bool any = false;
        for (std::size_t f = 0; f < Term::factors; ++f) any = any || is_transposed(rows, f);
        return any && std::abs(rows.c) > std::abs(columns_.c) && std::min(rows.extent, columns_.extent) >= 8;
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

    void by_tiles(const loop& rows, Term t, T* c) const {
        for (std::int64_t i = 0; i < rows.extent; i += tile)
            for (std::int64_t j = 0; j < columns_.extent; j += tile)
                nest(outer_.all(), i * rows.a + j * columns_.a, i * rows.b + j * columns_.b,
                     i * rows.c + j * columns_.c, [&](std::int64_t oa, std::int64_t ob, std::int64_t oc) {
                         one_tile(rows, std::min(tile, rows.extent - i), std::min(tile, columns_.extent - j),
                                  t.at(oa, ob), c + oc);
                     });
    }

    /// height x width elements of C, from a transposed copy of what lies the other way.
    void one_tile(loop rows, std::int64_t height, std::int64_t width, Term t, T* c) const {
        loop columns = columns_;
        std::array<std::array<T, tile * tile>, Term::factors> copy;
        for (std::size_t f = 0; f < Term::factors; ++f) {
            if (!is_transposed(rows, f)) continue;
            const std::int64_t down = stride(rows, f), along = stride(columns_, f);
            for (std::int64_t j = 0; j < width; ++j)
                write_row<false>(height, copy[f].data() + j, tile, strided_reader<T>{t.from[f] + j * along, down});
            t.from[f] = copy[f].data();
            (f == 0 ? rows.a : rows.b) = tile;
            (f == 0 ? columns.a : columns.b) = 1;
        }
        Term::along(columns, [&](auto reader) {
            for (std::int64_t i = 0; i < height; ++i)
                write_row<Add>(width, c + i * rows.c, columns.c, reader(advanced(t, rows, i)));
        });
    }

    loop columns_{1, 0, 0, 0};
    sorted_loops outer_;
};

}  // namespace xtn::backend::detail
