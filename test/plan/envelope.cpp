// SPDX-License-Identifier: BSD-3-Clause
// The envelope over the batch: at every number of rows as good as a search for just that number.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <xtn/plan/envelope.hpp>

#include "../oracle.hpp"
#include "orders.hpp"

BOOST_AUTO_TEST_SUITE(envelope)

namespace {

constexpr xtn::label_extents filled(std::int64_t e) {
    xtn::label_extents all{};
    for (auto& x : all) x = e;
    return all;
}

// A 256 x 256 matrix as two sites of 16 x 16, bond 16, in flops: a row costs 2 * (16^4 + 16^4) through the cores and
// 2 * 16^4 through the matrix, which costs 2 * 16^5 once.
constexpr xtn::envelope two_sites =
    xtn::batch_envelope(xtn::parse_labels("bij,oir,rpj->bop").network, filled(16), 0, xtn::cost_model::flops_only());
static_assert(two_sites.size == 2);
static_assert(two_sites.pieces[0].cost.first == two_sites.pieces[0].cost.per_row);
static_assert(two_sites.pieces[0].cost.per_row == 2 * (16. * 16 * 16 * 16 + 16. * 16 * 16 * 16));
static_assert(two_sites.pieces[1].cost.at(0) == 2 * 16. * 16 * 16 * 16 * 16);
static_assert(two_sites.pieces[1].cost.per_row == 2 * 16. * 16 * 16 * 16);
static_assert(two_sites.from(1) == 16);
static_assert(two_sites.best(15).left[0] == 0 && two_sites.best(17).left[0] == 1);

// Eight operands are within the reach of a compiler without flags; nine are planned at run time.
constexpr xtn::envelope seven_sites =
    xtn::batch_envelope(xtn::parse_labels("bijklmnv,oir,rpjs,sqkt,tulz,zwmg,gxnh,hyv->bopquwxy").network, filled(4), 0);
static_assert(!seven_sites.empty());
static_assert(xtn::batch_envelope(xtn::parse_labels("ab,bc,cd,de,ef,fg,gh,hi,ij->aj").network, filled(4), 0).empty());

void check(const xtn::cost_model& model, xtn::label_set gradients, std::uint64_t seed) {
    test::random r(seed);
    std::size_t most = 0, compared = 0, longest = 0, full = 0;
    for (int repeat = 0; repeat < 400; ++repeat) {
        auto n = test::make_random_network(r, repeat % 20 == 0 ? 8 : 5, 1e6);
        if (n.net.labels == 0) continue;
        const auto batch = static_cast<xtn::label>(r.below(n.net.labels));
        xtn::label_extents extent = orders::extents_of(n);
        const xtn::envelope e = xtn::batch_envelope(n.net, extent, batch, model, gradients);
        BOOST_TEST_CONTEXT(n.labels << ", batch " << n.net.name[batch]) {
            if (e.empty()) {  // a table was full: such networks are planned at run time
                ++full;
                continue;
            }
            most = std::max(most, e.size);
            for (const std::int64_t rows : {1, 2, 3, 8, 30, 100, 1000, 30'000, 1'000'000}) {
                extent[batch] = rows;
                const double best = xtn::contraction_order(n.net, extent, model, gradients).seconds;
                const xtn::contraction_tree& tree = e.best(rows);
                if (gradients == 0) {
                    for (std::size_t i = 0; i < n.net.operands; ++i)
                        for (std::size_t a = 0; a < n.net.operand[i].rank(); ++a)
                            n.shapes[i][a] = extent[n.net.operand[i][a]];
                    const orders::sets s = orders::as_sets(n);
                    BOOST_CHECK_CLOSE(orders::cost_of(s, tree, model), best, 1e-7);
                }
                std::size_t piece = 0;
                while (&e.pieces[piece].tree != &tree) ++piece;
                BOOST_CHECK_CLOSE(e.pieces[piece].cost.at(static_cast<double>(rows)), best, 1e-7);
                ++compared;
            }
            longest = std::max<std::size_t>(longest, n.net.operands);
        }
    }
    BOOST_TEST_MESSAGE(compared << " batches compared, at most " << most << " orders, " << longest << " operands");
    BOOST_TEST(most >= 3u);
    BOOST_TEST(full <= 4u);
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_search_at_every_batch_in_flops) { check(xtn::cost_model::flops_only(), 0, 41); }
BOOST_AUTO_TEST_CASE(equals_the_search_at_every_batch_in_seconds) { check({}, 0, 42); }
BOOST_AUTO_TEST_CASE(equals_the_search_at_every_batch_with_gradients) { check({}, ~xtn::label_set{0}, 43); }
BOOST_AUTO_TEST_CASE(equals_the_search_at_every_batch_with_some_gradients) { check({}, 0b10, 44); }

BOOST_AUTO_TEST_CASE(the_last_order_builds_the_matrix) {
    const xtn::network net = xtn::make_network("bijk,oir,rpjs,sqk->bopq");
    const xtn::envelope e = xtn::batch_envelope(net, filled(16), 0);
    const xtn::contraction_tree& last = e.best(1'000'000);
    BOOST_TEST(last.left[last.steps - 1] == 0);  // x meets the matrix in the last step
    BOOST_TEST(e.best(1).left[e.best(1).steps - 1] != 0);
    for (std::size_t i = 1; i < e.size; ++i) BOOST_TEST(e.from(i) > e.from(i - 1));
}

BOOST_AUTO_TEST_SUITE_END()
