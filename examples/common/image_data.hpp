// SPDX-License-Identifier: BSD-3-Clause
// The images that an example trains on: the official files of MNIST or CIFAR-10 where they are, else a part of them, else
// generated images of known Bayes error, so that every example runs anywhere. Which ones they were is printed and returned,
// because an accuracy means nothing without its images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/image_set.hpp>

namespace examples {

/// Images to train on and to validate with, what they are in one line, and, for generated ones, the expected error that no
/// model can beat.
struct labelled_images {
    xtn::image_set train, validation;
    std::string description;
    std::optional<double> error_floor;
};

enum class image_kind { mnist, cifar10 };

/// Where find_images looks. The defaults are those of the examples' command line.
struct image_options {
    /// --data: a directory with the files, or with one of the usual directories of them: mnist, MNIST/raw, cifar10,
    /// cifar-10-batches-bin.
    std::optional<std::filesystem::path> data{};
    /// Directories tried without being asked for; nothing means data_directories().
    std::optional<std::vector<std::filesystem::path>> directories{};
    /// Numbers and seed of the generated images.
    std::size_t generated_train = 10'000, generated_validation = 2'000;
    std::uint64_t generated_seed = 1;
};

/// Of every `period` images the first `trained` to train on, the others for validation: parts of a data set differ in
/// difficulty.
std::pair<xtn::image_set, xtn::image_set> split_images(const xtn::image_set& all, std::size_t period,
                                                       std::size_t trained);

/// The images for an example, the first of: options.data, the environment variable XTN_DATA, the data directories (those
/// with the official files before those with a part of them), generated images. Says on `log` which ones they are. Throws
/// xtn::io_error if a place that was named by the user has none, or if files are not what they claim; xtn::error if processes
/// found different ones.
labelled_images find_images(image_kind kind, const image_options& options = {}, std::ostream& log = std::cout);

}  // namespace examples
