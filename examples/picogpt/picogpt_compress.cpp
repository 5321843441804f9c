// SPDX-License-Identifier: BSD-3-Clause
// Compresses a trained PicoGPT: every linear layer becomes the nearest operator of a family (TT-SVD, truncated SVD, sum of
// Kronecker products, higher-order SVD, projection on cosine coefficients). Prints the error of each layer and evaluates
// before and after; may train on for some steps under one recipe: AdamW at a quarter of the learning rate of the tuned
// recipe, fixed before the runs, with its own warm-up over a twentieth of the steps and cosine.
//
// Of any other safetensors file every matrix is compressed, and what else it holds is copied.
#include <iostream>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/compression.hpp"
#include "core/matrices.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

struct settings {
    examples::options common;
    std::string weights, family = "mpo";
    std::vector<std::string> sizes{"16"};
    std::vector<std::uint64_t> lengths{0};

    std::vector<picogpt::representation> representations() const {
        std::vector<picogpt::representation> all;
        for (const std::string& size : sizes) all.emplace_back(family + "-" + size);
        return all;
    }
};

/// One row a layer and one for all of them.
class error_table {
public:
    void add(const std::string& layer, const xt::xtensor<float, 2>& w, const xtn::any_operator<float>& op) {
        const picogpt::approximation_error e = picogpt::error_of(op, w);
        add_row(layer, w.size(), xtn::parameter_count(op.parameters()), e);
        total_ += e;
        before_ += w.size();
        after_ += xtn::parameter_count(op.parameters());
    }
    void print(const std::string& name) {
        add_row("all layers", before_, after_, total_);
        std::cout << "\n" << name << ": relative Frobenius errors\n\n" << table_.markdown();
    }
    nlohmann::ordered_json json() const { return errors_; }

private:
    void add_row(const std::string& layer, std::size_t before, std::size_t after,
                 const picogpt::approximation_error& e) {
        table_.add_row({layer, before, after, {e.relative(), 4}});
        errors_[layer] = e.relative();
    }

    examples::table table_{{"layer", "elements", "parameters", "error"}};
    nlohmann::ordered_json errors_;
    picogpt::approximation_error total_;
    std::size_t before_ = 0, after_ = 0;
};

void compress_matrices(const xtn::safetensors& file, const settings& s) {
    std::cout << file.origin() << " holds no PicoGPT: every matrix is compressed\n";
    for (const picogpt::representation& r : s.representations()) {
        error_table errors;
        const auto small = picogpt::compress_matrices(
            file, r, [&](const auto& layer, const auto& w, const auto& op) { errors.add(layer, w, op); });
        errors.print(r.name);
        const auto path =
            s.common.out / (std::filesystem::path(s.weights).stem().string() + "-" + r.name + ".safetensors");
        xtn::save_safetensors(path, small);
        std::cout << "written to " << path.string() << "\n";
    }
}

void compress_model(const xtn::safetensors& file, const settings& s) {
    examples::corpus_options where;
    if (s.common.data) where.data = *s.common.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const picogpt::model<float> dense = picogpt::load_model(file);
    xtn::thread_pool pool(s.common.threads);
    examples::table results({"model", "parameters", "steps", "val loss", "val accuracy"});
    const auto add_row = [&](const std::string& name, const picogpt::model<float>& m, std::uint64_t steps,
                             const picogpt::evaluation& e) {
        results.add_row({name, xtn::parameter_count(m.parameters()), steps, e.loss, {100 * e.accuracy, 2}});
    };
    add_row("before", dense, 0, picogpt::evaluate(dense, source.corpus.validation(), dense.shape().context, pool));
    for (const picogpt::representation& r : s.representations()) {
        error_table errors;
        const auto layers = dense.named_operators(), small = compress(dense, r).named_operators();
        for (std::size_t l = 0; l < layers.size(); ++l)
            errors.add(layers[l].first, layers[l].second.to_dense(), small[l].second);
        errors.print(r.name);
        for (const std::uint64_t steps : s.lengths) {
            const picogpt::model<float> m = compress(dense, r);
            picogpt::recipe recipe = picogpt::tuned_recipe(r);
            recipe.learning_rate /= 4;
            recipe.steps = steps;
            recipe.warmup = steps / 20;
            recipe.batch = s.common.batch;
            recipe.seed = s.common.seed;
            nlohmann::ordered_json options{{"model", r.name},
                                           {"weights", std::filesystem::path(s.weights).filename().string()}};
            options.update(describe(recipe));
            examples::run_record record("picogpt_compress", options, s.common.seed);
            record.set("errors", errors.json());
            add_row(r.name, m, steps,
                    picogpt::train(m, source.corpus, recipe, pool, s.common.out,
                                   r.name + "-tuned" + std::to_string(steps), record, s.common.resume)
                        .validation);
        }
    }
    std::cout << "\n" << results.markdown();
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    settings s;
    examples::program app("Compresses a trained PicoGPT, or every matrix of a safetensors file.", "picogpt_compress");
    examples::add_options(app, s.common, "results/picogpt_compress");
    app.add_option("--weights", s.weights, "safetensors file")->required();
    app.add_option("--operator", s.family, "mpo, low_rank, kronecker, tucker or spectral");
    app.add_option(
        "--size", s.sizes,
        "bonds, ranks, numbers of products, or (fractions of) coefficients; what may follow them in the name of a "
        "representation may follow here: 8-a3, 0.5-largest");
    app.add_option("--lengths", s.lengths, "steps of fine-tuning");
    return app.run(argc, argv, [&] {
        s.representations();  // names that mean nothing are refused before anything else
        if (s.common.quick && app.count("--lengths") == 0) s.lengths = {0, 50};
        examples::make_directory(s.common.out);
        const xtn::safetensors file = xtn::load_safetensors(s.weights);
        picogpt::holds_model(file) ? compress_model(file, s) : compress_matrices(file, s);
    });
}
