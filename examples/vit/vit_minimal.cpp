// SPDX-License-Identifier: BSD-3-Clause
// How much of a transformer images need (arXiv 2410.13732): trains its variants on MNIST or CIFAR-10, any of their matrices
// in the form of any operator, and prints parameters, loss and accuracy, also on the images trained on, without their
// augmentation. docs/experiments/minimal.md is made from the records of these runs.
#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/blas_kernels.hpp"
#include "common/experiment.hpp"
#include "common/image_data.hpp"
#include "common/plan_options.hpp"
#include "core/variant.hpp"
#include "image_task.hpp"

namespace {

using examples::image_kind;

/// The recipe that the group's earlier paper prints, with shifts by a tenth and crops of four fifths; pictures are mirrored
/// too, digits are not.
xtn::augmentation augmentation_for(image_kind kind) {
    return {.shift = 3, .flip = kind == image_kind::cifar10, .crop = 0.8};
}
xtn::training_plan recipe() {
    return {.batch = 256, .learning_rate = 2e-3, .optimizer = {.beta2 = 0.999}, .weight_decay = 0.01};
}

/// Glorot's: W_q^T W_k of such matrices has it too, where they are square.
double sigma(std::size_t out, std::size_t in) { return std::sqrt(2 / static_cast<double>(out + in)); }

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    examples::options o;
    o.batch = recipe().batch;
    examples::plan_options changes;
    image_kind kind = image_kind::mnist;
    bool plain = false, trial = false;
    std::uint64_t epochs = 20;
    std::vector<std::string> models{"full", "collapsed-no_vo-no_mlp"};
    examples::program app("Trains what is left of a vision transformer.", "vit_minimal");
    examples::add_options(app, o, "results/vit_minimal");
    app.add_option("--images", kind, "mnist or cifar10")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, image_kind>{{"mnist", image_kind::mnist}, {"cifar10", image_kind::cifar10}}));
    app.add_option("--models", models, "such as full, tied-no_mlp-h4, full+mpo-8 (core/variant.hpp)");
    app.add_option("--epochs", epochs, "passes over the images, where --steps does not say")
        ->check(CLI::PositiveNumber);
    app.add_flag("--plain", plain, "images as they are, without augmentation");
    app.add_flag("--trial", trial,
                 "for the choice of a recipe: every tenth of the training images validates, the others are trained on");
    changes.add_to(app);
    return app.run(argc, argv, [&] {
        if (o.quick && app.count("--epochs") == 0) epochs = 1;
        if (o.full && app.count("--models") == 0)
            models = {"full",
                      "full-no_mlp",
                      "tied",
                      "tied-no_mlp",
                      "collapsed",
                      "collapsed-no_mlp",
                      "collapsed-no_vo",
                      "collapsed-no_vo-no_mlp",
                      "mirrored-no_mlp",
                      "cholesky-no_mlp",
                      "full-h4",
                      "full-no_mlp-h4",
                      "tied-h4",
                      "tied-no_mlp-h4",
                      "full-e12",
                      "full-no_mlp-e12"};
        examples::labelled_images images = examples::find_images(kind, {.data = o.data});
        if (trial) std::tie(images.train, images.validation) = examples::split_images(images.train, 10, 9);
        const std::size_t count = images.train.size();
        if (app.count("--steps") == 0) o.steps = (epochs * count + o.batch - 1) / o.batch;
        const xtn::nn::transformer_spec spec = vit::spec_for(images.train);
        const xtn::augmentation augmentation = plain ? xtn::augmentation{} : augmentation_for(kind);
        xtn::training_plan plan = recipe();
        changes.apply_to(plan, o, o.seed);
        xtn::thread_pool pool(o.threads);
        examples::experiment table("vit_minimal", o,
                                   xtn::parameter_count(picogpt::variant("full").make(spec).parameters()), "images");
        const std::string data = kind == image_kind::mnist ? "mnist" : "cifar10";
        for (const picogpt::variant what : models) {
            const vit::model m = what.make(spec, sigma, plan.seed);
            const std::size_t parameters = xtn::parameter_count(m.parameters());
            const std::string name = data + "-" + what.name + (plain ? "-plain" : "") +
                                     (trial ? "-trial-" + examples::shortest(plan.learning_rate) + "-" +
                                                  examples::shortest(plan.weight_decay)
                                            : "") +
                                     (o.seed == 1 ? "" : "-seed" + std::to_string(o.seed));
            nlohmann::ordered_json described{
                {"model", what.name},          {"data", images.error_floor ? "generated" : data},
                {"train_images", count},       {"validation_images", images.validation.size()},
                {"shift", augmentation.shift}, {"flip", augmentation.flip},
                {"crop", augmentation.crop},   {"trial", trial}};
            described.update(examples::describe(plan));
            table.add(
                name, parameters, described, plan.seed,
                [&](auto& record) {
                    return examples::train(vit::image_task(m, images.train, images.validation, augmentation), plan,
                                           pool, o.out, name, record, o.resume);
                },
                [&] {
                    const xtn::evaluation e =
                        xtn::evaluate(vit::image_task(m, images.train, images.train), pool, examples::team());
                    // The paper's Q: examples times outputs for each parameter.
                    const double q = static_cast<double>(count * m.classes()) / static_cast<double>(parameters);
                    return std::vector<examples::measurement>{
                        {"training_loss", e.loss, 4}, {"training_accuracy", e.accuracy, 4}, {"ratio_q", q, 2}};
                });
        }
        table.print(images.error_floor ? "\nThe images were generated; no model can get beyond an accuracy of " +
                                             examples::fixed(100 * (1 - *images.error_floor), 2) + " %.\n"
                                       : "");
    });
}
