// SPDX-License-Identifier: BSD-3-Clause
// Fills the tables, numbers and figures of an experiment's page from its run records:
//
//     picogpt_report --records docs/results/mpo docs/results/mpo_published --page docs/experiments/mpo.md
//
// The page's prose stays as it is; figures (SVG) and tables (CSV) go beside the first directory of records.
#include <iostream>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "core/mpo_page.hpp"

int main(int argc, char** argv) {
    CLI::App app("Regenerates docs/experiments/mpo.md from run records.", "picogpt_report");
    std::vector<std::filesystem::path> records{"docs/results/mpo", "docs/results/mpo_published"};
    std::filesystem::path page = "docs/experiments/mpo.md";
    app.add_option("--records", records, "directories of run records; files are written to the first");
    app.add_option("--page", page, "the page")->capture_default_str();
    return examples::run(app, argc, argv, [&] {
        const picogpt::mpo_page made = picogpt::make_mpo_page(examples::load_records(records));
        xtn::write_file(page, examples::filled(xtn::read_file<std::string>(page), made.parts, page.string()));
        for (const auto& [name, content] : made.files) xtn::write_file(records.front() / name, content);
        std::cout << page.string() << " and " << made.files.size() << " files in " << records.front().string() << "\n";
    });
}
