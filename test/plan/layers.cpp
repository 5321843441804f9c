// SPDX-License-Identifier: BSD-3-Clause
// The plans of the layers that models are made of, forward and backward: what they copy, and what they run on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/plan.hpp>
#include <xtn/plan/pullback.hpp>

BOOST_AUTO_TEST_SUITE(layers)

namespace {

struct plans {
    xtn::plan forward, back;
};

plans make_plans(const char* labels, const std::vector<std::vector<std::int64_t>>& shapes, xtn::cost_model model) {
    const xtn::network net = xtn::make_network(labels);
    std::vector<xtn::geometry> g;
    for (const auto& s : shapes) g.push_back(xtn::geometry::row_major(s));
    const xtn::label_extents e = xtn::infer_extents(net, g.data());
    xtn::plan forward = xtn::make_plan(xtn::make_problem(net, e, g.data(), xtn::output_geometry(net, e)),
                                       xtn::contraction_order(net, e, model), model);
    xtn::plan back = xtn::make_pullback(forward, ~xtn::label_set{0}, model);
    return {std::move(forward), std::move(back)};
}

struct layer {
    const char* labels;
    std::vector<std::vector<std::int64_t>> shapes;
};

/// Two sites 128 x 128 and three sites of PicoGPT's feed-forward shapes; cores (left bond, out, in, right bond) without
/// the bonds of extent 1 at the ends.
std::vector<layer> mpo_layers() {
    std::vector<layer> all;
    for (const std::int64_t chi : {4, 8, 16, 32})
        for (const std::int64_t b : {1, 2, 8, 16, 64, 512}) {
            all.push_back({"bij,oir,rpj->bop", {{b, 8, 16}, {8, 8, chi}, {chi, 16, 16}}});
            all.push_back({"bijk,oir,rpjs,sqk->bopq", {{b, 8, 8, 8}, {4, 8, chi}, {chi, 4, 8, chi}, {chi, 8, 8}}});
            all.push_back({"bijk,oir,rpjs,sqk->bopq", {{b, 4, 4, 8}, {8, 4, chi}, {chi, 8, 4, chi}, {chi, 8, 8}}});
        }
    return all;
}

std::string text(const layer& l) {
    std::string s = l.labels;
    for (const auto& shape : l.shapes) s += " " + xtn::to_string(xtn::geometry::row_major(shape));
    return s;
}

double copy_seconds(const xtn::plan& p) {
    double seconds = 0;
    for (const xtn::step& s : p.steps)
        if (s.kind == xtn::kernel::transfer) seconds += s.seconds;
    return seconds;
}

/// Matrix products alone; with one row the gradient of a matrix is an outer product, which is none.
bool only_products(const xtn::plan& p, std::int64_t rows) {
    return std::all_of(p.steps.begin(), p.steps.end(), [&](const xtn::step& s) {
        return s.kind == xtn::kernel::gemm || (s.kind == xtn::kernel::product && s.sum_loops == 0 && rows == 1);
    });
}

const std::vector<xtn::cost_model> models{xtn::cost_model::of<float>(), xtn::cost_model::of<double>()};

}  // namespace

BOOST_AUTO_TEST_CASE(dense_and_low_rank_layers_copy_nothing) {
    for (const auto& model : models)
        for (const std::int64_t b : {1, 2, 8, 16, 64, 2048}) {
            const plans dense = make_plans("bi,oi->bo", {{b, 512}, {128, 512}}, model);
            BOOST_TEST((only_products(dense.forward, b) && only_products(dense.back, b)));
            for (const std::int64_t rank : {4, 8, 16, 32}) {
                const plans p = make_plans("bi,ri,or->bo", {{b, 512}, {rank, 512}, {128, rank}}, model);
                BOOST_TEST((only_products(p.forward, b) && only_products(p.back, b)), "b " << b << " rank " << rank);
            }
        }
}

BOOST_AUTO_TEST_CASE(attention_copies_nothing) {
    for (const auto& model : models)
        for (const std::int64_t b : {1, 2, 8})
            for (const std::int64_t t : {16, 64, 256})
                for (const std::int64_t h : {1, 4, 8})
                    for (const std::int64_t d : {16, 32, 64}) {
                        const plans scores = make_plans("bthd,bshd->bhts", {{b, t, h, d}, {b, t, h, d}}, model);
                        const plans mix = make_plans("bhts,bshd->bthd", {{b, h, t, t}, {b, t, h, d}}, model);
                        for (const plans* p : {&scores, &mix}) {
                            BOOST_TEST((only_products(p->forward, t) && only_products(p->back, t)));
                            BOOST_TEST(p->forward.steps.size() == 1u);
                            BOOST_TEST(p->back.steps.size() == 2u);
                        }
                    }
}

// Where copies cost too much there are none, forward or backward: layouts alone do it.
BOOST_AUTO_TEST_CASE(mpo_layers_need_no_copies) {
    for (xtn::cost_model model : models) {
        model.copy_bandwidth = 1;
        for (const layer& l : mpo_layers()) {
            const plans p = make_plans(l.labels, l.shapes, model);
            BOOST_TEST(p.forward.copied_elements() == 0, text(l));
            BOOST_TEST(p.back.copied_elements() == 0, text(l));
        }
    }
}

// At the real price a plan may permute a core or an intermediate first, so that many tiny products become a few large
// ones; it is then the faster plan. (Measured: such plans ran 1.2 times faster than those without copies, on average.)
BOOST_AUTO_TEST_CASE(mpo_layers_copy_only_what_pays) {
    double most = 0, worst = 0;
    for (const xtn::cost_model& model : models) {
        xtn::cost_model without = model;
        without.copy_bandwidth = 1;
        for (const layer& l : mpo_layers()) {
            const plans p = make_plans(l.labels, l.shapes, model), q = make_plans(l.labels, l.shapes, without);
            BOOST_TEST(p.forward.seconds() <= q.forward.seconds() * (1 + 1e-12), text(l));
            const double total = p.forward.seconds() + p.back.seconds();
            worst = std::max(worst, total / (q.forward.seconds() + q.back.seconds()));
            if (l.shapes[0][0] >= 8) most = std::max(most, (copy_seconds(p.forward) + copy_seconds(p.back)) / total);
        }
    }
    BOOST_TEST_MESSAGE("copies take at most " << most << " of the time from 8 rows on; with / without: " << worst);
    BOOST_TEST(worst < 1.15);  // layouts are chosen by the forward plan alone
    BOOST_TEST(most < 0.3);
}

// Forward and backward together cost three forwards, not one for each operand.
BOOST_AUTO_TEST_CASE(a_pullback_costs_two_forwards) {
    for (const layer& l : mpo_layers()) {
        const plans p = make_plans(l.labels, l.shapes, {});
        BOOST_TEST(p.back.flops() <= 2 * p.forward.flops() * (1 + 1e-12), text(l));
    }
}

BOOST_AUTO_TEST_CASE(a_pullback_does_only_what_is_needed) {
    const layer l{"bij,oir,rpj->bop", {{64, 8, 16}, {8, 8, 16}, {16, 16, 16}}};
    const plans p = make_plans(l.labels, l.shapes, {});
    const auto writes = [&](const xtn::plan& back, std::size_t operand) {
        return std::any_of(back.steps.begin(), back.steps.end(), [&](const xtn::step& s) {
            return back.tensors[s.c].place.base == back.bases().gradient(operand);
        });
    };
    for (xtn::label_set needs = 0; needs < 8; ++needs) {
        const xtn::plan back = xtn::make_pullback(p.forward, needs, {});
        for (std::size_t i = 0; i < 3; ++i)
            BOOST_TEST(writes(back, i) == xtn::contains(needs, static_cast<xtn::label>(i)));
        BOOST_TEST(back.flops() <= p.back.flops());
    }
    BOOST_TEST(xtn::make_pullback(p.forward, 0, {}).steps.empty());
}

BOOST_AUTO_TEST_SUITE_END()
