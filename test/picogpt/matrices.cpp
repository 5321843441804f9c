// SPDX-License-Identifier: BSD-3-Clause
// Compression of the matrices of any file: what becomes of every kind of tensor, by size and by tolerance, and what
// survives an interruption.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <xtn/backend/random.hpp>
#include <xtn/io/operators.hpp>
#include <xtn/io/xtensor.hpp>

#include "core/matrices.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_matrices)

namespace {

namespace fs = std::filesystem;
using picogpt::compressed_tensor;
using picogpt::representation;

using matrix = xt::xtensor<float, 2>;

/// Normal numbers whose columns fade, so that there is something to cut.
matrix fading(std::size_t out, std::size_t in, std::uint64_t seed) {
    matrix a(std::array{out, std::min(out, in)}), b(std::array{std::min(out, in), in});
    xtn::random_stream random(seed);
    random.fill_normal(std::span<float>(a.data(), a.size()), 1);
    random.fill_normal(std::span<float>(b.data(), b.size()), 1);
    for (std::size_t r = 0; r < b.shape(0); ++r)
        for (std::size_t i = 0; i < in; ++i) b(r, i) *= std::pow(0.7F, static_cast<float>(r));
    return xtn::einsum<"or,ri->oi">(a, b);
}

void add(xtn::safetensors& file, const std::string& name, const matrix& values, xtn::dtype type) {
    file.add(name, xtn::from_xtensor(values).as(type));
}

/// A checkpoint of two shards in a directory of its own, with every kind of tensor.
struct checkpoint {
    checkpoint()
        : path(fs::temp_directory_path() /
               ("xtn-matrices-" + std::to_string(::getpid()) + "-" + std::to_string(count++))) {
        fs::create_directories(path);
        xtn::safetensors one, two;
        add(one, "a.weight", fading(24, 36, 1), xtn::dtype::f32);
        add(one, "brain.weight", fading(48, 16, 2), xtn::dtype::bf16);
        add(one, "half", fading(32, 32, 3), xtn::dtype::f16);
        add(one, "double.weight", fading(20, 30, 4), xtn::dtype::f64);
        one.add<float>("norm.weight", {24}, std::vector<float>(24, 1.0F));
        one.metadata()["format"] = "pt";
        add(two, "tiny.weight", fading(2, 3, 5), xtn::dtype::f32);
        matrix broken = fading(12, 12, 6);
        broken(3, 4) = std::numeric_limits<float>::quiet_NaN();
        add(two, "broken.weight", broken, xtn::dtype::f32);
        two.add<std::int64_t>("ids", {4, 4}, std::vector<std::int64_t>(16, 3));
        two.add<float>("conv.weight", {2, 3, 2, 2}, std::vector<float>(24, 2.0F));
        two.add<std::complex<float>>("phase", {2, 2}, std::vector<std::complex<float>>(4));
        two.add_bytes("eight", xtn::dtype::f8_e4m3, {8, 8}, std::vector<std::byte>(64));
        two.add<float>("empty", {0, 5}, std::vector<float>{});
        two.add<float>("scalar", {}, std::vector<float>{1});
        add(two, "a", fading(16, 16, 7), xtn::dtype::f32);  // is not "a.weight"
        xtn::save_safetensors(path / "one.safetensors", one);
        xtn::save_safetensors(path / "two.safetensors", two);
        std::string map;
        for (const auto& [file, name] : {std::pair{&one, "one"}, {&two, "two"}})
            for (const std::string& tensor : file->names())
                map += (map.empty() ? "\"" : ", \"") + tensor + "\": \"" + name + ".safetensors\"";
        xtn::write_file(path / "model.safetensors.index.json", "{\"weight_map\": {" + map + "}}");
    }
    ~checkpoint() { fs::remove_all(path); }

    std::vector<compressed_tensor> run(const picogpt::file_compression& how, const fs::path& target,
                                       std::size_t threads = 2, std::size_t die_after = SIZE_MAX) const {
        xtn::thread_pool pool(threads);
        std::size_t done = 0;
        return picogpt::compress_file(xtn::map_safetensors(path), how, target, pool, [&](const compressed_tensor&) {
            if (++done == die_after) ::raise(SIGKILL);
        });
    }

    static inline int count = 0;
    fs::path path;
};

const compressed_tensor& of(const std::vector<compressed_tensor>& all, const std::string& layer) {
    return *std::ranges::find(all, layer, &compressed_tensor::layer);
}

double relative_distance(const matrix& a, const matrix& b) {
    const matrix difference = a - b;
    return xtn::tt::frobenius_norm(difference) / xtn::tt::frobenius_norm(b);
}

BOOST_FIXTURE_TEST_CASE(every_kind_of_tensor, checkpoint) {
    const auto all = run({.form = "mpo-3"}, path / "out.safetensors");
    const auto source = xtn::map_safetensors(path);
    const auto small = xtn::load_safetensors(path / "out.safetensors");
    BOOST_TEST(all.size() == source.size());
    BOOST_TEST(!fs::exists(path / "out.safetensors.parts"));
    BOOST_TEST(small.metadata().at("format") == "pt");
    BOOST_TEST(small.metadata().size() == 6U);  // and what the five operators are

    // Operators: the errors are those of what is stored, and so is the dtype.
    for (const auto& [layer, name, type] : {std::tuple{"a.weight", "a.weight", xtn::dtype::f32},
                                            {"brain", "brain.weight", xtn::dtype::bf16},
                                            {"half", "half", xtn::dtype::f16},
                                            {"double", "double.weight", xtn::dtype::f64},
                                            {"a", "a", xtn::dtype::f32}}) {
        const compressed_tensor& t = of(all, layer);
        BOOST_TEST(t.kept == "", layer);
        BOOST_TEST(t.size == 3U);
        BOOST_TEST(t.parameters < t.elements);
        BOOST_TEST((small.type(std::string(layer) + ".cores.0") == type), layer);
        const auto exact = xtn::read_xtensor<float, 2>(source[name]);
        const matrix made = xtn::operator_reader<float>(small)(layer).to_dense();
        BOOST_TEST(std::abs(relative_distance(made, exact) - t.error.relative()) < 1e-5);
        BOOST_TEST(t.error.relative() > 0.01);
        BOOST_TEST(t.error.relative() < 0.8);
        BOOST_TEST(small.contains(name) == false);
    }

    // All else is as it was, and it is said why.
    for (const auto& [name, why] : {std::pair{"norm.weight", "vector"},
                                    {"tiny", "nothing would be saved"},
                                    {"broken", "row 3"},
                                    {"ids", "I64"},
                                    {"conv.weight", "convolution"},
                                    {"phase", "complex"},
                                    {"eight", "F8_E4M3"},
                                    {"empty", "empty"},
                                    {"scalar", "scalar"}}) {
        const compressed_tensor& t = of(all, name);
        BOOST_TEST(t.kept.find(why) != std::string::npos, name << ": " << t.kept);
        BOOST_TEST(t.parameters == t.elements);
        const std::string tensor = source.contains(name) ? name : std::string(name) + ".weight";
        BOOST_TEST((small[tensor] == source[tensor]), name);
    }
}

BOOST_FIXTURE_TEST_CASE(threads_do_not_matter, checkpoint) {
    run({.form = "mpo-3"}, path / "first.safetensors", 1);
    run({.form = "mpo-3"}, path / "second.safetensors", 3);
    BOOST_TEST((xtn::read_file(path / "first.safetensors") == xtn::read_file(path / "second.safetensors")));
}

BOOST_FIXTURE_TEST_CASE(a_killed_run_goes_on, checkpoint) {
    const fs::path target = path / "out.safetensors", parts = target.string() + ".parts";
    run({.form = "low_rank-3"}, path / "whole.safetensors");
    const ::pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        run({.form = "low_rank-3"}, target, 1, 4);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_REQUIRE(WIFSIGNALED(status));
    BOOST_TEST(!fs::exists(target));
    const auto finished = static_cast<std::size_t>(std::distance(fs::directory_iterator(parts), {}));
    BOOST_TEST(finished == 4U);

    // A finished part is taken over, not made again: this one has another error in it.
    const fs::path part = parts / "0.safetensors";
    auto marked = xtn::load_safetensors(part);
    marked.metadata()["error"] = "0.125";
    xtn::save_safetensors(part, marked);
    fs::copy(parts, path / "copy", fs::copy_options::recursive);
    const auto all = run({.form = "low_rank-3", .resume = true}, target);
    BOOST_TEST((xtn::read_file(target) == xtn::read_file(path / "whole.safetensors")));
    BOOST_TEST(all[0].error.error == 0.125);
    BOOST_TEST(!fs::exists(parts));

    // Not by other options, not of a file that has changed, not with a damaged number, and not unasked.
    const auto taken_over = [&](const picogpt::file_compression& how) {
        fs::remove_all(parts);
        fs::copy(path / "copy", parts, fs::copy_options::recursive);
        return run(how, target)[0].error.error == 0.125;
    };
    BOOST_TEST(taken_over({.form = "low_rank-3", .resume = true}));
    BOOST_TEST(!taken_over({.form = "low_rank-3"}));
    BOOST_TEST(!taken_over({.form = "low_rank-4", .resume = true}));
    BOOST_TEST(!taken_over({.form = "low_rank-3", .tolerance = 0.5, .resume = true}));
    marked.metadata()["size"] = "3x";
    xtn::save_safetensors(path / "copy" / "0.safetensors", marked);
    BOOST_TEST(!taken_over({.form = "low_rank-3", .resume = true}));
    marked.metadata()["size"] = "3";
    xtn::save_safetensors(path / "copy" / "0.safetensors", marked);
    BOOST_TEST(taken_over({.form = "low_rank-3", .resume = true}));
    fs::last_write_time(path / "two.safetensors",
                        fs::last_write_time(path / "two.safetensors") + std::chrono::seconds(1));
    BOOST_TEST(!taken_over({.form = "low_rank-3", .resume = true}));
}

/// The smallest size whose error is within the tolerance, for every family and in every dtype.
BOOST_AUTO_TEST_CASE(sizes_by_tolerance) {
    const matrix w = fading(36, 48, 11);
    for (const std::string family : {"mpo", "mpo-a3", "kronecker", "low_rank", "tucker", "spectral-largest"})
        for (const auto type : {xtn::dtype::f32, xtn::dtype::bf16})
            for (const double tolerance : {0.6, 0.3, 0.1}) {
                const std::size_t dash = std::min(family.find('-'), family.size());
                const representation r(family.substr(0, dash) + "-1" + family.substr(dash));
                const std::string layer = "x.attn.y";
                picogpt::compression_options options{.tolerance = tolerance, .type = type};
                const auto found = compress(r.of(layer), layer, picogpt::rows_of(w), options);
                BOOST_TEST_CONTEXT(family << ' ' << tolerance) {
                    options.tolerance.reset();
                    const auto of_size = [&](std::size_t size) {
                        picogpt::form f = r.of(layer);
                        f.size = size;
                        f.coefficients = xtn::coefficients::count(size);
                        return compress(f, layer, picogpt::rows_of(w), options);
                    };
                    if (!found.op) {  // the largest size that saves something is not good enough
                        BOOST_TEST(found.kept.find("is within") != std::string::npos, found.kept);
                        std::size_t size = 1;
                        while (of_size(2 * size).op) size *= 2;
                        while (of_size(size + 1).op) ++size;
                        BOOST_TEST(of_size(size).error.relative() > tolerance);
                        continue;
                    }
                    BOOST_TEST(found.error.relative() <= tolerance);
                    BOOST_TEST(of_size(found.size).error.relative() == found.error.relative());
                    if (found.size > 1) BOOST_TEST(of_size(found.size - 1).error.relative() > tolerance);
                }
            }
}

BOOST_AUTO_TEST_CASE(a_search_begins_where_it_is_told) {
    const matrix w = fading(36, 48, 11);
    const auto found = compress(representation("low_rank-9").of("x"), "x", picogpt::rows_of(w), {.tolerance = 0.9});
    BOOST_TEST(found.size == 9U);
    const auto none = compress(representation("low_rank-40").of("x"), "x", picogpt::rows_of(w), {.tolerance = 0.9});
    BOOST_TEST(!none.op.has_value());
    BOOST_TEST(none.kept.find("no size") != std::string::npos, none.kept);
}

/// Row by row and as a whole, with and without sketches.
BOOST_AUTO_TEST_CASE(forms_agree_on_rows_and_matrices) {
    const matrix w = fading(40, 30, 12);
    for (const char* name : {"mpo-4", "kronecker-2", "low_rank-5", "tucker-2", "spectral-200", "mpo-3-l2"}) {
        const representation r(name);
        const auto op = compress(r.of("x"), "x", w);
        const auto found = compress(r.of("x"), "x", picogpt::rows_of(w), {});
        BOOST_REQUIRE(found.op.has_value());
        BOOST_TEST(relative_distance(found.op->to_dense(), op.to_dense()) < 1e-6, name);
        BOOST_TEST(std::abs(found.error.relative() - picogpt::error_of(op, w).relative()) < 1e-6, name);
        const auto sketched = compress(r.of("x"), "x", picogpt::rows_of(w), {.sketch = xtn::tt::sketch{}});
        BOOST_TEST(sketched.error.relative() < 1.05 * found.error.relative(), name);
    }
}

/// A number beyond half precision is told, not made infinite.
BOOST_AUTO_TEST_CASE(numbers_beyond_the_dtype) {
    matrix w = fading(24, 24, 13);
    w *= 1e6F;
    const auto found = compress(representation("mpo-2").of("x"), "x", picogpt::rows_of(w), {.type = xtn::dtype::f16});
    BOOST_TEST(!found.op.has_value());
    BOOST_TEST(found.kept.find("F16") != std::string::npos, found.kept);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
