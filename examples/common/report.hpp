// SPDX-License-Identifier: BSD-3-Clause
// What a run leaves behind: the results table (Markdown, CSV) and the record (JSON).
#pragma once

#include "run_record.hpp"  // IWYU pragma: export
#include "table.hpp"       // IWYU pragma: export

namespace examples {

/// Writes a table beside its CSV: <stem>.md and <stem>.csv.
inline void save(const table& results, const std::filesystem::path& stem) {
    xtn::write_file(stem.string() + ".md", results.markdown());
    xtn::write_file(stem.string() + ".csv", results.csv());
}

}  // namespace examples
