// SPDX-License-Identifier: BSD-3-Clause
// Loss and accuracy of a PicoGPT, dense or MPO, over the validation split of a text: consecutive windows of 256
// characters that do not overlap, the last partial one dropped.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "core/training.hpp"
#include "core/weights.hpp"

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Evaluates a PicoGPT on the validation split of a text.", "picogpt_eval");
    std::string weights;
    std::optional<std::string> data;
    std::size_t heads = 4, threads = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    app.add_option("--weights", weights, "safetensors file, dense or MPO")->required();
    app.add_option("--data", data, "text file or directory");
    app.add_option("--heads", heads, "attention heads, where the file does not say")->check(CLI::PositiveNumber);
    app.add_option("--threads", threads, "worker threads")->check(CLI::Range(1, 256));
    return app.run(argc, argv, [&] {
        const picogpt::model<float> m = picogpt::load_model(xtn::load_safetensors(weights), heads);
        const examples::corpus_source source = examples::find_corpus({.data = data}, std::cerr);
        const std::size_t characters = source.corpus.characters().size();
        if (characters != m.classes())
            throw xtn::shape_error("the model has " + std::to_string(m.classes()) + " characters, but the text has " +
                                   std::to_string(characters) + " different ones");
        source.corpus.require_window(m.context());
        xtn::thread_pool pool(threads);
        const xtn::evaluation e = picogpt::evaluate(m, source.corpus.validation(), m.context(), pool);
        std::printf("windows %zu\nval_loss %.6f\nval_acc %.6f\n", e.predictions / m.context(), e.loss, e.accuracy);
    });
}
