// SPDX-License-Identifier: BSD-3-Clause
// Compresses a trained PicoGPT: every linear layer becomes the nearest operator of a family (TT-SVD, truncated SVD, sum of
// Kronecker products, higher-order SVD, projection on cosine coefficients), of a given size or of the smallest that keeps
// a relative error; a layer that would store no fewer numbers stays a matrix. Prints the error of each layer and evaluates
// before and after; may train on for some steps under one recipe: AdamW at a quarter of the learning rate of the tuned
// recipe, fixed before the runs, with its own warm-up over a twentieth of the steps and cosine.
//
// Of any other safetensors file, or the files of a sharded checkpoint, every matrix is compressed, on all cores and with
// memory for little more than the largest; what else there is, is copied and listed. --resume goes on after an
// interruption.
//
// Parameters have the dtype of the weights; decompositions are in single precision.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "common/table.hpp"
#include "core/compression.hpp"
#include "core/matrices.hpp"
#include "core/recipe.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

namespace {

namespace fs = std::filesystem;

struct settings {
    examples::options common;
    std::string weights, family = "mpo";
    std::vector<std::string> sizes{"16"};
    std::vector<double> tolerances;
    std::vector<std::uint64_t> lengths{0};
};

/// What is to be made: of one size, or within one tolerance, from that size on.
struct goal {
    picogpt::representation form;
    std::optional<double> tolerance{};
};

std::vector<goal> goals_of(const settings& s) {
    std::vector<goal> all;
    for (const std::string& size : s.sizes) {
        const picogpt::representation r(s.family + "-" + size);
        if (s.tolerances.empty()) all.push_back({r});
        for (const double tolerance : s.tolerances) {
            all.push_back({r, tolerance});
            const std::size_t suffix = std::min(size.find_first_not_of("0123456789."), size.size());
            all.back().form.name = s.family + size.substr(suffix) + "-within-" + nlohmann::json(tolerance).dump();
        }
    }
    return all;
}

/// One row a layer and one for all of them; below, what stays as it was, by reason.
class error_table {
public:
    void add(const picogpt::compressed_tensor& t) {
        before_ += t.elements;
        after_ += t.parameters;
        if (!t.kept.empty()) {
            kept_[t.kept].push_back(t.layer);
            return;
        }
        total_ += t.error;
        add_row(t.layer, t.elements, t.parameters, t.size, t.error);
    }
    void print(const std::string& name) {
        add_row("all", before_, after_, "", total_);
        std::cout << "\n" << name << ": relative Frobenius errors\n\n" << table_.markdown();
        if (after_ >= before_) std::cout << "\nnothing is saved\n";
        if (!kept_.empty()) std::cout << "\nleft as they were:\n";
        for (const auto& [reason, layers] : kept_) {
            std::cout << "  " << reason << ":";
            for (const std::string& layer : layers) std::cout << ' ' << layer;
            std::cout << '\n';
        }
    }
    void record(examples::run_record& to) const {
        to.set("errors", errors_);
        to.set("kept", kept_);
        to.set("numbers_before", before_);
        to.set("numbers_after", after_);
    }

private:
    void add_row(const std::string& layer, std::size_t before, std::size_t after, const examples::cell& size,
                 const picogpt::approximation_error& e) {
        table_.add_row({layer, before, after, size, {e.relative(), 4}});
        errors_[layer == "all" ? "all layers" : layer] = e.relative();
    }

    examples::table table_{{"layer", "numbers before", "after", "size", "error"}};
    nlohmann::ordered_json errors_ = nlohmann::ordered_json::object();
    std::map<std::string, std::vector<std::string>> kept_;
    picogpt::approximation_error total_;
    std::size_t before_ = 0, after_ = 0;
};

/// "model" of model.safetensors, model.safetensors.index.json and the directory model.
std::string stem_of(fs::path path) {
    if (!path.has_filename()) path = path.parent_path();
    while (path.has_extension() &&
           (path.extension() == ".json" || path.extension() == ".index" || path.extension() == ".safetensors"))
        path = path.stem();
    return path.filename().string();
}

void compress_matrices(const xtn::mapped_safetensors& file, const settings& s) {
    if (examples::team().size() > 1)
        throw xtn::error(
            "the matrices of a file are compressed by the threads of one process: start it without mpirun");
    std::cout << file.origin() << " holds no PicoGPT: every matrix is compressed\n";
    xtn::thread_pool pool(s.common.threads);
    for (const goal& g : goals_of(s)) {
        const fs::path target = s.common.out / (stem_of(s.weights) + "-" + g.form.name + ".safetensors");
        if (s.common.resume && fs::exists(target) && !fs::exists(target.string() + ".parts")) {
            std::cout << target.string() << " is there already\n";
            continue;
        }
        examples::run_record record("picogpt_compress",
                                    {{"model", g.form.name}, {"weights", fs::path(s.weights).filename().string()}}, 0);
        std::size_t done = 0;
        const auto tensors = picogpt::compress_file(
            file, {g.form, g.tolerance, s.common.resume}, target, pool, [&](const picogpt::compressed_tensor& t) {
                std::cout << ++done << ". " << t.layer << ": "
                          << (t.kept.empty() ? "error " + examples::fixed(t.error.relative(), 4) : t.kept) << std::endl;
            });
        error_table errors;
        for (const picogpt::compressed_tensor& t : tensors) errors.add(t);
        errors.print(g.form.name);
        errors.record(record);
        record.save(target.parent_path() / (target.stem().string() + ".json"));
        std::cout << "\nwritten to " << target.string() << "\n";
    }
}

/// All tensors of mapped files, still mapped.
xtn::safetensors as_one_file(const xtn::mapped_safetensors& mapped) {
    xtn::safetensors file(mapped.origin());
    file.metadata() = mapped.metadata();
    for (const std::string& name : mapped.names()) file.add(name, mapped[name]);
    return file;
}

/// The same tensors rounded to that dtype.
void store_as(xtn::dtype type, const fs::path& path) {
    const xtn::safetensors exact = xtn::load_safetensors(path);
    xtn::safetensors rounded(path.string());
    rounded.metadata() = exact.metadata();
    for (const std::string& name : exact.names()) rounded.add(name, exact[name].as(type));
    examples::save_once(path, rounded);
}

void compress_model(const xtn::mapped_safetensors& mapped, const settings& s) {
    examples::corpus_options where;
    if (s.common.data) where.data = *s.common.data;
    const examples::corpus_source source = examples::find_corpus(where);
    const auto validation = source.corpus.validation();
    for (const fs::path& f : mapped.files()) examples::require_same_file(f.filename().string() + ": ", f);
    const picogpt::model<float> dense = picogpt::load_model(as_one_file(mapped));
    const xtn::dtype type = mapped.type("tok_emb.weight");
    xtn::thread_pool pool(s.common.threads);
    examples::table results({"model", "parameters", "steps", "val loss", "val accuracy"});
    const auto add_row = [&](const std::string& name, const picogpt::model<float>& m, std::uint64_t steps,
                             const xtn::evaluation& e) {
        results.add_row({name, xtn::parameter_count(m.parameters()), steps, e.loss, {100 * e.accuracy, 2}});
    };
    add_row("before", dense, 0, picogpt::evaluate(dense, validation, dense.context(), pool));
    for (const goal& g : goals_of(s)) {
        const picogpt::representation& r = g.form;
        for (const std::uint64_t steps : s.lengths) {
            error_table errors;
            const picogpt::model<float> m =
                picogpt::with_layers(dense, [&](const std::string& layer, const auto& w) -> xtn::any_operator<float> {
                    const auto found = compress(r.of(layer), layer, picogpt::rows_of(w), {g.tolerance, type});
                    picogpt::compressed_tensor t{layer, w.size(), w.size(), found.size, {}, found.kept};
                    if (found.op) t.error = found.error, t.parameters = xtn::parameter_count(found.op->parameters());
                    errors.add(t);
                    return found.op ? *found.op : xtn::dense<float>::from_dense(w);
                });
            if (steps == s.lengths.front()) errors.print(r.name);
            picogpt::recipe recipe = picogpt::fine_tuning_recipe(r, steps, s.common.batch, s.common.seed);
            recipe.precision = s.common.precision;
            nlohmann::ordered_json options{{"model", r.name}, {"weights", fs::path(s.weights).filename().string()}};
            options.update(describe(recipe));
            examples::run_record record("picogpt_compress", options, s.common.seed);
            errors.record(record);
            const std::string name = r.name + "-tuned" + std::to_string(steps);
            xtn::evaluation after =
                picogpt::train(m, source.corpus, recipe, pool, s.common.out, name, record, s.common.resume).validation;
            if (type == xtn::dtype::f16 || type == xtn::dtype::bf16) {  // what was trained is rounded once more
                picogpt::round_parameters(m.parameters(), type);
                after = picogpt::evaluate(m, validation, m.context(), pool);
                record.set("val_loss", after.loss);
                record.set("val_acc", after.accuracy);
                record.save(s.common.out / (name + ".json"));
            }
            if (type != xtn::dtype::f32) store_as(type, s.common.out / (name + ".safetensors"));
            add_row(r.name, m, steps, after);
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
    app.add_option("--weights", s.weights, "safetensors file, index of a sharded checkpoint, or its directory")
        ->required();
    app.add_option("--operator", s.family, "mpo, low_rank, kronecker, tucker or spectral");
    app.add_option(
        "--size", s.sizes,
        "bonds, ranks, numbers of products, or (fractions of) coefficients; what may follow them in the name of a "
        "representation may follow here: 8-a3, 0.5-largest");
    app.add_option("--tolerance", s.tolerances,
                   "relative errors: instead of a size, the smallest one within it, from --size (else 1) on")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--lengths", s.lengths, "steps of fine-tuning");
    return app.run(argc, argv, [&] {
        if (!s.tolerances.empty() && app.count("--size") == 0) s.sizes = {"1"};
        goals_of(s);  // names that mean nothing are refused before anything else
        if (s.common.quick && app.count("--lengths") == 0) s.lengths = {0, 50};
        examples::make_directory(s.common.out);
        const xtn::mapped_safetensors file = xtn::map_safetensors(s.weights);
        picogpt::holds_model(file) ? compress_model(file, s) : compress_matrices(file, s);
    });
}
