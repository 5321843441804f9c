// SPDX-License-Identifier: BSD-3-Clause
// The constants of the tuned recipes are those that the searches chose, whose records are kept.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include <xtn/io/atomic_file.hpp>

#include "../../examples/common/plan.hpp"
#include "core/recipe.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_recipe)

namespace {

const std::filesystem::path results = std::filesystem::path(XTN_SOURCE_DIR) / "docs/results";

void check_winner(const std::filesystem::path& file, const picogpt::recipe& r) {
    const auto record = nlohmann::json::parse(xtn::read_file<std::string>(file));
    const auto& winner = record["results"]["winner"];
    double least = winner["loss"];
    for (const auto& trial : record["results"]["trials"])
        if (!trial["loss"].is_null()) least = std::min(least, trial["loss"].get<double>());
    BOOST_TEST(record["results"]["trials"].size() == 8u);
    BOOST_TEST(winner["loss"].get<double>() == least);
    BOOST_TEST(r.learning_rate == winner["learning_rate"].get<double>());
    BOOST_TEST(r.start.sigma == winner["sigma"].get<double>());
    BOOST_TEST(examples::name_of(r.decay) == winner["decayed"].get<std::string>());
    BOOST_TEST(r.weight_decay == winner["weight_decay"].get<double>());
    BOOST_TEST(r.steps == record["options"]["stands_for"].get<std::uint64_t>());
    BOOST_TEST(r.batch == record["options"]["batch"].get<std::size_t>());
}

BOOST_AUTO_TEST_CASE(tuned_recipes_are_the_winners_of_the_search) {
    check_winner(results / "mpo/search-800/dense-search.json", picogpt::tuned_recipe("dense"));
    check_winner(results / "mpo/search-800/mpo-search.json", picogpt::tuned_recipe("mpo-16"));
    check_winner(results / "spectral/search/spectral-search.json", picogpt::spectral_recipe());
}

/// The lowest rate among the trials that are as good as the best (docs/pages/mpo.py).
BOOST_AUTO_TEST_CASE(small_bonds_have_the_rate_of_their_trials) {
    std::map<double, double> losses;  // by rate
    for (const auto& file : std::filesystem::directory_iterator(results / "mpo/small")) {
        const auto record = nlohmann::json::parse(xtn::read_file<std::string>(file.path()));
        losses[record["options"]["learning_rate"].get<double>()] = record["results"]["val_loss"].get<double>();
    }
    BOOST_REQUIRE(losses.size() > 1);
    double least = losses.begin()->second;
    for (const auto& [rate, loss] : losses) least = std::min(least, loss);
    const auto chosen = std::ranges::find_if(losses, [&](const auto& trial) { return trial.second < least + 0.01; });
    BOOST_TEST(picogpt::tuned_recipe("mpo-6").learning_rate == chosen->first);
    BOOST_TEST(picogpt::tuned_recipe("mpo-8-a3").learning_rate == chosen->first);
    BOOST_TEST(picogpt::fine_tuning_recipe("mpo-8", 100, 32, 1).learning_rate ==
               picogpt::tuned_recipe("mpo-16").learning_rate / 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
