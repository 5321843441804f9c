// SPDX-License-Identifier: BSD-3-Clause
// Matrix product operators of run-time length: to_dense against the definition and reference tensors, and what is refused.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/tt/mpo.hpp>

#include "random_matrix.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(tt_mpo)

namespace {

namespace tt = xtn::tt;
using list = std::vector<std::size_t>;

template <class T>
tt::mpo<T> reference_chain(const xtn::safetensors& file, std::size_t sites) {
    std::vector<xt::xtensor<T, 4>> cores;
    for (std::size_t k = 0; k < sites; ++k) {
        const std::string name = "core." + std::to_string(k);
        const auto values = file.read<double>(name);
        const auto shape = file.shape(name);
        auto core =
            xt::xtensor<T, 4>::from_shape({static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
                                           static_cast<std::size_t>(shape[2]), static_cast<std::size_t>(shape[3])});
        std::transform(values.begin(), values.end(), core.begin(), [](double x) { return static_cast<T>(x); });
        cores.push_back(std::move(core));
    }
    return tt::mpo<T>(std::move(cores));
}

/// max|a - b| / max|b|
template <class T>
double error(const xt::xtensor<T, 2>& a, const std::vector<double>& b) {
    BOOST_REQUIRE_EQUAL(a.size(), b.size());
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a.data()[i]) - b[i]));
        largest = std::max(largest, std::abs(b[i]));
    }
    return difference / largest;
}

std::vector<xt::xtensor<double, 4>> cores_of(const std::vector<std::vector<std::size_t>>& shapes) {
    std::vector<xt::xtensor<double, 4>> cores;
    for (const auto& s : shapes) cores.push_back(xt::xtensor<double, 4>::from_shape({s[0], s[1], s[2], s[3]}));
    return cores;
}

template <class T>
void check_dense(const tt::mpo<T>& chain, double tolerance) {
    const xt::xtensor<T, 2> dense = chain.to_dense();
    std::size_t out = 1, in = 1;
    for (const std::size_t e : chain.out_sites()) out *= e;
    for (const std::size_t e : chain.in_sites()) in *= e;
    BOOST_REQUIRE_EQUAL(dense.shape(0), out);
    BOOST_REQUIRE_EQUAL(dense.shape(1), in);
    double difference = 0, largest = 0;
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) {
            const T expected = random_matrix::entry(chain, o, i);
            difference = std::max(difference, static_cast<double>(std::abs(dense(o, i) - expected)));
            largest = std::max(largest, static_cast<double>(std::abs(expected)));
        }
    BOOST_TEST(difference <= tolerance * largest);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reference_tensors) {
    struct {
        const char* file;
        list out, in, bonds;
    } const cases[] = {{"mpo_two_site", {6, 4}, {5, 6}, {7}},
                       {"mpo_three_site", {4, 3, 5}, {3, 4, 2}, {6, 6}},
                       {"mpo_four_site", {2, 3, 2, 3}, {3, 2, 2, 2}, {4, 4, 4}}};
    for (const auto& c : cases) {
        const auto file = xtn::load_safetensors(std::string(XTN_TEST_DATA) + "/" + c.file + ".safetensors");
        const auto chain = reference_chain<double>(file, c.out.size());
        BOOST_TEST(chain.out_sites() == c.out);
        BOOST_TEST(chain.in_sites() == c.in);
        BOOST_TEST(chain.bonds() == c.bonds);
        BOOST_TEST(error(chain.to_dense(), file.read<double>("dense")) <= 1e-10);
        BOOST_TEST(error(reference_chain<float>(file, c.out.size()).to_dense(), file.read<double>("dense")) <= 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(random_chains_against_the_definition) {
    std::mt19937_64 engine(4);
    for (int trial = 0; trial < 60; ++trial) {
        const std::size_t n = random_matrix::between(engine, 1, 5);
        list out(n), in(n), bonds(n - 1);
        for (auto* extents : {&out, &in})
            for (std::size_t& e : *extents) e = random_matrix::between(engine, 1, 3);
        for (std::size_t& r : bonds) r = random_matrix::between(engine, 1, 6);
        check_dense(random_matrix::chain<double>(out, in, bonds, engine), 1e-13);
        check_dense(random_matrix::chain<float>(out, in, bonds, engine), 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(complex_scalars) {
    using c = std::complex<double>;
    std::mt19937_64 engine(5);
    std::vector<xt::xtensor<c, 4>> cores(2);
    cores[0].resize({1, 2, 3, 4});
    cores[1].resize({4, 3, 2, 1});
    for (auto& core : cores)
        for (c& x : core) x = {random_matrix::uniform(engine), random_matrix::uniform(engine)};
    check_dense(tt::mpo<c>(std::move(cores)), 1e-13);
}

BOOST_AUTO_TEST_CASE(one_site_is_its_core) {
    std::mt19937_64 engine(6);
    const auto chain = random_matrix::chain<double>({4}, {3}, {}, engine);
    BOOST_TEST(chain.bonds().empty());
    BOOST_TEST(chain.parameter_count() == 12U);
    const auto dense = chain.to_dense();
    for (std::size_t o = 0; o < 4; ++o)
        for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(dense(o, i) == chain.cores()[0](0, o, i, 0));
}

BOOST_AUTO_TEST_CASE(parameters_and_cores) {
    std::mt19937_64 engine(7);
    auto chain = random_matrix::chain<float>({8, 8, 8}, {4, 4, 8}, {8, 8}, engine);
    BOOST_TEST(chain.site_count() == 3U);
    BOOST_TEST(chain.parameter_count() == 2816U);
    const float* first = chain.cores()[0].data();
    const auto cores = std::move(chain).cores();
    BOOST_TEST(cores.size() == 3U);
    BOOST_TEST(cores[0].data() == first);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_chain) {
    const auto refused = [](const std::vector<std::vector<std::size_t>>& shapes, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(tt::mpo<double>(cores_of(shapes)), xtn::shape_error, [&](const xtn::shape_error& e) {
            BOOST_TEST_MESSAGE(e.what());
            return std::string(e.what()).find(sentence) != std::string::npos;
        });
    };
    refused({}, "at least one core");
    refused({{1, 2, 2, 3}, {4, 2, 2, 1}}, "site 1 has the left bond 4, but the right bond of site 0 is 3");
    refused({{2, 2, 2, 1}}, "site 0 has the left bond 2, but the chain starts with a bond of 1");
    refused({{1, 2, 2, 3}, {3, 2, 2, 5}}, "site 1 has the right bond 5, but the chain ends with a bond of 1");
    refused({{1, 2, 0, 1}}, "its shape is (1, 2, 0, 1)");
    refused({{1, 2, 2, 0}, {0, 2, 2, 1}}, "site 0 is empty");
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_legal_but_has_no_matrix) {
    std::mt19937_64 engine(8);
    const auto chain = random_matrix::chain<double>(list(70, 2), list(70, 2), list(69, 2), engine);
    BOOST_TEST(chain.parameter_count() == 2 * 8 + 68 * 16U);
    BOOST_CHECK_THROW(chain.to_dense(), xtn::shape_error);
}

BOOST_AUTO_TEST_SUITE_END()
