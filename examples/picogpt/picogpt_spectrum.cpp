// SPDX-License-Identifier: BSD-3-Clause
// How well MPOs approximate the matrices of a PicoGPT: the relative Frobenius error of the TT-SVD against the bond, for
// each kind of layer in the MPO paper's sites, with random weights N(0, sigma^2) or those of a trained model. With two
// sites the TT-SVD is the best approximation there is (Eckart and Young 1936); with three it is within a factor sqrt(2).
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/compression.hpp"
#include "core/weights.hpp"

namespace {

/// The kinds of layers, in the order of the table.
const std::vector<std::string> kinds{"attn.W_q", "attn.W_k", "attn.W_v", "attn.W_o", "ffn.W1", "ffn.W2", "lm_head"};

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Error of MPO approximations of PicoGPT's matrices against the bond.", "picogpt_spectrum");
    std::string weights, label = "random";
    std::vector<std::size_t> bonds{1, 2, 4, 8, 16, 24, 32, 48, 64};
    std::filesystem::path out = "results/picogpt_spectrum";
    std::uint64_t seed = 1;
    app.add_option("--weights", weights, "safetensors file of a dense model [random weights]");
    app.add_option("--label", label, "what table and record call these weights")->capture_default_str();
    app.add_option("--bonds", bonds, "bonds")->check(CLI::Range(1, 4096));
    app.add_option("--seed", seed, "of the random weights")->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        const picogpt::model<float> m = weights.empty() ? picogpt::make_model({}, "dense", {}, seed)
                                                        : picogpt::load_model(xtn::load_safetensors(weights));
        std::vector<std::string> columns{"bond"};
        columns.insert(columns.end(), kinds.begin(), kinds.end());
        columns.push_back("all layers");
        examples::table errors(columns);
        examples::run_record record("picogpt_spectrum",
                                    {{"weights", label}, {"file", std::filesystem::path(weights).filename().string()}},
                                    seed);
        for (const std::size_t bond : bonds) {
            const picogpt::form f{.family = "mpo", .size = bond};
            std::vector<picogpt::approximation_error> of_kind(kinds.size());
            picogpt::approximation_error all;
            for (const auto& [layer, op] : m.named_operators()) {
                const auto w = op.to_dense();
                const auto e = picogpt::error_of(picogpt::compress(f, layer, w), w);
                const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                               [&name = layer](const auto& k) { return name.ends_with(k); });
                of_kind[static_cast<std::size_t>(kind - kinds.begin())] += e;
                all += e;
            }
            std::vector<examples::cell> row{bond};
            for (std::size_t k = 0; k < kinds.size(); ++k) {
                row.push_back({of_kind[k].relative(), 3});
                record.measure(kinds[k], bond, of_kind[k].relative());
            }
            row.push_back({all.relative(), 3});
            record.measure("all", bond, all.relative());
            errors.add_row(row);
        }
        examples::make_directory(out);
        record.save(out / ("spectrum-" + label + ".json"));
        std::cout << "relative error of the TT-SVD, " << label << " weights\n\n" << errors.markdown();
    });
}
