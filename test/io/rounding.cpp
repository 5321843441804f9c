// SPDX-License-Identifier: BSD-3-Clause
// The narrow floats against ml_dtypes and NumPy (test/reference/rounding/make.py): what 8-bit patterns mean, and how
// numbers are rounded to 16 bits.
#include <boost/test/unit_test.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <xtn/io/npz.hpp>
#include <xtn/io/safetensors.hpp>

#include "scratch.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(rounding)

namespace {

const xtn::npz& reference() {
    static const xtn::npz file = xtn::load_npz(XTN_TEST_DATA "/rounding/rounding.npz");
    return file;
}

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
bool is_nan(float x) { return (bits_of(x) & 0x7FFFFFFF) > 0x7F800000; }

std::vector<std::uint16_t> patterns(const xtn::stored_tensor& tensor) {
    std::vector<std::uint16_t> all(tensor.size());
    std::memcpy(all.data(), tensor.bytes().data(), tensor.bytes().size());
    return all;
}

xtn::stored_tensor doubles(const std::vector<double>& values) {
    return xtn::stored_tensor::of<double>({values.size()}, values, "numbers");
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_patterns_of_8_bit_floats) {
    std::vector<std::byte> all(256);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i);
    for (const std::string name : {"F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"}) {
        xtn::safetensors file;
        file.add_bytes("x", *xtn::dtype_from_name(name), {256}, all);
        const auto found = xtn::parse_safetensors(xtn::serialise_safetensors(file)).read<float>("x");
        const auto expected = reference().read<float>(name);
        for (std::size_t i = 0; i < 256; ++i)
            BOOST_TEST((is_nan(expected[i]) ? is_nan(found[i]) : bits_of(found[i]) == bits_of(expected[i])),
                       name << " " << i << ": " << found[i] << " for " << expected[i]);
        BOOST_TEST(file.read<double>("x")[1] == static_cast<double>(expected[1]));
        check_error<xtn::io_error>([&] { file.read<int>("x"); }, {name, "I32"});
    }
}

BOOST_AUTO_TEST_CASE(nearest_16_bit_floats) {
    const auto numbers = reference().read<float>("numbers");
    for (const auto& [name, type] : {std::pair{"F16", xtn::dtype::f16}, {"BF16", xtn::dtype::bf16}}) {
        const auto expected = reference().read<std::uint16_t>(name);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto one = xtn::stored_tensor::of<float>({}, std::vector<float>{numbers[i]}, "number");
            if (type == xtn::dtype::f16 && (expected[i] & 0x7FFF) == 0x7C00)
                check_error<xtn::io_error>([&] { one.as(xtn::dtype::f16); },
                                           {"number", "F32", "cannot be kept as F16"});
            else
                BOOST_TEST(patterns(one.as(type))[0] == expected[i], name << " of " << numbers[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(doubles_are_rounded_once) {
    // By way of float, which has 24 bits, the first would become the tie 1 + 2^-8 and then 1.
    const double above_tie = 1 + 0x1p-8 + 0x1p-40, tie = 1 + 0x1p-8;
    BOOST_TEST((patterns(doubles({above_tie, tie, -above_tie}).as(xtn::dtype::bf16)) ==
                std::vector<std::uint16_t>{0x3F81, 0x3F80, 0xBF81}));
    BOOST_TEST((patterns(doubles({65519.99, 5e-324, 0x1p-24}).as(xtn::dtype::f16)) ==
                std::vector<std::uint16_t>{0x7BFF, 0, 1}));
}

BOOST_AUTO_TEST_CASE(other_dtypes) {
    const double infinity = std::numeric_limits<double>::infinity();
    const auto odd = doubles({infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}).as(xtn::dtype::f16);
    BOOST_TEST((patterns(odd) == std::vector<std::uint16_t>{0x7C00, 0xFC00, 0x7E00}));
    BOOST_TEST((odd.shape() == xtn::tensor_shape{3}));
    BOOST_TEST((odd.as(xtn::dtype::f16) == odd));
    BOOST_TEST((doubles({0.1}).as(xtn::dtype::f32).read<float>() == std::vector<float>{0.1f}));
    BOOST_TEST((doubles({0.5}).as(xtn::dtype::f16).as(xtn::dtype::f64) == doubles({0.5})));
    check_error<xtn::io_error>([&] { doubles({1e39}).as(xtn::dtype::f32); }, {"numbers", "[0]", "F32"});
    check_error<xtn::io_error>([&] { doubles({1}).as(xtn::dtype::f8_e4m3); }, {"numbers", "F8_E4M3"});
    check_error<xtn::io_error>([&] { doubles({1}).as(xtn::dtype::i32); }, {"I32"});
    const auto complex = xtn::stored_tensor::of<std::complex<float>>({1}, std::vector<std::complex<float>>{1});
    check_error<xtn::io_error>([&] { complex.as(xtn::dtype::bf16); }, {"C64"});
}

BOOST_AUTO_TEST_SUITE_END()
