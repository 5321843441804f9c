// SPDX-License-Identifier: BSD-3-Clause
// safetensors: exact bytes of a small file, round trips, conversions, and the reference tensors.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/io/xtensor.hpp>

#include "scratch.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(safetensors)

namespace {

template <class T>
std::span<const std::byte> raw(const std::vector<T>& values) {
    return std::as_bytes(std::span<const T>(values));
}

/// A file with one tensor of each kind of dtype.
xtn::safetensors sample() {
    xtn::safetensors file("sample");
    file.add<float>("w", {2, 3}, std::vector<float>{1, -2, 3.5f, 0, 1e-30f, 65504});
    file.add<std::int64_t>("ids", {4}, std::vector<std::int64_t>{0, 64, -1, 1'000'000'000'000});
    file.add<std::uint8_t>("bytes", {3}, std::vector<std::uint8_t>{0, 127, 255});
    file.add<double>("scalar", {}, std::vector<double>{0.1});
    file.add<float>("empty", {5, 0}, {});
    file.add<std::complex<float>>("psi", {2}, std::vector<std::complex<float>>{{1, 2}, {0, -1}});
    file.add_bytes("half", xtn::dtype::f16, {3}, raw(std::vector<std::uint16_t>{0x3C00, 0xC000, 0x3555}));
    file.add_bytes("brain", xtn::dtype::bf16, {2}, raw(std::vector<std::uint16_t>{0x3F80, 0xC049}));
    file.metadata() = {{"format", "pt"}, {"note", "a \"quoted\" \n µ"}};
    return file;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_format) {
    xtn::safetensors file;
    file.add<std::uint8_t>("b", {2}, std::vector<std::uint8_t>{1, 2});
    file.add<float>("a", {1}, std::vector<float>{1});
    file.add<float>("A", {}, std::vector<float>{-2});
    file.metadata()["k"] = "value";
    // Descending dtype, then name; padded with blanks to a multiple of 8.
    const std::string header = R"({"__metadata__":{"k":"value"},"A":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                               R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
                               R"("b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}}    )";
    BOOST_REQUIRE(header.size() == 192u);
    const std::string expected =
        std::string("\xC0\0\0\0\0\0\0\0", 8) + header + std::string("\0\0\0\xC0\0\0\x80\x3F\x01\x02", 10);
    const auto bytes = xtn::serialise_safetensors(file);
    BOOST_TEST(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == expected);

    const auto empty = xtn::serialise_safetensors(xtn::safetensors());
    BOOST_TEST(std::string(reinterpret_cast<const char*>(empty.data()), empty.size()) ==
               std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
    BOOST_TEST(xtn::parse_safetensors(empty).size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_round_trip_through_a_file_keeps_everything) {
    const scratch_directory dir;
    const auto path = dir.path() / "sample.safetensors";
    const auto file = sample();
    xtn::save_safetensors(path, file);
    const auto back = xtn::load_safetensors(path);
    BOOST_TEST((back == file));
    BOOST_TEST(back.origin() == path.string());
    BOOST_TEST(
        (back.names() == std::vector<std::string>{"ids", "scalar", "psi", "empty", "w", "brain", "half", "bytes"}));
    BOOST_TEST(back.contains("ids"));
    BOOST_TEST(!back.contains("ids "));
    BOOST_TEST((back.shape("empty") == xtn::tensor_shape{5, 0}));
    BOOST_TEST(back.count("empty") == 0u);
    BOOST_TEST(back.count("scalar") == 1u);
    BOOST_TEST((back.type("half") == xtn::dtype::f16));
    BOOST_TEST(back.bytes("half").size() == 6u);
    BOOST_TEST(back.metadata().at("note") == "a \"quoted\" \n µ");
    BOOST_TEST((xtn::serialise_safetensors(back) == xtn::serialise_safetensors(file)));
}

BOOST_AUTO_TEST_CASE(equality_sees_every_part) {
    const auto file = sample();
    auto other = sample();
    other.metadata()["format"] = "np";
    BOOST_TEST(!(other == file));
    other = sample();
    other.add<float>("more", {0}, {});
    BOOST_TEST(!(other == file));
    xtn::safetensors a, b, c, d;
    a.add<float>("x", {1}, std::vector<float>{1});
    b.add<float>("x", {1}, std::vector<float>{2});
    c.add<float>("x", {1, 1}, std::vector<float>{1});
    d.add<std::int32_t>("x", {1}, std::vector<std::int32_t>{0x3F800000});
    BOOST_TEST(!(a == b));
    BOOST_TEST(!(a == c));
    BOOST_TEST(!(a == d));
}

BOOST_AUTO_TEST_CASE(reading_converts_where_nothing_is_lost_unasked) {
    const auto file = sample();
    BOOST_TEST(file.read<double>("w") == (std::vector<double>{1, -2, 3.5, 0, static_cast<double>(1e-30f), 65504}),
               boost::test_tools::per_element());
    BOOST_TEST(file.read<float>("scalar") == std::vector<float>{0.1f}, boost::test_tools::per_element());
    BOOST_TEST(file.read<std::int32_t>("bytes") == (std::vector<std::int32_t>{0, 127, 255}),
               boost::test_tools::per_element());
    BOOST_TEST(file.read<double>("ids") == (std::vector<double>{0, 64, -1, 1e12}), boost::test_tools::per_element());
    BOOST_TEST(file.read<float>("half") == (std::vector<float>{1, -2, 0x1.554p-2f}), boost::test_tools::per_element());
    BOOST_TEST(file.read<double>("brain") == (std::vector<double>{1, -3.140625}), boost::test_tools::per_element());
    BOOST_TEST((file.read<std::complex<double>>("psi") == std::vector<std::complex<double>>{{1, 2}, {0, -1}}));
    BOOST_TEST(file.read<float>("empty").empty());

    xtn::safetensors truth;
    const bool flags[] = {true, false, true};
    truth.add<bool>("mask", {3}, flags);
    BOOST_TEST((truth.type("mask") == xtn::dtype::boolean));
    BOOST_TEST(truth.read<float>("mask") == (std::vector<float>{1, 0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_half_is_converted_by_its_definition) {
    std::vector<std::uint16_t> bits(65536);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<std::uint16_t>(i);
    xtn::safetensors file;
    file.add_bytes("f16", xtn::dtype::f16, {65536}, raw(bits));
    file.add_bytes("bf16", xtn::dtype::bf16, {65536}, raw(bits));
    const auto halves = file.read<float>("f16"), brains = file.read<float>("bf16");
    // Compared by bits, which also holds where -ffast-math knows neither infinity nor NaN nor subnormal numbers.
    const auto bits_of = [](float value) { return std::bit_cast<std::uint32_t>(value); };
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < 65536; ++i) {
        const int exponent = (i >> 10) & 31, fraction = i & 1023;
        const std::uint32_t sign = (i & 0x8000u) << 16;
        if (exponent == 31) {
            wrong += bits_of(halves[i]) != (sign | 0x7F800000u | static_cast<std::uint32_t>(fraction) << 13);
        } else {
            const int significand = fraction + (exponent ? 1024 : 0);
            const auto size = static_cast<float>(std::ldexp(significand, std::max(exponent, 1) - 15 - 10));
            wrong += bits_of(halves[i]) != (sign | bits_of(size));
        }
        wrong += bits_of(brains[i]) != i << 16;
    }
    BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_an_error_with_names) {
    const auto file = sample();
    check_error<xtn::io_error>([&] { file.read<float>("nothing"); }, {"sample", "\"nothing\"", "8 tensors", "\"ids\""});
    check_error<xtn::io_error>([&] { file.read<std::int32_t>("w"); },
                               {"sample", "\"w\"", "F32", "I32", "integer dtype"});
    check_error<xtn::io_error>([&] { file.read<float>("psi"); }, {"\"psi\"", "C64", "read as F32"});
    check_error<xtn::io_error>([&] { file.read<std::complex<float>>("w"); }, {"\"w\"", "F32", "C64"});
    check_error<xtn::io_error>([&] { file.read<std::int32_t>("ids"); }, {"\"ids\"", "I64", "[3]", "I32"});
    check_error<xtn::io_error>([&] { file.read<std::uint64_t>("ids"); }, {"\"ids\"", "[2]", "U64"});

    xtn::safetensors odd("odd");
    odd.add<std::int64_t>("exact", {4},
                          std::vector<std::int64_t>{1 << 24, std::numeric_limits<std::int64_t>::min(),
                                                    (1ll << 40) + (1ll << 20), -16777215});
    odd.add<std::int64_t>("inexact", {2}, std::vector<std::int64_t>{1, (1 << 24) + 1});
    odd.add<double>("huge", {2, 2}, std::vector<double>{1, std::numeric_limits<double>::infinity(), 1e39, 0});
    BOOST_TEST(odd.read<float>("exact")[1] == -0x1p63f);
    check_error<xtn::io_error>([&] { odd.read<float>("inexact"); }, {"\"inexact\"", "[1]", "F32"});
    check_error<xtn::io_error>([&] { odd.read<float>("huge"); }, {"\"huge\"", "[1, 0]", "F32"});

    std::vector<float> six(6), five(5);
    file.read_into<float>("w", six, {2, 3});
    BOOST_TEST(six[2] == 3.5f);
    check_error<xtn::shape_error>(
        [&] {
            file.read_into<float>("w", six, {3, 2});
        },
        {"sample", "\"w\"", "[2, 3]", "[3, 2]"});
    check_error<xtn::shape_error>([&] { file.read_into<float>("w", five, {2, 3}); }, {"\"w\"", "6", "5"});
}

BOOST_AUTO_TEST_CASE(what_cannot_be_stored_is_refused) {
    auto file = sample();
    const std::vector<float> three(3);
    check_error<xtn::shape_error>([&] { file.add<float>("x", {2, 2}, three); }, {"\"x\"", "[2, 2]", "16", "12"});
    check_error<xtn::shape_error>([&] { file.add<float>("x", {std::size_t(1) << 62, 2}, three); }, {"more than 2^64"});
    check_error<xtn::io_error>([&] { file.add<float>("w", {3}, three); }, {"\"w\"", "already"});
    check_error<xtn::io_error>([&] { file.add<float>("__metadata__", {3}, three); }, {"reserves"});
    check_error<xtn::io_error>([&] { file.add<float>("\xFF", {3}, three); }, {"UTF-8"});
    BOOST_TEST(file.size() == 8u);
    file.metadata()["bad"] = "\xC3";
    check_error<xtn::io_error>([&] { xtn::serialise_safetensors(file); }, {"sample", "\"bad\"", "UTF-8"});
}

BOOST_AUTO_TEST_CASE(names_may_be_any_text) {
    xtn::safetensors file;
    for (const char* name : {"", "a\"b\\c", "\n\t", "ünïcödé 𝛘", "data_offsets"})
        file.add<float>(name, {1}, std::vector<float>{2});
    file.add<float>(std::string("nul\0nul", 7), {1}, std::vector<float>{3});
    const auto back = xtn::parse_safetensors(xtn::serialise_safetensors(file));
    BOOST_TEST((back == file));
    BOOST_TEST(back.read<float>(std::string_view("nul\0nul", 7))[0] == 3.f);
}

BOOST_AUTO_TEST_CASE(parameters_must_be_finite) {
    sample().require_finite();
    constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    xtn::safetensors file("model");
    file.add<double>("good", {2}, std::vector<double>{std::numeric_limits<double>::max(), -5e-324});
    file.add<double>("inf", {2, 3}, std::vector<double>{0, 0, 0, 0, -inf, 0});
    file.add<float>("nan", {1}, std::vector<float>{static_cast<float>(nan)});
    file.add<std::complex<float>>("imag", {2}, std::vector<std::complex<float>>{{0, 0}, {0, static_cast<float>(inf)}});
    file.add_bytes("half", xtn::dtype::f16, {2}, raw(std::vector<std::uint16_t>{0x7BFF, 0xFC00}));
    file.add_bytes("brain", xtn::dtype::bf16, {2}, raw(std::vector<std::uint16_t>{0x7F7F, 0x7FC0}));
    file.require_finite("good");
    check_error<xtn::numeric_error>([&] { file.require_finite("inf"); }, {"model", "\"inf\"", "[1, 1]"});
    check_error<xtn::numeric_error>([&] { file.require_finite("nan"); }, {"\"nan\"", "[0]"});
    check_error<xtn::numeric_error>([&] { file.require_finite("imag"); }, {"\"imag\"", "[1]"});
    check_error<xtn::numeric_error>([&] { file.require_finite("half"); }, {"\"half\"", "[1]"});
    check_error<xtn::numeric_error>([&] { file.require_finite("brain"); }, {"\"brain\"", "[1]"});
    check_error<xtn::numeric_error>([&] { file.require_finite(); }, {"\"inf\""});

    // The one-byte formats, by the number of patterns that are not finite.
    const auto broken = [](xtn::dtype type) {
        int count = 0;
        for (int i = 0; i < 256; ++i) {
            xtn::safetensors one;
            one.add_bytes("x", type, {1}, std::vector<std::byte>{static_cast<std::byte>(i)});
            try {
                one.require_finite();
            } catch (const xtn::numeric_error&) {
                ++count;
            }
        }
        return count;
    };
    BOOST_TEST(broken(xtn::dtype::f8_e5m2) == 8);
    BOOST_TEST(broken(xtn::dtype::f8_e4m3) == 2);
    BOOST_TEST(broken(xtn::dtype::f8_e8m0) == 1);
    BOOST_TEST(broken(xtn::dtype::f8_e4m3fnuz) == 1);
    BOOST_TEST(broken(xtn::dtype::f8_e5m2fnuz) == 1);
    BOOST_TEST(broken(xtn::dtype::u8) == 0);
}

BOOST_AUTO_TEST_CASE(xtensor_containers) {
    xtn::safetensors file;
    const xt::xtensor<float, 2> w{{1, 2, 3}, {4, 5, 6}};
    const xt::xtensor<double, 2, xt::layout_type::column_major> column{{1, 2}, {3, 4}};
    add_xtensor(file, "w", w);
    add_xtensor(file, "twice", 2 * w);
    add_xtensor(file, "column", column);
    BOOST_TEST((file.shape("twice") == xtn::tensor_shape{2, 3}));
    BOOST_TEST(file.read<float>("twice")[5] == 12.f);
    BOOST_TEST(file.read<double>("column") == (std::vector<double>{1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST((xtn::read_xtensor<double, 2>(file, "w") == w));
    check_error<xtn::shape_error>([&] { xtn::read_xtensor<float, 1>(file, "w"); }, {"\"w\"", "[2, 3]", "rank 1"});
}

BOOST_AUTO_TEST_CASE(reference_files_are_read_and_survive_a_rewrite) {
    const scratch_directory dir;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(XTN_TEST_DATA)) {
        if (entry.path().extension() != ".safetensors") continue;
        const auto file = xtn::load_safetensors(entry.path());
        BOOST_TEST_CONTEXT(entry.path()) {
            file.require_finite();
            BOOST_TEST(file.size() > 0u);
            xtn::save_safetensors(dir.path() / "again", file);
            BOOST_TEST((xtn::load_safetensors(dir.path() / "again") == file));
        }
        ++files;
    }
    BOOST_TEST(files == 12u);
}

BOOST_AUTO_TEST_CASE(reference_values_are_those_that_python_reads) {
    const auto picogpt = xtn::load_safetensors(XTN_TEST_DATA "/picogpt.safetensors");
    BOOST_TEST(picogpt.metadata().at("d_model") == "24");
    BOOST_TEST(picogpt.size() == 64u);
    BOOST_TEST(picogpt.names().front() == "tok_emb.weight");
    BOOST_TEST((picogpt.type("input") == xtn::dtype::i64));
    const auto input = picogpt.read<std::uint16_t>("input");
    const std::vector<std::uint16_t> first{5, 12, 4, 0, 1, 5, 6, 11, 3, 8};
    BOOST_REQUIRE(input.size() == 40u);
    BOOST_TEST(std::vector<std::uint16_t>(input.begin(), input.begin() + 10) == first,
               boost::test_tools::per_element());
    const auto logits = xtn::read_xtensor<double, 3>(picogpt, "logits");
    BOOST_TEST(logits(1, 2, 3) == 0.3376753760154976);
    const auto dct = xtn::load_safetensors(XTN_TEST_DATA "/dct.safetensors");
    BOOST_TEST((dct.shape("dct2") == xtn::tensor_shape{40, 24}));
    BOOST_TEST(dct.read<double>("dct2")[0] == 0.6443005026210841);
}

BOOST_AUTO_TEST_SUITE_END()
