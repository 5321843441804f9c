// SPDX-License-Identifier: BSD-3-Clause
// What a trained vision transformer looks at and where it errs: the attention maps of every block for one validation image, and
// the first validation images that it takes for something else. docs/experiments/minimal.md shows them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/image_data.hpp"
#include "common/options.hpp"
#include "common/run_record.hpp"
#include "image_task.hpp"

namespace {

using examples::image_kind;

/// For each block and head softmax(scale q k^T), row by row in percent: (blocks, heads, time * time).
nlohmann::ordered_json attention_maps(const vit::model& m, std::span<const float> image) {
    xtn::tape<float> t;
    const xtn::no_gradient guard(t);
    auto all = nlohmann::ordered_json::array();
    xtn::variable<float, 2> x = m.input()(t, image);
    for (const auto& block : m.body().blocks())
        for (const auto& branch : block) {
            if (const auto* attention = branch.attention()) {
                const auto& spec = attention->spec();
                const auto [q, k, v] = attention->queries_keys_values(branch.read(x));
                const std::size_t time = q.shape()[0], dim = q.shape()[1] / spec.heads;
                const auto scale =
                    static_cast<float>(spec.scale > 0 ? spec.scale : 1 / std::sqrt(static_cast<double>(dim)));
                const auto scores = xtn::einsum<"nhd,mhd->hnm">(q.template reshape<3>({time, spec.heads, dim}),
                                                                k.template reshape<3>({time, spec.heads, dim}));
                const auto weights =
                    xtn::nn::softmax((scale * scores).template reshape<2>({spec.heads, time * time}), time);
                auto heads = nlohmann::ordered_json::array();
                for (std::size_t h = 0; h < spec.heads; ++h) {
                    auto map = nlohmann::ordered_json::array();
                    for (const float w : std::span(weights.data() + h * time * time, time * time))
                        map.push_back(std::lround(100 * w));
                    heads.push_back(map);
                }
                all.push_back(heads);
            }
            x = branch(x, x.shape()[0]);
        }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::program app("Shows what a trained vision transformer looks at and where it errs.", "vit_show");
    std::string weights;
    std::optional<std::string> data;
    image_kind kind = image_kind::mnist;
    std::size_t errors = 24;
    std::filesystem::path out = "results/vit_show";
    app.add_option("--weights", weights, "file of vit_minimal")->required()->check(CLI::ExistingFile);
    app.add_option("--data", data, "directory of the images");
    app.add_option("--images", kind, "mnist or cifar10")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, image_kind>{{"mnist", image_kind::mnist}, {"cifar10", image_kind::cifar10}}));
    app.add_option("--errors", errors, "misclassified images to show")->capture_default_str();
    app.add_option("--out", out, "directory for results")->capture_default_str();
    return app.run(argc, argv, [&] {
        const vit::model m = xtn::load_transformer<float>(xtn::load_safetensors(weights));
        const examples::labelled_images images = examples::find_images(kind, {.data = data});
        const xtn::image_set& shown = images.validation;
        const auto numbers = xtn::normalisation::of(images.train);
        std::vector<float> pixels(shown.shape().size());
        auto wrong = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < shown.size() && wrong.size() < errors; ++i) {
            xtn::tape<float> t;
            const xtn::no_gradient guard(t);
            xtn::write_image(shown, i, numbers, std::span(pixels));
            const auto logits = m.logits(t, std::span<const float>(pixels)).value();
            const auto found =
                static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
            if (found == shown.labels()[i]) continue;
            const auto bytes = shown.image(i);
            wrong.push_back({{"image", i},
                             {"label", shown.labels()[i]},
                             {"found", found},
                             {"pixels", std::vector<int>(bytes.begin(), bytes.end())}});
        }
        xtn::write_image(shown, 0, numbers, std::span(pixels));
        const auto& s = shown.shape();
        examples::run_record record("vit_show",
                                    {{"weights", std::filesystem::path(weights).filename().string()},
                                     {"channels", s.channels},
                                     {"height", s.height},
                                     {"width", s.width}},
                                    1);
        record.set("attention", attention_maps(m, pixels));
        record.set("misclassified", wrong);
        examples::make_directory(out);
        const auto file = out / (std::filesystem::path(weights).stem().string() + ".json");
        record.save(file);
        std::cout << wrong.size() << " misclassified images and the attention maps of the first image are in "
                  << file.string() << '\n';
    });
}
