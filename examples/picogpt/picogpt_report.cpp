// SPDX-License-Identifier: BSD-3-Clause
// Fills the tables, numbers and figures of the experiments' pages from their run records:
//
//     picogpt_report                      docs/experiments/mpo.md and spectral.md, in the directory of the sources
//     picogpt_report --pages spectral     one of them
//
// A page's prose stays as it is; figures (SVG) and tables (CSV) go to its directory of docs/results.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "core/pages.hpp"

int main(int argc, char** argv) {
    examples::program app("Regenerates the pages of the experiments from run records.", "picogpt_report");
    std::vector<std::string> wanted;
    std::filesystem::path docs = "docs";
    const std::vector<picogpt::page_source> pages = picogpt::pages();
    std::vector<std::string> names;
    for (const auto& page : pages) names.push_back(page.name);
    app.add_option("--pages", wanted, "some of them [all]")->check(CLI::IsMember(names));
    app.add_option("--docs", docs, "the directory of documentation")->capture_default_str();
    return app.run(argc, argv, [&] {
        for (const picogpt::page_source& page : pages) {
            if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), page.name) == wanted.end()) continue;
            const picogpt::experiment_page made = page.make(page.load(docs));
            const std::filesystem::path text = page.text(docs), files = page.files(docs);
            xtn::write_file(text, examples::filled(xtn::read_file<std::string>(text), made.parts, text.string()));
            for (const auto& [name, content] : made.files) xtn::write_file(files / name, content);
            std::cout << text.string() << " and " << made.files.size() << " files in " << files.string() << "\n";
        }
    });
}
