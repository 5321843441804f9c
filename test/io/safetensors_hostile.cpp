// SPDX-License-Identifier: BSD-3-Clause
// safetensors from a liar: every claim of the header that is not true has an error of its own.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/mapped_safetensors.hpp>
#include <xtn/io/safetensors.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(safetensors_hostile)

namespace {

std::string length_field(std::uint64_t n) {
    std::string field;
    for (unsigned i = 0; i < 8; ++i) field += static_cast<char>(static_cast<unsigned char>(n >> (8 * i)));
    return field;
}

xtn::safetensors parse(std::string_view file) {
    return xtn::parse_safetensors(std::as_bytes(std::span(file.data(), file.size())), "hostile");
}

/// A file of this header and `data_bytes` zeros.
std::string file_of(const std::string& header, std::size_t data_bytes = 0) {
    return length_field(header.size()) + header + std::string(data_bytes, '\0');
}

/// What a file is refused with in memory; and mapped, with the same words.
std::string refusal(const std::string& file) {
    static const scratch_directory dir;
    const auto path = dir.path() / "hostile.safetensors";
    xtn::write_file(path, std::string_view(file));
    std::string in_memory, mapped;
    try {
        xtn::load_safetensors(path);
    } catch (const xtn::io_error& e) {
        in_memory = e.what();
    }
    try {
        const xtn::mapped_safetensors m(path);
    } catch (const xtn::io_error& e) {
        mapped = e.what();
    }
    BOOST_TEST(mapped == in_memory);
    return in_memory;
}

void refused(const std::string& file, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { parse(file); }, parts);
    check_error<xtn::io_error>([&] { throw xtn::io_error(refusal(file)); }, parts);
    check_error<xtn::io_error>([&] { parse(file); }, {"hostile"});
}

/// A tensor "t" with these fields and 8 bytes of data.
void refused_tensor(const std::string& fields, std::initializer_list<std::string_view> parts) {
    const std::string file = file_of("{\"t\":{" + fields + "}}", 8);
    refused(file, parts);
    check_error<xtn::io_error>([&] { parse(file); }, {"tensor \"t\""});
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

std::string two(const std::string& first_offsets, const std::string& second_offsets, std::size_t data) {
    return file_of("{" + entry("a", "U8", "[4]", first_offsets) + "," + entry("b", "U8", "[4]", second_offsets) + "}",
                   data);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_builders_of_this_file_make_valid_files) {
    BOOST_TEST(parse(two("[0,4]", "[4,8]", 8)).size() == 2u);
    BOOST_TEST(parse(two("[4,8]", "[0,4]", 8)).names().front() == "b");
    BOOST_TEST(parse(file_of("{}")).size() == 0u);
    BOOST_TEST(parse(file_of("{} \n")).size() == 0u);
    // A zero extent first: nothing overflows. Fields that are not of the format are ignored, as the reference does.
    BOOST_TEST(parse(file_of("{" + entry("e", "F64", "[0,9223372036854775807,9]", "[0,0]") + "}")).count("e") == 0u);
    const char* more =
        R"({"t":{"dtype":"U8","shape":[],"a":7,"data_offsets":[0,1],"b":[-1,"x",null],"c":true,"d":0.5}})";
    BOOST_TEST(parse(file_of(more, 1)).count("t") == 1u);
}

BOOST_AUTO_TEST_CASE(truncated_or_extended_anywhere) {
    xtn::safetensors file;
    file.add<double>("weights", {2, 2}, std::vector<double>{1, 2, 3, 4});
    file.add<std::uint8_t>("bytes", {3}, std::vector<std::uint8_t>{1, 2, 3});
    file.metadata()["k"] = "v";
    auto bytes = xtn::serialise_safetensors(file);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        BOOST_CHECK_THROW(xtn::parse_safetensors(std::span(bytes).first(n)), xtn::io_error);
    bytes.push_back(std::byte{0});
    check_error<xtn::io_error>([&] { xtn::parse_safetensors(bytes, "longer"); },
                               {"longer", "take 35 bytes", "holds 36"});
}

BOOST_AUTO_TEST_CASE(any_changed_byte_is_refused_or_harmless) {
    xtn::safetensors file;
    file.add<float>("w", {2}, std::vector<float>{1, 2});
    file.metadata()["k"] = "v";
    const auto bytes = xtn::serialise_safetensors(file);
    std::size_t refusals = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (unsigned value = 0; value < 256; ++value) {
            auto changed = bytes;
            changed[i] = static_cast<std::byte>(value);
            try {
                const auto read = xtn::parse_safetensors(changed);
                BOOST_REQUIRE((xtn::parse_safetensors(xtn::serialise_safetensors(read)) == read));
            } catch (const xtn::io_error&) {
                ++refusals;
            }
        }
    BOOST_TEST(refusals > bytes.size() * 128);
}

BOOST_AUTO_TEST_CASE(header_length) {
    refused("", {"8 bytes", "only 0"});
    refused("1234567", {"8 bytes", "only 7"});
    refused(length_field(0), {"'{'"});
    refused(length_field(100), {"100", "only 0 follow", "truncated"});
    refused(length_field(100'000'001) + "{}", {"100000001", "100000000"});
    refused(length_field(~std::uint64_t{0}) + "{}", {"18446744073709551615", "no safetensors file"});
    refused(length_field(~std::uint64_t{0} - 7) + "{}", {"no safetensors file"});
}

BOOST_AUTO_TEST_CASE(header_text) {
    refused(file_of(" {}"), {"'{'"});
    refused(file_of("[]"), {"'{'"});
    refused(file_of("{\"a\":\"\xC0\x80\"}"), {"UTF-8", "byte 14"});
    refused(file_of(std::string("{}\0{}", 5)), {"NUL", "byte 10"});
    refused(file_of("{} {}"), {"not valid JSON"});
    refused(file_of("{"), {"not valid JSON"});
    refused(file_of("{\"__metadata__\":{},}"), {"not valid JSON"});
    refused(file_of("{/**/}"), {"not valid JSON"});
    refused(file_of("{\"\\ud800\":1}"), {"not valid JSON"});
    refused(file_of("{\"a\":1e999}"), {"1e999"});
    refused(file_of("{\"a\":" + std::string(100'000, '[')), {"tensor \"a\"", "a list"});
    refused(file_of("{\"a\":{\"b\":" + std::string(100'000, '[')), {"tensor \"a\"", "field \"b\"", "nested"});
    refused(file_of("{\"a\":{\"b\":{\"c\":{}}}}"), {"tensor \"a\"", "field \"b\"", "nested"});
}

BOOST_AUTO_TEST_CASE(keys_that_occur_twice) {
    const std::string t = entry("t", "U8", "[1]", "[0,1]");
    refused(file_of("{" + t + "," + t + "}", 1), {"\"t\"", "twice"});
    refused(file_of("{" + t + "," + entry("\\u0074", "U8", "[1]", "[0,1]") + "}", 1), {"\"t\"", "twice"});
    refused(file_of(R"({"t":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})", 1), {"\"shape\"", "twice"});
    refused(file_of(R"({"__metadata__":{"k":"1","k":"2"}})"), {"\"k\"", "twice"});
    refused(file_of(R"({"__metadata__":{},"__metadata__":{}})"), {"\"__metadata__\"", "twice"});
    // The same key in different objects is right.
    BOOST_TEST(parse(file_of("{\"__metadata__\":{\"t\":\"\"}," + t + "}", 1)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(metadata) {
    refused(file_of(R"({"__metadata__":{"k":1}})"), {"metadata \"k\"", "string", "1"});
    refused(file_of(R"({"__metadata__":{"k":null}})"), {"metadata \"k\"", "null"});
    refused(file_of(R"({"__metadata__":{"k":{"deep":"v"}}})"), {"metadata \"k\"", "object"});
    refused(file_of(R"({"__metadata__":["k"]})"), {"__metadata__", "a list"});
    refused(file_of(R"({"__metadata__":null})"), {"__metadata__", "null"});
}

BOOST_AUTO_TEST_CASE(fields) {
    refused(file_of(R"({"t":[1]})"), {"tensor \"t\"", "a list"});
    refused(file_of(R"({"t":3})"), {"tensor \"t\"", "3"});
    refused_tensor(R"("shape":[2],"data_offsets":[0,8])", {"\"dtype\"", "missing"});
    refused_tensor(R"("dtype":"F32","data_offsets":[0,8])", {"\"shape\"", "missing"});
    refused_tensor(R"("dtype":"F32","shape":[2])", {"\"data_offsets\"", "missing"});
    refused_tensor(R"("dtype":32,"shape":[2],"data_offsets":[0,8])", {"dtype must be a string", "32"});
    refused_tensor(R"("dtype":["F32"],"shape":[2],"data_offsets":[0,8])", {"dtype must be a string", "a list"});
    refused_tensor(R"("dtype":"f32","shape":[2],"data_offsets":[0,8])", {"unknown dtype \"f32\""});
    refused_tensor(R"("dtype":"F4","shape":[16],"data_offsets":[0,8])", {"F4", "several elements into a byte"});
    refused_tensor(R"("dtype":"F6_E2M3","shape":[8],"data_offsets":[0,6])", {"F6_E2M3", "not supported"});
}

BOOST_AUTO_TEST_CASE(shapes) {
    refused_tensor(R"("dtype":"F32","shape":2,"data_offsets":[0,8])", {"shape must be a list", "2"});
    refused_tensor(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])", {"shape", "integers", "-2"});
    refused_tensor(R"("dtype":"F32","shape":[-0],"data_offsets":[0,0])", {"shape", "integers"});
    refused_tensor(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])", {"shape", "integers", "2.0"});
    refused_tensor(R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])", {"shape", "integers", "string"});
    refused_tensor(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])", {"shape", "integers", "a list"});
    refused_tensor(R"("dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8])",
                   {"shape", "2^64", "18446744073709551616"});
    refused_tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])", {"[3]", "F32", "12 bytes", "span 8"});
    refused_tensor(R"("dtype":"F16","shape":[2],"data_offsets":[0,8])", {"F16", "4 bytes", "span 8"});
    // 2^62 * 4 and 2^32 * 2^32 * 4 are 0 modulo 2^64; with a zero extent behind them, too.
    refused_tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])", {"overflows"});
    refused_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])", {"overflows"});
    refused_tensor(R"("dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0])", {"overflows"});
}

BOOST_AUTO_TEST_CASE(offsets) {
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":{})", {"data_offsets must be a list", "object"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0])", {"[begin, end]", "list of 1"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])", {"[begin, end]", "list of 3"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[-8,0])", {"data_offsets", "-8"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0.0,8.0])", {"data_offsets", "0.0"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])", {"end before they begin", "[8, 0]"});
    refused_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[18446744073709551612,4])", {"end before they begin"});
    refused_tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,12])", {"end at 12", "only 8", "truncated"});
    refused_tensor(R"("dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615])",
                   {"end at 18446744073709551615", "truncated"});
}

BOOST_AUTO_TEST_CASE(holes_and_overlaps) {
    refused(two("[0,4]", "[5,9]", 9), {"tensor \"b\"", "hole", "begin at 5", "end at 4"});
    refused(two("[1,5]", "[5,9]", 9), {"tensor \"a\"", "hole", "begin at 1", "end at 0"});
    refused(two("[0,4]", "[3,7]", 7), {"tensor \"b\"", "overlap", "begin at 3", "end at 4"});
    refused(two("[0,4]", "[0,4]", 4), {"tensor \"b\"", "overlap"});
    refused(two("[0,4]", "[4,8]", 9), {"take 8 bytes", "holds 9"});
    refused(two("[0,4]", "[4,8]", 7), {"tensor \"b\"", "end at 8", "only 7"});
    refused(file_of("{}", 1), {"take 0 bytes", "holds 1"});
}

BOOST_AUTO_TEST_CASE(many_tensors_take_time_in_proportion) {
    // A parser that looks at all earlier tensors for each new one takes minutes here.
    std::string header = "{";
    for (int i = 0; i < 200'000; ++i) {
        header += i ? "," : "";
        header += entry(std::to_string(i), "U8", "[0]", "[0,0]");
    }
    BOOST_TEST(parse(file_of(header + "}")).size() == 200'000u);
}

BOOST_AUTO_TEST_CASE(names_do_not_flood_the_message) {
    const std::string name = std::string(5000, 'x') + "\\u001b[2J";
    try {
        parse(file_of("{\"" + name + "\":3}"));
        BOOST_ERROR("no error");
    } catch (const xtn::io_error& e) {
        BOOST_TEST(std::string_view(e.what()).size() < 300u);
    }
    try {
        parse(file_of("{\"\\u001b[2J\":3}"));
        BOOST_ERROR("no error");
    } catch (const xtn::io_error& e) {
        BOOST_TEST((std::string_view(e.what()).find('\x1b') == std::string_view::npos));
    }
}

BOOST_AUTO_TEST_CASE(a_file_is_named_in_the_message) {
    const scratch_directory dir;
    const auto path = dir.path() / "broken.safetensors";
    check_error<xtn::io_error>([&] { xtn::load_safetensors(path); }, {path.string(), "No such file"});
    xtn::write_file(path, std::string_view("short"));
    check_error<xtn::io_error>([&] { xtn::load_safetensors(path); }, {path.string(), "only 5"});
}

BOOST_AUTO_TEST_SUITE_END()
