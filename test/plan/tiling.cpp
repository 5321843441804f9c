// SPDX-License-Identifier: BSD-3-Clause
// Which plans are cut into slices, and what that bounds. That slices compute the same is tested in backend/.
#include <cstdint>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/plan.hpp>
#include <xtn/plan/pullback.hpp>

BOOST_AUTO_TEST_SUITE(tiling)

namespace {

// 4096 x 4096 as four sites of 8 x 8
xtn::plan mpo_layer(std::int64_t rows, std::int64_t bond, xtn::residuals kept = xtn::residuals::recompute) {
    const xtn::network net = xtn::make_network("bijkl,oir,rpjs,sqkt,tul->bopqu");
    const std::vector g{xtn::geometry::row_major(std::vector<std::int64_t>{rows, 8, 8, 8, 8}),
                        xtn::geometry::row_major(std::vector<std::int64_t>{8, 8, bond}),
                        xtn::geometry::row_major(std::vector<std::int64_t>{bond, 8, 8, bond}),
                        xtn::geometry::row_major(std::vector<std::int64_t>{bond, 8, 8, bond}),
                        xtn::geometry::row_major(std::vector<std::int64_t>{bond, 8, 8})};
    const xtn::label_extents e = xtn::infer_extents(net, g.data());
    return xtn::make_plan(xtn::make_problem(net, e, g.data(), xtn::output_geometry(net, e)),
                          xtn::contraction_order(net, e), {}, kept);
}

}  // namespace

BOOST_AUTO_TEST_CASE(large_batches_are_cut_and_need_no_more_memory) {
    std::int64_t least = INT64_MAX, most = 0;
    for (const std::int64_t rows : {128, 512, 513, 8192}) {
        const xtn::plan p = mpo_layer(rows, 4);
        BOOST_TEST_REQUIRE(p.tiling.is_cut());
        BOOST_TEST(p.problem.name(p.tiling.batch) == "b");
        BOOST_TEST((p.tiling.tiles() - 1) * p.tiling.rows + p.tiling.last() == rows);
        BOOST_TEST(p.last.empty() == (p.tiling.last() == p.tiling.rows));
        const double touched = 4 * static_cast<double>(p.residual_size + p.workspace_size);
        BOOST_TEST(touched < 2.5 * xtn::cost_model{}.cache);
        least = std::min(least, p.residual_size + p.workspace_size);
        most = std::max(most, p.residual_size + p.workspace_size);
    }
    BOOST_TEST(most < 2 * least);
}

BOOST_AUTO_TEST_CASE(what_fits_or_has_no_intermediates_is_not) {
    BOOST_TEST(!mpo_layer(1, 4).tiling.is_cut());
    BOOST_TEST(!mpo_layer(4096, 64).tiling.is_cut());  // reconstructs, then one product
    BOOST_TEST(mpo_layer(4096, 64).flops() < 1.2 * 2 * 4096. * 4096 * 4096);
}

BOOST_AUTO_TEST_CASE(a_pullback_cuts_as_its_forward_does) {
    for (const auto kept : {xtn::residuals::keep, xtn::residuals::recompute}) {
        const xtn::plan p = mpo_layer(512, 4, kept);
        const xtn::plan back = xtn::make_pullback(p, 0b11111, {}, kept);
        BOOST_TEST(back.tiling.rows == p.tiling.rows);
        BOOST_TEST(back.steps.size() >= 4u);
        // Kept intermediates grow with the batch; those made again do not.
        const double rows_of_intermediates = static_cast<double>(p.residual_size) / (512 * 4096);
        BOOST_TEST((rows_of_intermediates > 1) == (kept == xtn::residuals::keep));
        BOOST_TEST((back.residual_size > 0) == (kept == xtn::residuals::recompute));
    }
}

BOOST_AUTO_TEST_SUITE_END()
