// SPDX-License-Identifier: BSD-3-Clause
// Flops of the matrix products of a training step, from the plans that a step runs. Forward, each pairwise product has one, and its
// two factors' gradients as many each. An operator multiplies with its factors or, where that is cheaper for all windows together, with
// its matrix, which is made once a step (xtn::worth_reconstructing). Attention sees half of the square of the positions.
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

#include "common/experiment.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/operators.hpp"

namespace {

constexpr double forward_and_backward = 3;

/// Of making the matrix.
double flops_of_matrix(const xtn::any_operator<float>& op) {
    double flops = 0;
    for (const auto& term : op.network().terms()) {
        std::vector<xtn::geometry> shapes;
        for (const auto& f : term.dense_factors()) shapes.push_back(xtn::geometry::row_major(f.shape()));
        flops += xtn::contraction_order(term.dense(), xtn::infer_extents(term.dense(), shapes.data()),
                                        xtn::cost_model::of<float>())
                     .flops;
    }
    return flops;
}

/// Of multiplying `calls` times `rows` rows, forward.
double flops_of(const xtn::any_operator<float>& op, std::size_t rows, std::size_t calls) {
    const auto n = static_cast<double>(calls);
    if (!op.network().is_matrix() && !xtn::worth_reconstructing(op, rows, calls))
        return n * xtn::cost_of_apply(op, rows).flops;
    const double products = 2 * static_cast<double>(rows * op.out() * op.in());
    return n * products + (op.network().is_matrix() ? 0 : flops_of_matrix(op));
}

double flops_of_step(const picogpt::model<float>& m, std::size_t windows) {
    const std::size_t time = m.context();
    double flops = 0;
    for (const auto& [name, op] : m.named_operators())
        flops += name == "tok_emb" ? flops_of_matrix(op) : flops_of(op, time, windows);
    if (m.spec().output.tied) flops += flops_of(m.output().head().weight(), time, windows);
    for (const auto& block : m.body().blocks())
        for (const auto& branch : block)
            if (branch.attention() != nullptr)  // scores, and what they weigh, of keys and values as wide as the body
                flops += 2.0 * static_cast<double>(windows * time * time * m.body().width());
    return forward_and_backward * flops;
}

}  // namespace

int main(int argc, char** argv) {
    examples::program app("Flops of a training step of PicoGPTs.", "picogpt_flops");
    std::vector<std::string> models{"dense", "mpo-16"};
    std::size_t batch = 32;
    std::filesystem::path out = "results/picogpt_flops";
    app.add_option("--models", models, "such as dense, mpo-16 (core/representation.hpp)")->capture_default_str();
    app.add_option("--batch", batch, "windows per step")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        examples::run_record record("picogpt_flops", {{"batch", batch}}, 1);
        examples::table results({"model", "parameters", "GFLOP a step"});
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const std::string& name : models) {
            const auto m = picogpt::make_model({}, picogpt::representation(name));
            const std::size_t parameters = xtn::parameter_count(m.parameters());
            const double flops = flops_of_step(m, batch);
            results.add_row({name, parameters, {flops / 1e9, 1}});
            all.push_back({{"model", name}, {"parameters", parameters}, {"flops", flops}});
        }
        record.set("models", all);
        examples::make_directory(out);
        record.save(out / "flops.json");
        std::cout << results.markdown();
    });
}
