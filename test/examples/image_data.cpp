// SPDX-License-Identifier: BSD-3-Clause
// The images that an example program chooses: what is named, official files, parts of them, generated ones.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/image_source.hpp>

#include "../../examples/common/image_data.hpp"
#include "../io/scratch.hpp"

namespace {

namespace fs = std::filesystem;
using examples::image_kind;

void write(const fs::path& path, const std::string& content) {
    fs::create_directories(path.parent_path());
    xtn::write_file(path, std::string_view(content));
}

std::string idx(unsigned axes, std::size_t count, const std::string& content) {
    std::string file{'\0', '\0', '\x08', static_cast<char>(axes)};
    for (unsigned a = 0; a < axes; ++a) {
        const std::size_t extent = a == 0 ? count : 2;
        file += {'\0', '\0', static_cast<char>(extent >> 8), static_cast<char>(extent & 0xFF)};
    }
    return file + content;
}

/// Images of 2 x 2 whose bytes are `value`.
void write_mnist(const fs::path& directory, const std::string& name, std::size_t count, char value) {
    write(directory / (name + "-images-idx3-ubyte"), idx(3, count, std::string(4 * count, value)));
    write(directory / (name + "-labels-idx1-ubyte"), idx(1, count, std::string(count, '\1')));
}

void write_cifar(const fs::path& file, std::size_t count, char value) { write(file, std::string(3073 * count, value)); }

/// Nothing but what stands in the scratch directory is looked at.
struct places {
    places() : variable("XTN_DATA", nullptr) { options.directories = {dir.path() / "first", dir.path() / "second"}; }
    examples::labelled_images find(image_kind kind = image_kind::mnist) {
        log.str("");
        auto found = find_images(kind, options, log);
        BOOST_TEST(log.str().find(found.description) != std::string::npos);
        return found;
    }
    bool says(const std::string& text) const { return log.str().find(text) != std::string::npos; }

    scratch_directory dir;
    environment_variable variable;
    examples::image_options options;
    std::ostringstream log;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(examples_image_data, places)

BOOST_AUTO_TEST_CASE(official_files_come_before_parts) {
    write_mnist(dir.path() / "first" / "mnist", "t10k", 40, '\3');
    const auto part = find();
    BOOST_TEST(part.train.size() == 34U);
    BOOST_TEST(part.validation.size() == 6U);
    BOOST_TEST(says("test images alone"));
    BOOST_TEST(!part.error_floor.has_value());

    write_mnist(dir.path() / "second" / "MNIST" / "raw", "t10k", 3, '\4');
    write_mnist(dir.path() / "second" / "MNIST" / "raw", "train", 5, '\5');
    const auto official = find();
    BOOST_TEST(official.train.size() == 5U);
    BOOST_TEST(official.train.image(0)[0] == 5);
    BOOST_TEST(official.validation.image(0)[0] == 4);
    BOOST_TEST(!says("alone"));
}

BOOST_AUTO_TEST_CASE(of_every_twenty_images_three_are_for_validation) {
    fs::create_directories(dir.path() / "first");
    std::string pixels, labels;
    for (std::size_t i = 0; i < 40; ++i) {
        pixels += std::string(4, static_cast<char>(i));
        labels += static_cast<char>(i % 10);
    }
    write(dir.path() / "first" / "t10k-images-idx3-ubyte", idx(3, 40, pixels));
    write(dir.path() / "first" / "t10k-labels-idx1-ubyte", idx(1, 40, labels));
    const auto part = find();
    const std::vector<int> expected{17, 18, 19, 37, 38, 39};
    for (std::size_t i = 0; i < 6; ++i) {
        BOOST_TEST(part.validation.image(i)[0] == expected[i]);
        BOOST_TEST(part.validation.labels()[i] == expected[i] % 10);
    }
}

BOOST_AUTO_TEST_CASE(batches_of_cifar) {
    write_cifar(dir.path() / "first" / "cifar10" / "train_10k.bin", 4, '\1');
    write_cifar(dir.path() / "first" / "cifar10" / "test_5k.bin", 2, '\2');
    const auto part = find(image_kind::cifar10);
    BOOST_TEST(part.train.size() == 4U);
    BOOST_TEST(part.validation.size() == 2U);
    BOOST_TEST(says("a part of the official"));
    const auto batches = dir.path() / "first" / "cifar-10-batches-bin";
    for (char batch = 1; batch <= 5; ++batch)
        write_cifar(batches / ("data_batch_" + std::to_string(batch) + ".bin"), 2, batch);
    BOOST_TEST(find(image_kind::cifar10).train.size() == 4U);  // the test batch is missing
    write_cifar(batches / "test_batch.bin", 3, '\7');
    const auto official = find(image_kind::cifar10);
    BOOST_TEST(official.train.size() == 10U);
    BOOST_TEST(official.train.labels()[9] == 5);
    BOOST_TEST(official.validation.size() == 3U);
    BOOST_TEST(!says("a part of"));
}

BOOST_AUTO_TEST_CASE(what_is_named_comes_first_and_must_be_there) {
    write_mnist(dir.path() / "first", "t10k", 3, '\1');
    write_mnist(dir.path() / "first", "train", 3, '\1');
    write_mnist(dir.path() / "given", "t10k", 20, '\2');
    options.data = dir.path() / "given";
    BOOST_TEST(find().train.size() == 17U);
    options.data = dir.path() / "missing";
    check_error<xtn::io_error>([&] { find(); }, {"--data", "missing", "MNIST"});
    options.data = dir.path() / "given";
    check_error<xtn::io_error>([&] { find(image_kind::cifar10); }, {"--data", "given", "CIFAR-10"});
    options.data.reset();
    const environment_variable named("XTN_DATA", (dir.path() / "given").c_str());
    BOOST_TEST(find().train.size() == 17U);
    BOOST_TEST(says("XTN_DATA"));
}

BOOST_AUTO_TEST_CASE(generated_images_when_there_are_none) {
    options.generated_train = 100;
    options.generated_validation = 50;
    for (const auto& [kind, name, shape] : {std::tuple{image_kind::mnist, "not MNIST", xtn::image_shape{1, 28, 28}},
                                            {image_kind::cifar10, "not CIFAR-10", xtn::image_shape{3, 32, 32}}}) {
        const auto generated = find(kind);
        BOOST_TEST((generated.train.shape() == shape));
        BOOST_TEST(generated.train.size() == 100U);
        BOOST_TEST(generated.validation.size() == 50U);
        BOOST_REQUIRE(generated.error_floor.has_value());
        BOOST_TEST(*generated.error_floor == xtn::image_source(shape).bayes_error());
        BOOST_TEST(says("GENERATED"));
        BOOST_TEST(says(name));
        BOOST_TEST(!(generated.train.subset(std::vector<std::size_t>{0}) ==
                     generated.validation.subset(std::vector<std::size_t>{0})));
    }
}

BOOST_AUTO_TEST_CASE(found_files_that_are_broken_are_an_error) {
    write_mnist(dir.path() / "first", "t10k", 3, '\1');
    write_mnist(dir.path() / "first", "train", 3, '\1');
    write(dir.path() / "first" / "train-labels-idx1-ubyte", idx(1, 2, "ab"));
    check_error<xtn::io_error>([&] { find(); }, {"train-images-idx3-ubyte", "[3, 2, 2]", "[2]"});
    write(dir.path() / "first" / "train-labels-idx1-ubyte", idx(1, 3, "\1\2\x0B"));
    check_error<xtn::io_error>([&] { find(); }, {"image 2", "is 11"});
}

BOOST_AUTO_TEST_SUITE_END()
