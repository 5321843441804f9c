// SPDX-License-Identifier: BSD-3-Clause
// .npy and .npz against files that NumPy wrote (test/reference/npy/make.py): every dtype, both byte orders, both storage
// orders, stored and compressed archives.
#include <boost/test/unit_test.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <xtn/io/npz.hpp>
#include <xtn/io/safetensors.hpp>

#include "scratch.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(npy)

namespace {

std::string reference(const std::string& name) { return XTN_TEST_DATA "/npy/" + name; }

/// Element i of make.py's arrays.
template <class T>
T element(std::size_t i) {
    const double value = (i % 2 == 0 ? 0.5 : -0.5) * static_cast<double>(i + 1);
    if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>)
        return {static_cast<typename T::value_type>(value), static_cast<typename T::value_type>(i)};
    else if constexpr (std::is_unsigned_v<T>)
        return static_cast<T>(7 * i);
    else
        return static_cast<T>(value);
}

template <class T>
std::vector<T> elements(std::size_t n) {
    std::vector<T> all;
    for (std::size_t i = 0; i < n; ++i) all.push_back(element<T>(i));
    return all;
}

template <class T>
void check_dtype(const std::string& name, xtn::dtype type) {
    for (const std::string order : {"", "_big"}) {
        if (sizeof(T) == 1 && !order.empty()) continue;
        BOOST_TEST_CONTEXT(name << order) {
            const auto tensor = xtn::load_npy(reference(name + order + ".npy"));
            BOOST_TEST((tensor.type() == type));
            BOOST_TEST((tensor.shape() == xtn::tensor_shape{2, 3, 2}));
            BOOST_TEST((tensor.read<T>() == elements<T>(12)));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_dtype_in_both_byte_orders) {
    check_dtype<std::uint8_t>("uint8", xtn::dtype::u8);
    check_dtype<std::int8_t>("int8", xtn::dtype::i8);
    check_dtype<std::uint16_t>("uint16", xtn::dtype::u16);
    check_dtype<std::int16_t>("int16", xtn::dtype::i16);
    check_dtype<float>("float16", xtn::dtype::f16);
    check_dtype<std::uint32_t>("uint32", xtn::dtype::u32);
    check_dtype<std::int32_t>("int32", xtn::dtype::i32);
    check_dtype<float>("float32", xtn::dtype::f32);
    check_dtype<std::uint64_t>("uint64", xtn::dtype::u64);
    check_dtype<std::int64_t>("int64", xtn::dtype::i64);
    check_dtype<double>("float64", xtn::dtype::f64);
    check_dtype<std::complex<float>>("complex64", xtn::dtype::c64);
    check_dtype<std::complex<double>>("complex128", xtn::dtype::c128);
    const auto flags = xtn::load_npy(reference("bool.npy"));
    BOOST_TEST((flags.type() == xtn::dtype::boolean));
    BOOST_TEST((flags.read<int>() == std::vector<int>{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}));
}

BOOST_AUTO_TEST_CASE(column_major_arrays_are_turned) {
    const auto cube = xtn::load_npy(reference("fortran.npy"));
    BOOST_TEST((cube.shape() == xtn::tensor_shape{2, 3, 4}));
    BOOST_TEST((cube.read<double>() == elements<double>(24)));
    const auto big = xtn::load_npy(reference("fortran_big.npy"));
    BOOST_TEST((big.shape() == xtn::tensor_shape{3, 5}));
    BOOST_TEST((big.read<std::complex<float>>() == elements<std::complex<float>>(15)));
}

BOOST_AUTO_TEST_CASE(shapes_and_versions) {
    BOOST_TEST(xtn::load_npy(reference("scalar.npy")).shape().empty());
    BOOST_TEST(xtn::load_npy(reference("scalar.npy")).read<float>().at(0) == 0.5f);
    BOOST_TEST((xtn::load_npy(reference("vector.npy")).shape() == xtn::tensor_shape{3}));
    BOOST_TEST((xtn::load_npy(reference("empty.npy")).shape() == xtn::tensor_shape{3, 0, 2}));
    for (const char* name : {"version_2.npy", "version_3.npy"})
        BOOST_TEST((xtn::load_npy(reference(name)).read<float>() == elements<float>(6)));
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_that_numpy_writes) {
    const scratch_directory dir;
    for (const char* name : {"bool", "uint8", "int8", "uint16", "int16", "float16", "uint32", "int32", "float32",
                             "uint64", "int64", "float64", "complex64", "complex128", "scalar", "vector", "empty"})
        BOOST_TEST_CONTEXT(name) {
            const auto path = reference(std::string(name) + ".npy");
            xtn::save_npy(dir.path() / "again", xtn::load_npy(path));
            BOOST_TEST((xtn::read_file(dir.path() / "again") == xtn::read_file(path)));
        }
}

BOOST_AUTO_TEST_CASE(xtensor_containers) {
    const scratch_directory dir;
    const xt::xtensor<double, 2, xt::layout_type::column_major> w{{1, 2, 3}, {4, 5, 6}};
    xtn::save_npy(dir.path() / "w.npy", 2 * w);
    const auto tensor = xtn::load_npy(dir.path() / "w.npy");
    BOOST_TEST((xtn::read_xtensor<float, 2>(tensor) == xt::xtensor<float, 2>{{2, 4, 6}, {8, 10, 12}}));
    check_error<xtn::shape_error>([&] { xtn::read_xtensor<float, 1>(tensor); }, {"w.npy", "[2, 3]", "rank 1"});
    check_error<xtn::io_error>([&] { tensor.read<int>(); }, {"w.npy", "F64", "read as I32"});
}

BOOST_AUTO_TEST_CASE(complex_numbers_convert_between_precisions) {
    const auto wide = xtn::load_npy(reference("complex128.npy"));
    BOOST_TEST((wide.read<std::complex<float>>() == elements<std::complex<float>>(12)));
    check_error<xtn::io_error>([&] { wide.read<double>(); }, {"C128", "read as F64"});
    wide.require_finite();
    const auto huge =
        xtn::stored_tensor::of<std::complex<double>>({2}, std::vector<std::complex<double>>{1, {0, 1e39}});
    check_error<xtn::io_error>([&] { huge.read<std::complex<float>>(); }, {"[1]", "C64"});
    const auto broken =
        xtn::stored_tensor::of<std::complex<double>>({2}, std::vector<std::complex<double>>{{1, 1e308 * 10}, 0});
    check_error<xtn::numeric_error>([&] { broken.require_finite(); }, {"[0]"});
}

BOOST_AUTO_TEST_CASE(what_numpy_cannot_hold_is_refused) {
    const xtn::stored_tensor brain("b", xtn::dtype::bf16, {1}, std::vector<std::byte>(2));
    check_error<xtn::io_error>([&] { xtn::serialise_npy(brain); }, {"b", "BF16", "NumPy"});
    const xtn::stored_tensor deep("d", xtn::dtype::u8, xtn::tensor_shape(65, 1), std::vector<std::byte>(1));
    check_error<xtn::io_error>([&] { xtn::serialise_npy(deep); }, {"65 axes", "64"});
    xtn::safetensors file;
    check_error<xtn::io_error>([&] { file.add_bytes("z", xtn::dtype::c128, {1}, std::vector<std::byte>(16)); },
                               {"\"z\"", "C128"});
}

BOOST_AUTO_TEST_CASE(archives) {
    for (const char* name : {"stored.npz", "deflated.npz"}) BOOST_TEST_CONTEXT(name) {
            const auto file = xtn::load_npz(reference(name));
            BOOST_TEST((file["a"].read<float>() == elements<float>(6)));
            BOOST_TEST((file.shape("a") == xtn::tensor_shape{2, 3}));
            BOOST_TEST((file.read<std::int64_t>("name with blanks/\u00b5") == elements<std::int64_t>(4)));
            BOOST_TEST((file.read<std::complex<double>>("scalar").at(0) == std::complex<double>(0.5, 0)));
            check_error<xtn::io_error>([&] { file["b"]; }, {name, "\"b\"", "\"a\""});
        }
    const auto ramp = xtn::load_npz(reference("deflated.npz")).read<int>("ramp");
    BOOST_REQUIRE(ramp.size() == 20000u);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < ramp.size(); ++i) wrong += ramp[i] != static_cast<int>(i / 16);
    BOOST_TEST(wrong == 0u);
    for (const char* name : {"fixed.npz", "blocks_stored.npz"})
        BOOST_TEST((xtn::load_npz(reference(name)).read<int>("vector") == elements<int>(3)));
}

BOOST_AUTO_TEST_CASE(spellings_of_headers_that_numpy_reads) {
    for (const char* name : {"native", "unordered", "letter", "word", "unicode"}) BOOST_TEST_CONTEXT(name) {
            const auto tensor = xtn::load_npy(reference("spelt_" + std::string(name) + ".npy"));
            BOOST_TEST((tensor.type() == xtn::dtype::f64));
            BOOST_TEST((tensor.read<double>() == elements<double>(2)));
        }
}

BOOST_AUTO_TEST_CASE(members_that_are_no_numbers_spoil_nothing) {
    const auto file = xtn::load_npz(reference("others.npz"));
    BOOST_TEST((file.names() == std::vector<std::string>{"data"}));
    BOOST_TEST((file.read<float>("data") == elements<float>(3)));
    std::vector<std::string> others;
    for (const auto& other : file.others()) others.push_back(other.member);
    BOOST_TEST((others == std::vector<std::string>{"format.npy", "object.npy", "folder/", "notes.txt"}));
    BOOST_TEST(!file.contains("format"));
    check_error<xtn::io_error>([&] { file["format"]; }, {"others.npz", "\"format\"", "|S3", "not a bool"});
    check_error<xtn::io_error>([&] { file.read<float>("object"); }, {"\"object\"", "pickled"});
    check_error<xtn::io_error>([&] { file["folder/"]; }, {"\"folder/\"", "no .npy file"});
    check_error<xtn::io_error>([&] { file["notes.txt"]; }, {"\"notes.txt\"", "method is 12"});
    check_error<xtn::io_error>([&] { xtn::serialise_npz(file); }, {"notes.txt", "cannot be stored again"});
}

BOOST_AUTO_TEST_CASE(members_that_are_no_numbers_survive_a_rewrite) {
    const auto file = xtn::load_npz(reference("others.npz"));
    xtn::npz kept("kept");
    kept.add("data", file["data"]);
    for (const auto& other : file.others())
        if (other.content) kept.add_other(other, "no numbers");
    const auto back = xtn::parse_npz(xtn::serialise_npz(kept));
    BOOST_TEST((back == kept));
    BOOST_TEST(back.others().size() == 3U);
    check_error<xtn::io_error>([&] { kept.add("format", file["data"]); }, {"\"format\"", "already"});
    check_error<xtn::io_error>([&] { kept.add_other({"data.npy", std::nullopt}, ""); }, {"\"data\"", "already"});
    BOOST_TEST((kept == back));
}

BOOST_AUTO_TEST_CASE(an_archive_survives_a_rewrite) {
    const scratch_directory dir;
    auto file = xtn::load_npz(reference("deflated.npz"));
    add_xtensor(file, "new", xt::xtensor<double, 1>{1, 2});
    xtn::save_npz(dir.path() / "again.npz", file);
    const auto back = xtn::load_npz(dir.path() / "again.npz");
    BOOST_TEST((back == file));
    BOOST_TEST((back.names() == file.names()));
    BOOST_TEST((back["new"].read<double>() == std::vector<double>{1, 2}));
    BOOST_TEST(xtn::parse_npz(xtn::serialise_npz(xtn::npz())).size() == 0u);
    check_error<xtn::io_error>([&] { add_xtensor(file, "new", xt::xtensor<double, 1>{1}); }, {"\"new\"", "already"});
    check_error<xtn::io_error>([&] { add_xtensor(file, std::string("nul\0", 4), xt::xtensor<double, 1>{1}); },
                               {"none of them zero"});
}

BOOST_AUTO_TEST_SUITE_END()
