// SPDX-License-Identifier: BSD-3-Clause
// Writes text with a trained PicoGPT, of any operators and any kind of attention.
#include <cstdio>
#include <iostream>
#include <string>

#include "common/blas_kernels.hpp"
#include "common/data.hpp"
#include "common/options.hpp"
#include "core/attention_kind.hpp"
#include "core/weights.hpp"

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Writes text with a trained PicoGPT.", "picogpt_sample");
    std::string weights, prompt = "\n";
    std::optional<std::string> data;
    std::size_t heads = 4, length = 500;
    std::uint64_t seed = 1;
    xtn::nn::sampling how{.temperature = 0.8, .top_k = 0};
    app.add_option("--weights", weights, "safetensors file, dense or MPO")->required();
    app.add_option("--data", data, "text that the vocabulary is taken from, where the file does not hold it");
    app.add_option("--heads", heads, "attention heads, where the file does not say")->check(CLI::PositiveNumber);
    app.add_option("--prompt", prompt, "what the text begins with");
    app.add_option("--length", length, "characters to write");
    app.add_option("--temperature", how.temperature, "0 takes the likeliest character")->check(CLI::Range(0.0, 100.0));
    app.add_option("--top-k", how.top_k, "draw from the k likeliest characters only; 0 means all");
    app.add_option("--seed", seed, "of the draws");
    return app.run(argc, argv, [&] {
        const xtn::safetensors file = xtn::load_safetensors(weights);
        const picogpt::model<float> m = picogpt::load_model(file, heads);
        const auto stored = file.metadata().find("vocabulary");
        const auto characters = [&] {
            if (stored != file.metadata().end()) return xtn::vocabulary::from_utf8(stored->second, file.origin());
            return examples::find_corpus({.data = data}, std::cerr).corpus.characters();
        }();
        if (characters.size() != m.classes())
            throw xtn::shape_error("the model has " + std::to_string(m.classes()) +
                                   " characters, but the vocabulary has " + std::to_string(characters.size()));
        const xtn::blas_threads one(1);
        xtn::random_stream random(seed);
        const std::vector<xtn::token> begin = characters.encode(prompt);
        const auto text = xtn::nn::generate(m, begin, length, how, random);
        std::printf("%s%s\n", prompt.c_str(), characters.decode(text).c_str());
        std::cerr << "\nstate: " << m.state().bytes() << " bytes; keys and values: " << picogpt::key_value_bytes(m)
                  << " bytes\n";
    });
}
