// SPDX-License-Identifier: BSD-3-Clause
// The pages of the experiments: where their records lie, and what makes their parts of them.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "mpo_page.hpp"
#include "spectral_page.hpp"

namespace picogpt {

/// docs/experiments/<name>.md; the records lie below these directories of docs/results, and the page's files in the first.
struct page_source {
    std::string name;
    std::vector<std::string> records;
    experiment_page (*make)(const std::vector<examples::json>&);

    std::filesystem::path text(const std::filesystem::path& docs) const {
        return docs / "experiments" / (name + ".md");
    }
    std::filesystem::path files(const std::filesystem::path& docs) const { return docs / "results" / records.front(); }
    std::vector<examples::json> load(const std::filesystem::path& docs) const {
        std::vector<std::filesystem::path> directories;
        for (const std::string& directory : records) directories.push_back(docs / "results" / directory);
        return examples::load_records(directories);
    }
};

inline std::vector<page_source> pages() {
    return {{"mpo", {"mpo", "mpo_published"}, make_mpo_page}, {"spectral", {"spectral"}, make_spectral_page}};
}

}  // namespace picogpt
