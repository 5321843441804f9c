// SPDX-License-Identifier: BSD-3-Clause
// safetensors on disk: mapped one tensor at a time, from one file or the shards of an index, and written one at a time.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/mapped_safetensors.hpp>
#include <xtn/io/safetensors.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(mapped_safetensors)

namespace {

namespace fs = std::filesystem;

/// Every kind of shape, one tensor of odd length before floats that are then not aligned.
xtn::safetensors sample() {
    xtn::safetensors file;
    file.add<float>("matrix", {3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
    file.add<double>("scalar", {}, std::vector<double>{7});
    file.add<float>("empty", {3, 0}, std::vector<float>{});
    file.add<std::uint8_t>("bytes", {3}, std::vector<std::uint8_t>{8, 9, 10});
    file.metadata()["note"] = "here";
    return file;
}

/// How often a file is mapped into this process.
std::size_t mappings(const fs::path& path) {
    std::ifstream maps("/proc/self/maps");
    const std::string all(std::istreambuf_iterator<char>(maps), {});
    std::size_t count = 0;
    for (std::size_t at = all.find(path.string()); at != std::string::npos; at = all.find(path.string(), at + 1))
        ++count;
    return count;
}

/// Two shards of a checkpoint in a directory of its own.
struct two_shards {
    two_shards() {
        xtn::safetensors first, second;
        first.add<float>("a", {2}, std::vector<float>{1, 2});
        first.metadata() = {{"format", "pt"}, {"part", "1"}, {"first", "yes"}};
        second.add<float>("b", {1}, std::vector<float>{3});
        second.add<float>("unlisted", {1}, std::vector<float>{4});
        second.metadata() = {{"format", "pt"}, {"part", "2"}};
        xtn::save_safetensors(dir.path() / "one.safetensors", first);
        xtn::save_safetensors(dir.path() / "two.safetensors", second);
        write_index(
            R"({"metadata": {"total_size": 16}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})");
    }
    void write_index(std::string_view text) { xtn::write_file(index, text); }

    scratch_directory dir;
    fs::path index = dir.path() / "model.safetensors.index.json";
};

void refused_index(std::string_view text, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { xtn::safetensors_index(text, "hostile"); }, parts);
    check_error<xtn::io_error>([&] { xtn::safetensors_index(text, "hostile"); }, {"hostile"});
}

}  // namespace

BOOST_AUTO_TEST_CASE(holds_what_the_file_holds) {
    const scratch_directory dir;
    const auto path = dir.path() / "m.safetensors";
    xtn::save_safetensors(path, sample());
    const auto whole = xtn::load_safetensors(path);
    const xtn::mapped_safetensors mapped(path);
    BOOST_TEST((mapped.names() == whole.names()));
    BOOST_TEST((mapped.metadata() == whole.metadata()));
    for (const std::string& name : whole.names()) {
        BOOST_TEST((mapped[name] == whole[name]), name);
        BOOST_TEST((mapped.type(name) == whole.type(name)));
        BOOST_TEST((mapped.shape(name) == whole.shape(name)));
        BOOST_TEST(mapped.size_in_bytes(name) == whole.bytes(name).size());
        BOOST_TEST(mapped[name].origin() == whole[name].origin());
    }
    check_error<xtn::io_error>([&] { mapped["matrx"]; }, {path.string(), "\"matrx\"", "\"matrix\""});
    check_error<xtn::io_error>([&] { mapped.shape("matrx"); }, {"\"matrx\""});
}

BOOST_AUTO_TEST_CASE(rows_of_a_tensor) {
    const scratch_directory dir;
    xtn::save_safetensors(dir.path() / "m", sample());
    const xtn::mapped_safetensors mapped(dir.path() / "m");
    BOOST_TEST((mapped.rows("matrix", 1, 2).read<float>() == std::vector<float>{3, 4, 5, 6}));
    BOOST_TEST((mapped.rows("matrix", 1, 2).shape() == xtn::tensor_shape{2, 2}));
    BOOST_TEST(mapped.rows("matrix", 3, 0).size() == 0U);
    BOOST_TEST((mapped.rows("bytes", 2, 1).read<int>() == std::vector<int>{10}));
    BOOST_TEST((mapped.rows("empty", 1, 2).shape() == xtn::tensor_shape{2, 0}));
    check_error<xtn::shape_error>([&] { mapped.rows("matrix", 2, 2); }, {"\"matrix\"", "[3, 2]", "2 rows from 2"});
    check_error<xtn::shape_error>([&] { mapped.rows("matrix", 4, ~std::size_t{0}); }, {"\"matrix\""});
    check_error<xtn::shape_error>([&] { mapped.rows("scalar", 0, 1); }, {"\"scalar\"", "[]"});
}

BOOST_AUTO_TEST_CASE(a_tensor_is_in_memory_as_long_as_it_is_held) {
    const scratch_directory dir;
    const auto path = dir.path() / "m";
    xtn::save_safetensors(path, sample());
    std::optional<xtn::stored_tensor> kept;
    {
        const xtn::mapped_safetensors mapped(path);
        BOOST_TEST(mappings(path) == 0U);
        kept = mapped["matrix"];
        BOOST_TEST(mappings(path) == 1U);
    }
    const xtn::stored_tensor copy = *kept;
    kept.reset();
    BOOST_TEST((copy.read<float>() == std::vector<float>{1, 2, 3, 4, 5, 6}));
    BOOST_TEST(mappings(path) == 1U);
    xtn::safetensors other;  // shares the bytes
    other.add("taken over", copy);
    BOOST_TEST(mappings(path) == 1U);
    BOOST_TEST(other["taken over"].origin().find("taken over") != std::string::npos);
    kept = xtn::mapped_safetensors(path).rows("matrix", 0, 1);
    BOOST_TEST(mappings(path) == 2U);
    kept.reset();
    BOOST_TEST(mappings(path) == 1U);
}

BOOST_AUTO_TEST_CASE(files_that_are_not_there_or_change) {
    const scratch_directory dir;
    check_error<xtn::io_error>([&] { xtn::mapped_safetensors(dir.path() / "none"); }, {"cannot read", "none"});
    check_error<xtn::io_error>([&] { xtn::mapped_safetensors(dir.path()); }, {"not a regular file"});
    const auto path = dir.path() / "m";
    xtn::save_safetensors(path, sample());
    const xtn::mapped_safetensors mapped(path);
    fs::resize_file(path, fs::file_size(path) - 1);
    check_error<xtn::io_error>([&] { mapped["matrix"]; }, {path.string(), "changed its size"});
}

BOOST_AUTO_TEST_CASE(tensors_beyond_four_gigabytes) {
    const scratch_directory dir;
    const auto path = dir.path() / "large";
    constexpr std::size_t gigabyte = 1'000'000'000;
    {
        const xtn::detail::safetensors_layout layout(
            {{"large", xtn::dtype::f32, {gigabyte, 5}}, {"small", xtn::dtype::u8, {3}}}, {}, "large");
        std::ofstream file(path, std::ios::binary);
        file << layout.start;
        file.seekp(static_cast<std::streamoff>(layout.size - 3));
        file << "abc";  // all else is a hole
    }
    const xtn::mapped_safetensors mapped(path);
    BOOST_TEST(mapped.size_in_bytes("large") == 20 * gigabyte);
    BOOST_TEST((mapped["small"].read<int>() == std::vector<int>{'a', 'b', 'c'}));
    BOOST_TEST((mapped.rows("large", gigabyte - 1, 1).read<float>() == std::vector<float>(5, 0.0f)));
}

BOOST_FIXTURE_TEST_CASE(shards_are_one_file, two_shards) {
    for (const fs::path& path : {index, dir.path()}) {
        const auto mapped = xtn::map_safetensors(path);
        BOOST_TEST((mapped.names() == std::vector<std::string>{"a", "b", "unlisted"}));
        BOOST_TEST((mapped["a"].read<float>() == std::vector<float>{1, 2}));
        BOOST_TEST((mapped["b"].read<float>() == std::vector<float>{3}));
        BOOST_TEST((mapped.metadata() == std::map<std::string, std::string>{{"format", "pt"}, {"first", "yes"}}));
        BOOST_TEST(
            (mapped.files() == std::vector<fs::path>{dir.path() / "one.safetensors", dir.path() / "two.safetensors"}));
        check_error<xtn::io_error>([&] { mapped["c"]; }, {index.string(), "\"c\"", "3 tensors"});
    }
    fs::remove(index);
    fs::rename(dir.path() / "one.safetensors", dir.path() / "model.safetensors");
    BOOST_TEST(xtn::map_safetensors(dir.path()).names().size() == 1U);
    BOOST_TEST(xtn::map_safetensors(dir.path() / "two.safetensors").names().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(shards_that_do_not_fit_their_index, two_shards) {
    const auto refused = [&](std::string_view text, std::initializer_list<std::string_view> parts) {
        write_index(text);
        check_error<xtn::io_error>([&] { xtn::map_safetensors(index); }, parts);
    };
    refused(R"({"weight_map": {"a": "two.safetensors", "b": "one.safetensors"}})", {"\"a\"", "\"two.safetensors\""});
    refused(R"({"weight_map": {"a": "one.safetensors", "c": "one.safetensors"}})", {"\"c\"", "\"one.safetensors\""});
    refused(R"({"weight_map": {"a": "three.safetensors"}})", {"three.safetensors", "cannot read"});
    fs::copy(dir.path() / "one.safetensors", dir.path() / "three.safetensors");
    refused(R"({"weight_map": {"a": "one.safetensors", "b": "three.safetensors"}})", {"\"a\"", "already"});
}

BOOST_AUTO_TEST_CASE(an_index_from_a_liar) {
    const xtn::safetensors_index fine(
        R"({"x": [{"weight_map": 3}, [[]], null], "weight_map": {"a": "f", "weight_map": "g"}, "y": 1e99, "z": {"a": []}})");
    BOOST_TEST((fine.files() == std::set<std::string>{"f", "g"}));
    BOOST_TEST(xtn::safetensors_index(R"({"weight_map": {}})").files().empty());
    refused_index("", {"not valid JSON"});
    refused_index("[]", {"must be an object", "a list"});
    refused_index("3", {"must be an object", "a number"});
    refused_index("{}", {"\"weight_map\" is missing"});
    refused_index(R"({"weight_map": [])", {"\"weight_map\" must be an object", "a list"});
    refused_index(R"({"weight_map": "a"})", {"\"weight_map\" must be an object", "a string"});
    refused_index(R"({"weight_map": {"a": 3}})", {"\"a\"", "must be a string", "a number"});
    refused_index(R"({"weight_map": {"a": {"b": "f"}}})", {"\"a\"", "must be a string", "an object"});
    refused_index(R"({"weight_map": {"a": ["f"]}})", {"\"a\"", "a list"});
    refused_index(R"({"weight_map": {"a": "f", "a": "g"}})", {"\"a\"", "twice"});
    refused_index(R"({"weight_map": {}, "weight_map": {}})", {"\"weight_map\"", "twice"});
    for (const char* file : {"", ".", "..", "/etc/passwd", "../f", "d/f", "d\\\\f", "f\\u0000"})
        refused_index("{\"weight_map\": {\"a\": \"" + std::string(file) + "\"}}", {"\"a\"", "no file name"});
    refused_index("{\"weight_map\": {}} x", {"not valid JSON"});
    refused_index("{\"weight_map\": {\"\xff\": \"f\"}}", {"UTF-8"});
    refused_index(std::string_view("{\"weight_map\": {}}\0", 19), {"NUL"});
    refused_index(std::string(100000, '['), {"must be an object"});
    refused_index("{\"x\": " + std::string(1000000, '['), {"not valid JSON"});
}

BOOST_AUTO_TEST_CASE(streams_write_what_is_saved_at_once) {
    const scratch_directory dir;
    const auto file = sample();
    std::vector<xtn::tensor_description> tensors;
    for (const std::string& name : file.names()) tensors.push_back({name, file.type(name), file.shape(name)});
    xtn::write_file(dir.path() / "m", std::string_view("old"));
    {
        xtn::safetensors_stream stream(dir.path() / "m", tensors, file.metadata());
        for (const char* name : {"scalar", "bytes", "empty", "matrix"}) stream.write(name, file.bytes(name));
        BOOST_TEST(xtn::read_file<std::string>(dir.path() / "m") == "old");
        stream.finish();
    }
    BOOST_TEST((xtn::read_file(dir.path() / "m") == xtn::serialise_safetensors(file)));
    BOOST_TEST(dir.files() == 1U);

    {
        xtn::safetensors_stream stream(dir.path() / "m", tensors);
        stream.write("scalar", file.bytes("scalar"));
        check_error<xtn::io_error>([&] { stream.finish(); }, {"was not written"});
        check_error<xtn::io_error>([&] { stream.write("scalar", file.bytes("scalar")); }, {"\"scalar\"", "before"});
        check_error<xtn::io_error>([&] { stream.write("vector", {}); }, {"\"vector\"", "not there"});
        check_error<xtn::shape_error>([&] { stream.write("bytes", file.bytes("matrix")); }, {"takes 3", "found 24"});
    }
    BOOST_TEST((xtn::read_file(dir.path() / "m") == xtn::serialise_safetensors(file)));
    BOOST_TEST(dir.files() == 1U);
    const auto refused = [&](std::vector<xtn::tensor_description> what, std::initializer_list<std::string_view> parts) {
        check_error<xtn::io_error>([&] { xtn::safetensors_stream(dir.path() / "n", what); }, parts);
    };
    refused({{"a", xtn::dtype::u8, {}}, {"a", xtn::dtype::u8, {}}}, {"\"a\"", "already"});
    refused({{"__metadata__", xtn::dtype::u8, {}}}, {"reserves"});
    refused({{"z", xtn::dtype::c128, {}}}, {"C128"});
    refused({{"z", xtn::dtype::f64, {~std::size_t{0}}}}, {"\"z\"", "2^63"});
    refused({{"\xff", xtn::dtype::f64, {1}}}, {"UTF-8"});
}

BOOST_AUTO_TEST_SUITE_END()
