// SPDX-License-Identifier: BSD-3-Clause
#include "image_data.hpp"

#include <system_error>

#include <xtn/io/cifar.hpp>
#include <xtn/io/idx.hpp>
#include <xtn/io/image_source.hpp>

#include "data.hpp"
#include "format.hpp"
#include "team.hpp"

namespace examples {

namespace {

/// Files in one directory, plain or packed, and whether they are all of the official ones.
struct image_files {
    bool official;
    std::vector<std::filesystem::path> train, validation;
};

/// The file `name` or `name`.gz of a directory.
std::optional<std::filesystem::path> plain_or_packed(const std::filesystem::path& directory, const std::string& name) {
    std::error_code none;
    for (const std::string& candidate : {name, name + ".gz"})
        if (std::filesystem::is_regular_file(directory / candidate, none)) return directory / candidate;
    return std::nullopt;
}

/// All of these files, or nothing.
std::optional<std::vector<std::filesystem::path>> all_of(const std::filesystem::path& directory,
                                                         const std::vector<std::string>& names) {
    std::vector<std::filesystem::path> all;
    for (const std::string& name : names) {
        auto file = plain_or_packed(directory, name);
        if (!file) return std::nullopt;
        all.push_back(*std::move(file));
    }
    return all;
}

/// The files of a data set in or below `path`, the official ones first.
std::optional<image_files> find_image_files(image_kind kind, const std::filesystem::path& path, bool official_only) {
    const bool mnist = kind == image_kind::mnist;
    const std::vector<std::string> below = mnist ? std::vector<std::string>{"", "mnist", "MNIST/raw"}
                                                 : std::vector<std::string>{"", "cifar10", "cifar-10-batches-bin"};
    const std::vector<std::string> tests =
        mnist ? std::vector<std::string>{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}
              : std::vector<std::string>{"test_batch.bin"};
    const std::vector<std::string> trains =
        mnist ? std::vector<std::string>{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}
              : std::vector<std::string>{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                         "data_batch_5.bin"};
    for (const std::string& b : below) {
        const auto directory = b.empty() ? path : path / b;
        const auto train = all_of(directory, trains), test = all_of(directory, tests);
        if (train && test) return image_files{true, *train, *test};
    }
    if (official_only) return std::nullopt;
    for (const std::string& b : below) {
        const auto directory = b.empty() ? path : path / b;
        if (mnist) {
            if (const auto test = all_of(directory, tests)) return image_files{false, *test, {}};
        } else if (const auto train = all_of(directory, {"train_10k.bin"}), test = all_of(directory, {"test_5k.bin"});
                   train && test) {
            return image_files{false, *train, *test};
        }
    }
    return std::nullopt;
}

xtn::image_set load_images(image_kind kind, const std::vector<std::filesystem::path>& files) {
    if (kind == image_kind::mnist) return xtn::images_from_idx(xtn::load_idx(files.at(0)), xtn::load_idx(files.at(1)));
    std::vector<xtn::image_set> sets;
    for (const auto& file : files) sets.push_back(xtn::load_cifar10(file));
    return xtn::joined(sets);
}

std::string described(const xtn::image_set& train, const xtn::image_set& validation) {
    return grouped(std::to_string(train.size())) + " images to train on, " +
           grouped(std::to_string(validation.size())) + " for validation";
}

}  // namespace

std::pair<xtn::image_set, xtn::image_set> split_images(const xtn::image_set& all, std::size_t period,
                                                       std::size_t trained) {
    std::vector<std::size_t> train, validation;
    for (std::size_t i = 0; i < all.size(); ++i) (i % period < trained ? train : validation).push_back(i);
    return {all.subset(train), all.subset(validation)};
}

labelled_images find_images(image_kind kind, const image_options& options, std::ostream& log) {
    const bool mnist = kind == image_kind::mnist;
    const std::string name = mnist ? "MNIST" : "CIFAR-10";
    const auto say = [&](labelled_images images) {
        for (const xtn::image_set* set : {&images.train, &images.validation}) {
            require_same_bytes("images: ", std::as_bytes(set->pixels()));
            require_same_bytes("labels: ", std::as_bytes(set->labels()));
        }
        log << "data: " << images.description << std::endl;
        return images;
    };
    const auto find = [&](bool official_only) {
        return find_data(options.data, options.directories, "no directory with the files of " + name,
                         [&](const std::filesystem::path& path) {
                             const bool named = options.data == path || environment_path("XTN_DATA") == path;
                             return find_image_files(kind, path, official_only && !named);
                         });
    };
    auto found = find(true);
    if (!found) found = find(false);
    if (found) {
        const auto& [files, why] = *found;
        const std::string where = name + " in " + files.train[0].parent_path().string() + " (" + why + "), ";
        xtn::image_set train = load_images(kind, files.train);
        if (mnist && !files.official) {
            auto [most, rest] = split_images(train, 20, 17);
            std::string text = where + "its test images alone, divided: " + described(most, rest) +
                               "; results do not compare with those of the official split";
            return say({std::move(most), std::move(rest), std::move(text), std::nullopt});
        }
        xtn::image_set validation = load_images(kind, files.validation);
        if (train.shape() != validation.shape())
            throw xtn::io_error(files.train[0].string() + " and " + files.validation[0].string() +
                                " hold images of different shapes");
        std::string text = where + described(train, validation) +
                           (files.official ? "" : ", a part of the official ones; results do not compare");
        return say({std::move(train), std::move(validation), std::move(text), std::nullopt});
    }

    const xtn::image_source source(mnist ? xtn::image_shape{1, 28, 28} : xtn::image_shape{3, 32, 32});
    xtn::image_set train = source.generate(options.generated_train, options.generated_seed),
                   validation = source.generate(options.generated_validation, ~options.generated_seed);
    std::string text = "GENERATED images, not " + name + ": " + std::to_string(source.classes()) +
                       " templates in noise, seed " + std::to_string(options.generated_seed) + ", " +
                       described(train, validation) + "; Bayes error " + fixed(100 * source.bayes_error(), 2) +
                       " %, the floor of the expected error";
    labelled_images images = say({std::move(train), std::move(validation), std::move(text), source.bayes_error()});
    log << "data: for " << name << " give --data or XTN_DATA" << std::endl;
    return images;
}

}  // namespace examples
