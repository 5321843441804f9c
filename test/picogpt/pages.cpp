// SPDX-License-Identifier: BSD-3-Clause
// The experiments' pages say what the run records say: tables, figures and numbers are regenerated and compared byte for
// byte, and the prose between them holds no number of its own but those of the protocol and of the paper.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <xtn/io/atomic_file.hpp>

#include "core/pages.hpp"
#include "core/recipe.hpp"

namespace {

using examples::json;
using picogpt::page_source;

const std::filesystem::path docs = std::filesystem::path(XTN_SOURCE_DIR) / "docs";

std::set<std::string> numbers_in(const std::string& text) {
    std::set<std::string> found;
    static const std::regex number("[0-9]+([.,][0-9]+)*(e-?[0-9]+)?");
    for (std::sregex_iterator n(text.begin(), text.end(), number), end; n != end; ++n) found.insert(n->str());
    return found;
}

/// Where the numbers of a page's prose come from, other than its generated part `printed`, which holds the paper's.
struct protocol {
    std::string printed, text;
};
const std::map<std::string, protocol> protocols{
    {"mpo",
     {"published",
      "arXiv 2603.28534, GPT-2; 2,000 steps of 32 windows of 256 "
      "characters, 90 % of them to train on, 435 windows of the "
      "validation split; 3e-4, 0.1; trials of 300 and of 800 steps; 100 "
      "and 500 steps of fine-tuning; batch 64; 20 batches; "
      "seed 1; chi = 16"}},
    {"spectral",
     {"printed",
      "arXiv 2604.04440; 826,368 parameters, 826K, 16 matrices, 65 characters, "
      "128 wide, 384 x 128, 52 %, 29 %; 2,000 steps of 64 "
      "windows of 128 characters, 90 % of them to train on, 871 windows of "
      "the validation split; rank 48, 24, 10 and 5; a "
      "half, 1/2, 1/4, 1/10, 1/20; s_1 / 1000; 20 % slower; trials of 400 steps"}}};

BOOST_AUTO_TEST_CASE(pages_and_files_are_those_of_the_records) {
    for (const page_source& source : picogpt::pages()) {
        const picogpt::experiment_page made = source.make(source.load(docs));
        const std::string page = xtn::read_file<std::string>(source.text(docs));
        BOOST_TEST((examples::filled(page, made.parts, source.name) == page), source.name << ": run picogpt_report");
        for (const auto& [name, content] : made.files)
            BOOST_TEST((xtn::read_file<std::string>(source.files(docs) / name) == content),
                       source.name << "/" << name << ": run picogpt_report");
    }
}

BOOST_AUTO_TEST_CASE(prose_holds_no_number_of_its_own) {
    for (const page_source& source : picogpt::pages()) {
        const std::string page = xtn::read_file<std::string>(source.text(docs));
        std::string prose = examples::prose_of(page, source.name);
        prose = std::regex_replace(prose, std::regex("```[^`]*```|`[^`]*`|\\]\\([^)]*\\)|<!-- [^>]* -->"), "");
        const protocol& known_from = protocols.at(source.name);
        std::set<std::string> known = numbers_in(source.make(source.load(docs)).parts.at(known_from.printed));
        known.merge(numbers_in(known_from.text));
        for (const std::string& n : numbers_in(prose))
            BOOST_TEST(known.contains(n), source.name << ": where does " << n << " come from?");
    }
    BOOST_TEST(numbers_in("1,234.5 at 3e-4").size() == 2);
}

/// The constants of a recipe are those that the search chose.
void check_winner(const std::filesystem::path& file, const picogpt::recipe& r) {
    const json record = json::parse(xtn::read_file<std::string>(file));
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
    BOOST_TEST(r.batch == record["options"]["batch"].get<std::size_t>());
}

BOOST_AUTO_TEST_CASE(tuned_recipes_are_the_winners_of_the_search) {
    const std::filesystem::path results = docs / "results";
    check_winner(results / "mpo/search-800/dense-search.json", picogpt::tuned_recipe("dense"));
    check_winner(results / "mpo/search-800/mpo-search.json", picogpt::tuned_recipe("mpo-16"));
    check_winner(results / "spectral/search/spectral-search.json", picogpt::spectral_recipe());
}

/// Records in, verdicts out: the paper's own losses fulfil its relations, and others do not.
json trained(const std::string& model, double loss) {
    const picogpt::recipe r = picogpt::spectral_recipe();
    json options{{"model", model}};
    options.update(describe(r));
    return {{"program", "picogpt_spectral"},
            {"seed", 1},
            {"options", options},
            {"results",
             {{"parameters", 1000},
              {"val_loss", loss},
              {"val_acc", 0.5},
              {"block_parameters", 900.0},
              {"stable_rank", 7.0},
              {"numerical_rank", 9.0}}},
            {"series", json::object()}};
}

std::size_t occurrences(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) ++count;
    return count;
}

BOOST_AUTO_TEST_CASE(verdicts_follow_the_records) {
    const auto relations = [](const std::vector<json>& records) {
        return picogpt::make_spectral_page(records).parts.at("relations");
    };
    BOOST_TEST(occurrences(relations({}), "hold") == 0);
    const std::vector<json> paper{trained("dense", 1.580),
                                  trained("spectral-0.5", 1.604),
                                  trained("low_rank-48", 1.801),
                                  trained("spectral-0.5-random_basis", 1.600),
                                  trained("spectral-0.1", 1.75),
                                  trained("spectral-0.05", 1.83),
                                  trained("spectral-0.1-scattered", 1.65),
                                  trained("spectral-0.05-scattered", 1.70)};
    BOOST_TEST(occurrences(relations(paper), "| holds ") == 9);
    BOOST_TEST(occurrences(relations(paper), "does not hold") == 0);
    const std::vector<json> otherwise{trained("dense", 1.580),
                                      trained("spectral-0.5", 1.62),
                                      trained("low_rank-48", 1.66),
                                      trained("spectral-0.5-random_basis", 1.58),
                                      trained("spectral-0.1", 1.61),
                                      trained("spectral-0.05", 1.61),
                                      trained("spectral-0.1-scattered", 1.67),
                                      trained("spectral-0.05-scattered", 1.70)};
    BOOST_TEST(occurrences(relations(otherwise), "does not hold") == 9);
    std::vector<json> elsewhere = paper;  // another recipe is not the experiment's
    for (json& r : elsewhere) r["options"]["learning_rate"] = 1.0;
    BOOST_TEST(occurrences(relations(elsewhere), "hold") == 0);
    json time{{"program", "picogpt_step_time"},
              {"results",
               {{"models", {{{"model", "dense"}, {"seconds", 1.0}}, {{"model", "spectral-0.5"}, {"seconds", 1.3}}}}}}};
    BOOST_TEST(occurrences(relations({time}), "does not hold") == 1);
}

}  // namespace
