// SPDX-License-Identifier: BSD-3-Clause
// What the pages of the experiments share: generated parts and the files beside them, the runs of a model over its seeds,
// and the table of a search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../../common/page.hpp"
#include "../../common/records.hpp"
#include "../../common/table.hpp"

namespace picogpt {

/// What stands where there is no record yet.
inline const std::string dash = "–";

/// What a page shows, and files beside the records by name (SVG and CSV).
struct experiment_page {
    examples::page_parts parts;
    std::map<std::string, std::string> files;

    /// A part, and <name>.csv.
    void set_table(const std::string& name, const examples::table& t);
    /// <name>.svg.
    void set_figure(const std::string& name, const examples::plot& p);
};

/// Text that stands in a column of numbers.
examples::cell aligned(const std::string& text);

/// "holds" or "does not hold".
std::string verdict(bool holds);

/// Values of several seeds.
struct sample {
    std::vector<double> values;

    double mean() const;
    double deviation() const;
    /// Mean and standard deviation: "51.9 ± 0.2", or "51.9" for one value, or a dash.
    std::string text(int decimals) const;
};

/// All runs of one model under one recipe, seed by seed.
struct trained_model {
    std::string name;
    std::size_t parameters = 0;
    std::map<std::uint64_t, examples::json> runs;

    sample of(const std::string& result, double factor = 1) const;
    sample accuracy() const { return of("val_acc", 100); }  ///< in percent
    sample loss() const { return of("val_loss"); }
};

/// The models of those records that are `wanted`, largest first.
std::vector<trained_model> models_of(const std::vector<examples::json>& records,
                                     const std::function<bool(const examples::json&)>& wanted);

/// The model of this name, or none.
const trained_model* find(const std::vector<trained_model>& models, const std::string& name);

/// The trials of a picogpt_search that came to its end.
examples::table search_table(const examples::json& record);

}  // namespace picogpt
