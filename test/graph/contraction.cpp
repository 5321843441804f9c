// SPDX-License-Identifier: BSD-3-Clause
// Contracting networks: random ones against one loop over all labels, every order one value, slices and exponents, constants,
// extents of 0 and 1, and what opt_einsum computed.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/xtn.hpp>
#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xview.hpp>
#endif

#include "networks.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(graph_contraction)

using namespace xtn::graph;

namespace {

/// A random tree over the tensors.
order random_order(std::size_t n, std::mt19937_64& random) {
    path linear;
    for (std::size_t left = n; left > 1; --left) {
        const std::size_t i = random() % left, j = (i + 1 + random() % (left - 1)) % left;
        linear.push_back({i, j});
    }
    return {tree::from_linear(linear, n), {}};
}
template <class T>
std::vector<T> elements(const xt::xarray<T>& x) {
    return {x.data(), x.data() + x.size()};
}
double size_of_loops(const network& net) {
    double v = 1;
    for (label_id l = 0; l < net.labels(); ++l) v *= static_cast<double>(net.extent(l));
    return v;
}

}  // namespace

using scalars = std::tuple<float, double, std::complex<float>, std::complex<double>>;

BOOST_AUTO_TEST_CASE_TEMPLATE(any_order_and_any_slices_give_the_value_of_one_loop, T, scalars) {
    std::mt19937_64 random(11);
    int sliced = 0;
    for (int trial = 0; trial < 250; ++trial) {
        const network net =
            test::random_network(random, 1 + trial % 9, 2 + trial % 9, 4, trial % 10 == 0 ? 0 : 1, 3).net();
        if (size_of_loops(net) > 3e3) continue;
        const auto list = test::integer_tensors<T>(net, random);
        const std::vector<T> wanted = test::naive(net, list);
        for (int variant = 0; variant < 3; ++variant) {
            order o = random_order(net.tensors(), random);
            for (label_id l = 0; l < net.labels() && variant > 0; ++l)
                if (random() % 4 == 0) o.sliced.push_back(l);
            contraction<T> c(net, tensors<T>(list), o, {.powers = variant == 2 ? exponents::apart : exponents::inside});
            sliced += c.slices() > 1 ? 1 : 0;
            const auto value = c.value();
            BOOST_TEST((elements<T>(value) == wanted));
            BOOST_TEST((elements<T>(c.value()) == wanted));  // once more, on the same memory
        }
    }
    BOOST_TEST(sliced > 50);
}

BOOST_AUTO_TEST_CASE(einsum_gives_the_same) {
    std::mt19937_64 random(15);
    for (int trial = 0; trial < 300; ++trial) {
        const test::random_network drawn(random, 1 + trial % 12, 2 + trial % 12, 4, 1, 3);
        const network net = drawn.net();
        const auto list = test::integer_tensors<double>(net, random);
        std::string labels;
        const auto append = [&](const std::vector<std::string>& axes) {
            for (const std::string& l : axes) labels += static_cast<char>('a' + std::stoi(l.substr(1)));
        };
        std::vector<xtn::tensor_view<double>> views;
        for (std::size_t i = 0; i < net.tensors(); ++i) {
            labels += i == 0 ? "" : ",";
            append(drawn.inputs[i]);
            views.push_back({list[i].data(), xtn::geometry::row_major(list[i].shape())});
        }
        labels += "->";
        append(drawn.output);
        const auto value = contract(net, list);
        xt::xarray<double> same(value.shape());
        xtn::assign(same, xtn::einsum(xtn::make_network(labels), views));
        BOOST_TEST((elements<double>(value) == elements<double>(same)));
    }
}

BOOST_AUTO_TEST_CASE(against_opt_einsum) {
    using T = std::complex<double>;
    std::ifstream file(std::filesystem::path(XTN_TEST_DATA) / "networks" / "values.json");
    const auto cases = nlohmann::json::parse(file);
    BOOST_TEST(cases.size() == 16u);
    for (const auto& one : cases) {
        const auto sizes = one["size_dict"].get<std::map<std::string, std::int64_t>>();
        const network net = network::parse(one["equation"].get<std::string>(), sizes);
        BOOST_TEST((net == network::make<std::string>(one["inputs"], one["output"], sizes)));
        std::vector<xt::xarray<T>> list;
        for (std::size_t t = 0; t < net.tensors(); ++t) {
            const auto shape = net.shape(net.input(t));
            auto& x = list.emplace_back(xt::xarray<T>::shape_type(shape.begin(), shape.end()));
            for (std::size_t k = 0; k < x.size(); ++k) {
                const auto dk = static_cast<double>(k), dt = static_cast<double>(t);
                x.data()[k] = {std::cos(0.7 * dk + 1.3 * dt + 0.1) / 1.1, std::sin(0.3 * dk - 0.9 * dt) / 1.4};
            }
        }
        const auto re = one["real"].get<std::vector<double>>(), im = one["imag"].get<std::vector<double>>();
        const auto agrees = [&](const xt::xarray<T>& value) {
            double difference = 0, largest = 0;
            BOOST_REQUIRE(value.size() == re.size());
            for (std::size_t k = 0; k < re.size(); ++k) {
                difference = std::max(difference, std::abs(value.data()[k] - T(re[k], im[k])));
                largest = std::max(largest, std::abs(T(re[k], im[k])));
            }
            return difference <= 1e-10 * largest;
        };
        contraction<T> c(net, list);
        BOOST_TEST(agrees(c.value()));
        const std::size_t bytes = c.peak_bytes() / 3;
        if (net.tensors() < 10 || bytes < 4096) continue;
        try {
            contraction<T> small(net, list, {.bytes = bytes});
            BOOST_TEST(small.peak_bytes() <= bytes);
            BOOST_TEST(agrees(small.value()));
        } catch (const xtn::error& e) {
            BOOST_TEST_MESSAGE(e.what());
        }
    }
}

BOOST_AUTO_TEST_CASE(views_and_strides_are_read_in_place) {
    const xt::xarray<double> a = xt::arange<double>(24).reshape({4, 6}), b = xt::arange<double>(12).reshape({3, 4});
    const network net = network::parse("ij,ki->jk", {{2, 3}, {4, 2}});
    const auto view = xt::view(a, xt::range(0, 4, 2), xt::range(1, 6, 2));
    const auto turned = xt::transpose(xt::view(b, xt::range(1, 3), xt::all()));
    tensors<double> list;
    list.add(view).add(turned);
    const auto value = contract(net, list);
    for (std::size_t j = 0; j < 3; ++j)
        for (std::size_t k = 0; k < 4; ++k) {
            double sum = 0;
            for (std::size_t i = 0; i < 2; ++i) sum += a(2 * i, 1 + 2 * j) * b(1 + i, k);
            BOOST_TEST(value(j, k) == sum);
        }
}

BOOST_AUTO_TEST_CASE(exponents_apart_neither_overflow_nor_vanish) {
    for (const double entry : {1e-3, 1e3}) {
        // a closed chain of 400 matrices 3 x 3 of equal entries: (3 entry)^400
        std::vector<std::vector<int>> inputs;
        std::map<int, std::int64_t> sizes;
        std::vector<xt::xarray<float>> list;
        for (int i = 0; i < 400; ++i) {
            inputs.push_back({i, (i + 1) % 400});
            sizes[i] = 3;
            list.push_back(xt::xarray<float>::from_shape({3, 3}));
            list.back().fill(static_cast<float>(entry));
        }
        const network net = network::make<int>(inputs, {}, sizes);
        for (const bool slices : {false, true}) {
            order o = search(net);
            if (slices) o.sliced = {5, 100};
            const auto v = contraction<float>(net, list, o, {.powers = exponents::apart}).scaled();
            const double log2 = std::log2(std::abs(v.mantissa.data()[0])) + static_cast<double>(v.power);
            BOOST_TEST(log2 == 400 * std::log2(3 * entry), boost::test_tools::tolerance(1e-6));
        }
        BOOST_TEST(!std::isnormal(contract(net, list).data()[0]));
    }
    // operands near the ends of the range
    const network pair = network::parse("i,i->", {{2}, {2}});
    const std::vector<xt::xarray<double>> large{{1e300, 1e300}, {1e300, -3e300}};
    const auto v = contraction<double>(pair, large, {.powers = exponents::apart}).scaled();
    BOOST_TEST(v.mantissa.data()[0] * std::exp2(static_cast<double>(v.power) - 2000) ==
                   -2e300 * std::exp2(-1000) * 1e300 * std::exp2(-1000),
               boost::test_tools::tolerance(1e-12));
    // a slice that is zero takes nothing from the others
    const std::vector<xt::xarray<double>> gap{{0, 1e-200}, {1e-200, 1e-200}};
    order o = search(pair);
    o.sliced = {0};
    const auto w = contraction<double>(pair, gap, o, {.powers = exponents::apart}).scaled();
    BOOST_TEST(std::log10(w.mantissa.data()[0]) + w.log10() == -400, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(constant_parts_are_made_once) {
    const network net = test::lattice(4, 4, 3);
    std::mt19937_64 random(12);
    auto list = test::integer_tensors<double>(net, random);
    contraction_options options;
    options.search.changing = {0, 3};
    contraction<double> c(net, list, options);
    BOOST_TEST(!c.plan().steps[detail::once].empty());
    BOOST_TEST(c.plan().steps[detail::once].size() + c.plan().steps[detail::each_run].size() == 15u);
    for (int run = 0; run < 5; ++run) {
        BOOST_TEST(c.value().data()[0] == contract(net, list).data()[0]);
        for (const std::size_t i : {0u, 3u})
            for (auto& x : list[i]) x = static_cast<double>(random() % 7) - 3;
    }
    const xt::xarray<double> other = list[5] + 1;  // one that was not said to change
    c.replace(5, other);
    const double replaced = c.value().data()[0];
    list[5] = other;
    BOOST_TEST(replaced == contract(net, list).data()[0]);
    BOOST_CHECK_THROW(c.replace(5, list[0]), xtn::shape_error);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    const network net = network::parse("ab,bc->ac", {{2, 3}, {3, 4}});
    const auto refuses = [](auto make, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(make(), xtn::error, [&](const xtn::error& e) {
            const bool said = std::string(e.what()).find(sentence) != std::string::npos;
            if (!said) BOOST_TEST_MESSAGE(e.what());
            return said;
        });
    };
    const std::vector<xt::xarray<double>> wrong{xt::zeros<double>({2, 3}), xt::zeros<double>({4, 4})};
    refuses([&] { contract(net, wrong); }, "tensor 1 (b, c) of 2 has the shape (3, 4), but (4, 4) was given");
    refuses(
        [&] {
            contract(net, std::vector<xt::xarray<double>>{xt::zeros<double>({2, 3})});
        },
        "the network has 2 tensors, the order 2, and 1 were given");
    refuses([&] { measure(net, {tree::from_ssa({}, 1), {}}); }, "the order is for 1 tensors, the network has 2");

    // more memory than any machine has: how much, and which bound would do
    std::vector<std::vector<int>> ring(72);  // with chords
    std::map<int, std::int64_t> sizes;
    std::mt19937_64 random(14);
    std::vector<std::size_t> chord(72);
    for (std::size_t i = 0; i < 72; ++i) chord[i] = i;
    std::shuffle(chord.begin(), chord.end(), random);
    for (int i = 0; i < 72; ++i) {
        ring[static_cast<std::size_t>(i)].push_back(i);
        ring[static_cast<std::size_t>((i + 1) % 72)].push_back(i);
        ring[chord[static_cast<std::size_t>(i)]].push_back(100 + i / 2);
        sizes[i] = sizes[100 + i / 2] = 16;
    }
    const network wide = network::make<int>(ring, {}, sizes);
    const std::vector<xt::xarray<float>> list(72, xt::ones<float>({16, 16, 16}));
    const contraction_options quick{.search = {.samples = 8}};
    refuses([&] { contraction<float>(wide, list, quick); }, " bytes at a time, but this machine has ");
    refuses([&] { contraction<float>(wide, list, quick); }, "; with {.bytes = ");
    refuses([&] { contraction<float>(wide, list, {.search = {.samples = 8}, .bytes = 1000}); }, "allow more memory");
}

BOOST_AUTO_TEST_CASE(a_description) {
    const network net = test::lattice(4, 5, 4);
    std::mt19937_64 random(13);
    const auto list = test::integer_tensors<double>(net, random);
    const std::string text = describe(contraction<double>(net, list));
    for (const char* part : {"20 tensors, 31 labels, result ()", "width ", "multiplications", "bytes beyond operands",
                             "expected", "dearest steps"})
        BOOST_TEST((text.find(part) != std::string::npos));
    const std::string sliced = describe(contraction<double>(net, list, {.bytes = 3000}));
    BOOST_TEST((sliced.find(" slices along ") != std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()
