// SPDX-License-Identifier: BSD-3-Clause
// PicoGPTs of smaller hidden sizes: exact where nothing is left out, smaller where something is, found by a greedy search.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>

#include <xtn/io/text_corpus.hpp>

#include "core/operators.hpp"
#include "core/subspace.hpp"
#include "core/training.hpp"

BOOST_AUTO_TEST_SUITE(subspace_of_picogpt)

namespace {

using namespace picogpt;

const xtn::text_corpus& corpus() {
    static const xtn::text_corpus made = random_text();
    return made;
}

model<float> small(const std::string& name) {
    return make_model({.vocabulary = 65, .dim = 16, .heads = 2, .layers = 2, .context = 16, .hidden = 32}, name,
                      {.sigma = 0.3}, 1);
}

double loss(const model<float>& m) {
    xtn::thread_pool pool(2);
    return evaluate(m, corpus().validation().first(800), m.context(), pool).loss;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_whole_is_the_teacher) {
    for (const char* name : {"dense", "mpo-2-a3", "low_rank-4", "spectral-0.5"}) {
        const model<float> teacher = small(name);
        const reducible_model found(teacher, corpus().train(), 8);
        BOOST_TEST(found.whole().name() == "w16-n32-k8-v8");
        for (const subspace kind : {subspace::stacked, subspace::balanced, subspace::sensitive, subspace::per_site,
                                    subspace::coordinates, subspace::random})
            BOOST_TEST(std::abs(loss(found.reduced(found.whole(), kind)) / loss(teacher) - 1) < 1e-5, name);
    }
}

BOOST_AUTO_TEST_CASE(smaller_shapes) {
    const reducible_model found(small("dense"), corpus().train(), 8);
    const model<float> m = found.reduced({12, 20, 5, 4}, subspace::stacked);
    BOOST_TEST(m.body().width() == 12);
    const auto& block = m.body().blocks()[1];
    BOOST_TEST(block[0].attention()->spec().key_width == 10);
    BOOST_TEST(block[0].attention()->spec().value_width == 8);
    BOOST_TEST(block[1].ffn()->spec().hidden == 20);
    BOOST_CHECK_EXCEPTION(found.reduced({17, 32, 8, 8}, subspace::stacked), xtn::shape_error, [](const auto& e) {
        return std::string(e.what()) == "reduced: the model has 16 dimensions of its stream, not 17";
    });
    BOOST_CHECK_THROW(found.reduced({16, 0, 8, 8}, subspace::stacked), xtn::shape_error);
    BOOST_CHECK_THROW(reducible_model(small("dense"), corpus().train().first(100), 8), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(no_subspace_holds_more_than_its_own_principal_one) {
    const reducible_model found(small("dense"), corpus().train(), 8);
    const double stacked = found.share_of_moment(8, subspace::stacked);
    BOOST_TEST(stacked < found.share_of_moment(9, subspace::stacked));
    BOOST_TEST(stacked <= found.share_of_moment(8, subspace::per_site));
    for (const subspace kind : {subspace::balanced, subspace::sensitive, subspace::coordinates, subspace::random})
        BOOST_TEST(stacked >= found.share_of_moment(8, kind));
    BOOST_TEST(std::abs(found.share_of_moment(16, subspace::random) - 1) < 1e-12);
}

BOOST_AUTO_TEST_CASE(a_greedy_search_reaches_its_size) {
    const reducible_model found(small("dense"), corpus().train(), 4);
    const std::size_t whole = xtn::parameter_count(found.folded().parameters());
    xtn::thread_pool pool(1), two(2);
    const auto passed = found.greedy_shapes(whole * 3 / 4, subspace::stacked, pool);
    BOOST_REQUIRE(!passed.empty());
    BOOST_TEST(xtn::parameter_count(found.reduced(passed.back(), subspace::stacked).parameters()) <= whole * 3 / 4);
    BOOST_TEST((passed == found.greedy_shapes(whole * 3 / 4, subspace::stacked, two)));
    BOOST_CHECK_THROW(found.greedy_shapes(10, subspace::stacked, pool), xtn::error);
}

BOOST_AUTO_TEST_SUITE_END()
