// SPDX-License-Identifier: BSD-3-Clause
// The factors of one run of a plan as bfloat16 numbers, each rounded when a matrix product first reads it. A rounded tensor
// has the strides of the tensor.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <xtn/backend/arena.hpp>
#include <xtn/backend/loop_nest.hpp>
#include <xtn/backend/rounded.hpp>
#include <xtn/core/precision.hpp>
#include <xtn/plan/plan.hpp>

namespace xtn::backend {

/// The precision of a run's matrix products and, where it rounds, where copies of factors are kept that outlive the run.
struct rounding {
    xtn::precision precision = xtn::precision::full;
    rounded_copies* copies = nullptr;
    label_set lasting = 0;  ///< bit i: base i keeps its elements as long as the copies live
};

/// The rounded tensors of a run.
class rounded_factors {
public:
    rounded_factors(const plan& p, const rounding& how)
        : plan_(p), how_(how), tensors_(frame_.take<state>(p.tensors.size())) {
        std::uninitialized_fill_n(tensors_, p.tensors.size(), state{});
    }

    /// Tensor t, whose elements begin at `data` in this slice.
    const bfloat16* of(std::uint16_t t, const float* data, std::int64_t slice) {
        state& s = tensors_[t];
        const plan::tensor& x = plan_.tensors[t];
        if (s.current && (s.slice == slice || !x.batched)) return s.first;
        const extent_of extent{plan_, slice};
        std::array<loop, max_labels> steps;
        std::int64_t volume = 1, below = 0, above = 0;
        std::size_t rank = 0;
        for (const layout::axis& a : x.layout.axes) {
            const std::int64_t e = extent(a.label), reach = (e - 1) * a.stride;
            steps[rank++] = {e, a.stride, 0, a.stride};
            volume *= e;
            (reach < 0 ? below : above) += reach;
        }
        const std::int64_t span = above - below + 1;
        // Without gaps, and where the elements stay as they are: one copy for all runs that read them.
        if (span == volume && contains(how_.lasting, x.place.base)) {
            s.first = how_.copies->of(data + below, static_cast<std::size_t>(span)) - below;
        } else {
            if (s.size < span) {
                s.memory = frame_.take<bfloat16>(static_cast<std::size_t>(span));
                s.size = span;
            }
            bfloat16* const first = s.memory - below;
            round(loops(steps.data(), rank), data, first);
            s.first = first;
        }
        s.current = true;
        s.slice = slice;
        return s.first;
    }
    /// Tensor t has other elements now.
    void written(std::uint16_t t) { tensors_[t].current = false; }

private:
    struct extent_of {
        const plan& p;
        std::int64_t slice;
        std::int64_t operator()(label l) const {
            const bool last = l == p.tiling.batch && p.tiling.is_cut() && slice + 1 == p.tiling.tiles();
            return last ? p.tiling.last() : p.problem.extent[l];
        }
    };
    struct state {
        bfloat16* memory = nullptr;
        const bfloat16* first = nullptr;
        std::int64_t size = 0, slice = 0;
        bool current = false;
    };

    static void round(loops given, const float* x, bfloat16* y) {
        sorted_loops sorted(given);
        loop row{1, 1, 0, 1};
        if (sorted.size() > 0 && sorted[sorted.size() - 1].a == 1) row = sorted.take(sorted.size() - 1);
        nest(sorted.all(), 0, 0, 0, [&](std::int64_t from, std::int64_t, std::int64_t to) {
            round_to(static_cast<std::size_t>(row.extent), x + from, y + to);
        });
    }

    const plan& plan_;
    rounding how_;
    workspace_frame frame_;
    state* tensors_;
};

}  // namespace xtn::backend
