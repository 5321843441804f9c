// SPDX-License-Identifier: BSD-3-Clause
// IDX, CIFAR-10 and gzip against files that Python wrote (test/reference/images/make.py), and from a liar.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/cifar.hpp>
#include <xtn/io/idx.hpp>

#include "scratch.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(images)

namespace {

std::string reference(const std::string& name) { return XTN_TEST_DATA "/images/" + name; }

std::uint8_t byte(std::size_t i) { return static_cast<std::uint8_t>(7 * i + i * i / 5); }

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string file(const std::string& name) { return xtn::read_file<std::string>(reference(name)); }

std::string big(std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(static_cast<unsigned char>(value >> shift));
    return text;
}

void refused_idx(const std::string& content, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { xtn::parse_idx(bytes_of(content), "hostile"); }, parts);
    check_error<xtn::io_error>([&] { xtn::parse_idx(bytes_of(content), "hostile"); }, {"hostile"});
}

void refused_gzip(const std::string& content, std::initializer_list<std::string_view> parts,
                  std::size_t limit = 1 << 20) {
    check_error<xtn::io_error>([&] { xtn::gunzip(bytes_of(content), limit, "hostile"); }, parts);
    check_error<xtn::io_error>([&] { xtn::gunzip(bytes_of(content), limit, "hostile"); }, {"hostile"});
}

}  // namespace

BOOST_AUTO_TEST_CASE(idx_of_every_type) {
    for (const auto& [name, type] : {std::pair{"int8", xtn::dtype::i8},
                                     {"int16", xtn::dtype::i16},
                                     {"int32", xtn::dtype::i32},
                                     {"float32", xtn::dtype::f32},
                                     {"float64", xtn::dtype::f64}}) {
        const auto tensor = xtn::load_idx(reference(std::string(name) + ".idx"));
        BOOST_TEST((tensor.type() == type), name);
        BOOST_TEST((tensor.shape() == xtn::tensor_shape{2, 3}));
        BOOST_TEST((tensor.read<double>() == std::vector<double>{1, -2, 3, -4, 5, -6}), name);
    }
    const auto scalar = xtn::load_idx(reference("scalar.idx"));
    BOOST_TEST(scalar.shape().empty());
    BOOST_TEST((scalar.read<int>() == std::vector<int>{5}));
}

BOOST_AUTO_TEST_CASE(images_and_labels_packed_or_not) {
    for (const std::string suffix : {"", ".gz"}) {
        const auto set = xtn::images_from_idx(xtn::load_idx(reference("images-idx3-ubyte" + suffix)),
                                              xtn::load_idx(reference("labels-idx1-ubyte" + suffix)));
        BOOST_TEST((set.shape() == xtn::image_shape{1, 4, 5}));
        BOOST_TEST(set.size() == 6U);
        BOOST_TEST(set.classes() == 10U);
        BOOST_TEST((std::ranges::equal(set.labels(), std::vector<int>{3, 0, 9, 1, 1, 7})));
        for (std::size_t k = 0; k < 20; ++k) BOOST_TEST(set.image(4)[k] == byte(80 + k));
    }
}

BOOST_AUTO_TEST_CASE(cifar_records) {
    const auto set = xtn::load_cifar10(reference("cifar.bin.gz"));
    BOOST_TEST((set.shape() == xtn::image_shape{3, 32, 32}));
    BOOST_TEST((std::ranges::equal(set.labels(), std::vector<int>{4, 0, 9})));
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t k = 0; k < 3072; ++k) BOOST_REQUIRE(set.image(i)[k] == byte(3072 * i + k));
}

BOOST_AUTO_TEST_CASE(gzip_members_and_fields) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i * i) + "\n";
    const auto unpacked = xtn::gunzip(bytes_of(file("text.gz")), text.size());
    BOOST_TEST((std::ranges::equal(unpacked, bytes_of(text))));
    refused_gzip(file("text.gz"), {"more than the announced size"}, text.size() - 1);
    refused_gzip(file("text.gz") + "x", {"something follows"});
}

BOOST_AUTO_TEST_CASE(truncated_or_changed_anywhere) {
    const std::string packed = file("labels-idx1-ubyte.gz"), text = file("text.gz");
    const auto whole = xtn::parse_idx(bytes_of(packed));
    for (std::size_t n = 0; n < packed.size(); ++n)
        BOOST_CHECK_THROW(xtn::parse_idx(bytes_of(packed.substr(0, n))), xtn::io_error);
    std::size_t refusals = 0;
    for (std::size_t i = 0; i < packed.size(); ++i)
        for (unsigned value = 0; value < 256; ++value) {
            std::string changed = packed;
            changed[i] = static_cast<char>(value);
            try {
                BOOST_REQUIRE((xtn::parse_idx(bytes_of(changed)) == whole));
            } catch (const xtn::io_error&) {
                ++refusals;
            }
        }
    BOOST_TEST(refusals > packed.size() * 128);
    for (std::size_t n = 0; n + 8 < text.size(); n += 13)  // a member that ends in time is a whole file
        if (n < 2000) BOOST_CHECK_THROW(xtn::gunzip(bytes_of(text.substr(0, n)), 1 << 20), xtn::io_error);
    const std::string images = file("images-idx3-ubyte");
    for (std::size_t n = 0; n < images.size(); ++n)
        BOOST_CHECK_THROW(xtn::parse_idx(bytes_of(images.substr(0, n))), xtn::io_error);
}

BOOST_AUTO_TEST_CASE(idx_headers) {
    using namespace std::string_literals;
    refused_idx("", {"two zeros"});
    refused_idx("\0\0\x08"s, {"two zeros"});
    refused_idx("\0\1\x08\1"s + big(1) + "x", {"two zeros"});
    refused_idx("\0\0\x0A\1"s + big(1) + "x", {"type", "10"});
    refused_idx("\0\0\x08\3"s + big(1) + big(1), {"3 axes", "truncated"});
    refused_idx("\0\0\x08\1"s + big(2) + "x", {"[2]", "takes 2", "holds 1", "truncated"});
    refused_idx("\0\0\x08\1"s + big(2) + "xyz", {"takes 2", "holds 3"});
    refused_idx("\0\0\x0D\1"s + big(1) + "xyz", {"F32", "takes 4", "holds 3"});
    refused_idx("\0\0\x08\3"s + big(0xFFFFFFFF) + big(0xFFFFFFFF) + big(0xFFFFFFFF), {"overflows"});
    refused_idx("\0\0\x08\xFF"s + std::string(1020, '\xFF'), {"overflows"});
    BOOST_TEST(xtn::parse_idx(bytes_of("\0\0\x08\1"s + big(0))).size() == 0U);
}

BOOST_AUTO_TEST_CASE(images_that_are_none) {
    const auto images = xtn::load_idx(reference("images-idx3-ubyte")),
               labels = xtn::load_idx(reference("labels-idx1-ubyte")), floats = xtn::load_idx(reference("float32.idx"));
    const auto refused = [](const auto& i, const auto& l, std::size_t classes,
                            std::initializer_list<std::string_view> parts) {
        check_error<xtn::io_error>([&] { xtn::images_from_idx(i, l, classes); }, parts);
    };
    refused(labels, images, 10, {"labels-idx1-ubyte", "[6]", "3 axes"});
    refused(floats, labels, 10, {"float32", "F32"});
    refused(images, images, 10, {"images-idx3-ubyte", "one axis"});
    const auto five = xtn::stored_tensor::of<std::uint8_t>({5}, std::vector<std::uint8_t>(5), "five");
    refused(images, five, 10, {"[6, 4, 5]", "five", "[5]", "one label"});
    refused(images, labels, 9, {"image 2", "9", "0 to 8"});
    const auto colours = xtn::stored_tensor::of<std::uint8_t>({2, 3, 1, 2}, std::vector<std::uint8_t>(12), "colours");
    const auto two = xtn::stored_tensor::of<std::uint8_t>({2}, std::vector<std::uint8_t>(2), "two");
    BOOST_TEST((xtn::images_from_idx(colours, two).shape() == xtn::image_shape{3, 1, 2}));
}

BOOST_AUTO_TEST_CASE(cifar_from_a_liar) {
    const auto refused = [](const std::string& content, std::initializer_list<std::string_view> parts) {
        check_error<xtn::io_error>([&] { xtn::parse_cifar10(bytes_of(content), "hostile"); }, parts);
    };
    refused("", {"hostile", "3073", "0 bytes"});
    refused(std::string(3072, '\0'), {"3072 bytes"});
    refused(std::string(2 * 3073 + 5, '\0'), {"6151 bytes", "5 too many"});
    std::string wrong(2 * 3073, '\0');
    wrong[3073] = '\x0A';
    refused(wrong, {"hostile", "image 1", "is 10", "0 to 9"});
    BOOST_TEST(xtn::parse_cifar10(bytes_of(std::string(2 * 3073, '\7'))).size() == 2U);
}

BOOST_AUTO_TEST_CASE(gzip_headers) {
    using namespace std::string_literals;
    const std::string good = "\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0"s + std::string(8, '\0');  // of nothing
    BOOST_TEST(xtn::gunzip(bytes_of(good), 0).empty());
    const auto patched = [&](std::size_t at, char with) {
        std::string changed = good;
        changed[at] = with;
        return changed;
    };
    refused_gzip("", {"1f 8b"});
    refused_gzip(patched(0, '\x1e'), {"1f 8b"});
    refused_gzip(patched(2, '\x07'), {"method is 7"});
    refused_gzip(patched(3, '\x20'), {"flags"});
    refused_gzip(good.substr(0, 3) + "\x04" + good.substr(4, 6) + "\xff\xff", {"end early"});  // a long extra field
    refused_gzip(good.substr(0, 3) + "\x08" + std::string(9, 'x'), {"end early"});             // a name without an end
    refused_gzip(patched(3, '\x02'), {"CRC-16"});
    refused_gzip(patched(12, '\1'), {"CRC-32"});
    refused_gzip(patched(16, '\1'), {"unpack to 0", "say 1"});
    refused_gzip(good.substr(0, good.size() - 1), {"end early"});
    refused_gzip(good + good.substr(0, 5), {"end early"});
    refused_gzip(good + "\1", {"something follows"});
}

/// A file that unpacks to a thousand times its size, one that says so and does not, one packed twice.
BOOST_AUTO_TEST_CASE(gzip_bombs) {
    using namespace std::string_literals;
    // Fixed codes: the literal 0, then copies of 258 bytes at distance 1: length symbol 285 is 11000101, distance 0 is 00000.
    std::string bits =
        "110"
        "00110000";
    for (int i = 0; i < 100000; ++i) bits += "1100010100000";
    bits += "0000000";
    std::string deflated;
    for (std::size_t i = 0; i < bits.size(); i += 8) {
        unsigned value = 0;
        for (std::size_t b = 0; b < 8 && i + b < bits.size(); ++b)
            value |= static_cast<unsigned>(bits[i + b] - '0') << b;
        deflated += static_cast<char>(static_cast<unsigned char>(value));
    }
    const std::string bomb = "\x1f\x8b\x08\0\0\0\0\0\0\xff"s + deflated + std::string(8, '\xFF');
    refused_gzip(bomb, {"more than the announced size"});
    refused_gzip(bomb, {"CRC-32"}, std::size_t{1} << 30);  // it is 25 MB, and not 4 GB, as its end says
    const std::string nested = file("labels-idx1-ubyte.gz");
    std::string stored = "\x1f\x8b\x08\0\0\0\0\0\0\xff\1"s;
    for (const std::size_t length : {nested.size(), nested.size() ^ 0xFFFF})
        stored += {static_cast<char>(length & 0xFF), static_cast<char>(length >> 8 & 0xFF)};
    stored += nested;
    const std::uint32_t crc = xtn::detail::crc32(bytes_of(nested));
    for (const std::size_t value : {std::size_t{crc}, nested.size()})
        for (unsigned i = 0; i < 4; ++i) stored += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    BOOST_TEST((std::ranges::equal(xtn::gunzip(bytes_of(stored), 1 << 20), bytes_of(nested))));
    refused_idx(stored, {"two zeros"});
}

BOOST_AUTO_TEST_SUITE_END()
