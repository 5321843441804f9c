// SPDX-License-Identifier: BSD-3-Clause
// docs/experiments/mpo.md says what the run records say: tables, figures and numbers are regenerated and compared byte
// for byte, and the prose between them holds no number of its own but those of the protocol and of the paper.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <xtn/io/atomic_file.hpp>

#include "core/mpo_page.hpp"
#include "core/recipe.hpp"

namespace {

namespace fs = std::filesystem;
using examples::json;

const fs::path source = XTN_SOURCE_DIR;
const fs::path results = source / "docs/results/mpo";
const fs::path page_file = source / "docs/experiments/mpo.md";

const std::vector<json>& records() {
    static const std::vector<json> all = examples::load_records({results, source / "docs/results/mpo_published"});
    return all;
}

std::set<std::string> numbers_in(const std::string& text) {
    std::set<std::string> found;
    static const std::regex number("[0-9]+([.,][0-9]+)*(e-?[0-9]+)?");
    for (std::sregex_iterator n(text.begin(), text.end(), number), end; n != end; ++n) found.insert(n->str());
    return found;
}

BOOST_AUTO_TEST_CASE(page_and_files_are_those_of_the_records) {
    const picogpt::mpo_page made = picogpt::make_mpo_page(records());
    const std::string page = xtn::read_file<std::string>(page_file);
    BOOST_TEST((examples::filled(page, made.parts, "mpo.md") == page), "run picogpt_report");
    for (const auto& [name, content] : made.files)
        BOOST_TEST((xtn::read_file<std::string>(results / name) == content), name << ": run picogpt_report");
}

BOOST_AUTO_TEST_CASE(prose_holds_no_number_of_its_own) {
    const std::string page = xtn::read_file<std::string>(page_file);
    std::string prose = examples::prose_of(page, "mpo.md");
    prose = std::regex_replace(prose, std::regex("```[^`]*```|`[^`]*`|\\]\\([^)]*\\)|<!-- [^>]* -->"), "");
    const std::string generated = picogpt::make_mpo_page(records()).parts.at("published");
    std::set<std::string> known = numbers_in(generated);  // what the paper printed among them
    known.merge(
        numbers_in("arXiv 2603.28534, GPT-2; 2,000 steps of 32 windows of 256 characters, 90 % of them to train "
                   "on, 435 windows of the validation split; 3e-4, 0.1; trials of 300 and of 800 steps; 100 "
                   "and 500 steps of fine-tuning; batch 64; 20 batches; seed 1; chi = 16"));
    for (const std::string& n : numbers_in(prose)) BOOST_TEST(known.contains(n), "where does " << n << " come from?");
    BOOST_TEST(numbers_in("1,234.5 at 3e-4").size() == 2);
}

/// The constants of the tuned recipe are those that the search chose.
BOOST_AUTO_TEST_CASE(tuned_recipes_are_the_winners_of_the_search) {
    for (const auto& [family, model] : {std::pair{"dense", "dense"}, std::pair{"mpo", "mpo-16"}}) {
        const auto file = results / "search-800" / (std::string(family) + "-search.json");
        if (!std::filesystem::exists(file)) continue;  // the search has not come to its end
        const json record = json::parse(xtn::read_file<std::string>(file));
        const picogpt::recipe r = picogpt::tuned_recipe(picogpt::representation(model));
        const json& winner = record["results"]["winner"];
        double least = winner["loss"];
        for (const json& trial : record["results"]["trials"])
            if (!trial["loss"].is_null()) least = std::min(least, trial["loss"].get<double>());
        BOOST_TEST(record["results"]["trials"].size() == 8u);
        BOOST_TEST(winner["loss"].get<double>() == least);
        BOOST_TEST(r.learning_rate == winner["learning_rate"].get<double>());
        BOOST_TEST(r.start.sigma == winner["sigma"].get<double>());
        BOOST_TEST(name_of(r.decay) == winner["decayed"].get<std::string>());
        BOOST_TEST(r.weight_decay == winner["weight_decay"].get<double>());
        BOOST_TEST(r.steps == record["options"]["stands_for"].get<std::uint64_t>());
    }
}

}  // namespace
