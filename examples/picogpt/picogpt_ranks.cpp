// SPDX-License-Identifier: BSD-3-Clause
// The most that a matrix can have of rank when its cosine coefficients lie on a support: the structural ranks of the
// spectral experiment's supports, for each shape of matrix in its model and each share of the coefficients.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/operators.hpp"
#include "core/ranks.hpp"
#include "core/spectral_experiment.hpp"

int main(int argc, char** argv) {
    examples::program app("Structural ranks of the supports of the spectral experiment.", "picogpt_ranks");
    std::filesystem::path out = "results/picogpt_ranks";
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        using picogpt::spectral_shape;
        examples::run_record record("picogpt_ranks", nlohmann::ordered_json::object(), 1);
        std::vector<std::string> columns{"matrix", "support"};
        for (const auto& share : picogpt::spectral_shares) columns.push_back(std::string("share ") + share.text);
        examples::table ranks(columns);
        nlohmann::ordered_json supports = nlohmann::ordered_json::array();
        const std::size_t d = spectral_shape.dim;
        for (const auto& [layer, rows] : {std::pair{"blocks.0.attn.W_o", d},
                                          {"blocks.0.attn.W_qkv", 3 * d},
                                          {"blocks.0.ffn.W1", spectral_shape.hidden}})
            for (const char* support : {"", "-scaled_zigzag", "-rectangle", "-scattered"}) {
                std::vector<examples::cell> row{std::to_string(rows) + " x " + std::to_string(d),
                                                *support ? support + 1 : "zigzag"};
                nlohmann::ordered_json by_share = nlohmann::ordered_json::object();
                for (const auto& share : picogpt::spectral_shares) {
                    const picogpt::representation r = picogpt::in_blocks(picogpt::spectral_name(share, support));
                    const auto places = picogpt::support_of(r.of(layer), layer).elements(rows, d);
                    const std::size_t rank = picogpt::structural_rank(places, rows, d);
                    row.push_back(rank);
                    by_share[share.text] = rank;
                }
                ranks.add_row(row);
                supports.push_back({{"out", rows}, {"in", d}, {"support", support}, {"ranks", by_share}});
            }
        record.set("supports", supports);
        examples::make_directory(out);
        record.save(out / "ranks.json");
        std::cout << ranks.markdown();
    });
}
