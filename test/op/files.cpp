// SPDX-License-Identifier: BSD-3-Clause
// Operators written and read: each of the library, nested, in all scalar types; shared parameters; files that do not say
// what is in them.
#include "common.hpp"
#include "reference.hpp"

#include <filesystem>
#include <limits>

#include <xtn/io/operators.hpp>
#include <xtn/io/xtensor.hpp>

BOOST_AUTO_TEST_SUITE(op_files)

namespace {

using namespace xtn;

template <class T>
void check_same(const any_operator<T>& a, const any_operator<T>& b, const std::string& what) {
    BOOST_TEST((a.description() == b.description()), what << ": " << to_text(a.description()));
    BOOST_REQUIRE(a.parameters().size() == b.parameters().size());
    for (std::size_t k = 0; k < a.parameters().size(); ++k) {
        BOOST_TEST(a.parameters()[k].name == b.parameters()[k].name, what);
        BOOST_TEST(a.parameters()[k].value.shape() == b.parameters()[k].value.shape(), what);
    }
    BOOST_TEST(difference(a.to_dense(), b.to_dense()) == 0, what);
}

/// An operator under a layer's name, written to bytes and read.
template <class T>
any_operator<T> through_a_file(const any_operator<T>& op) {
    safetensors file;
    add_description(file, "layer.0", op);
    std::vector<named_parameter<T>> parameters;
    for (const auto& p : op.parameters()) parameters.push_back({"layer.0." + p.name, p.value});
    add_parameters(file, parameters);
    const safetensors again = parse_safetensors(serialise_safetensors(file));
    return operator_reader<T>(again)("layer.0", op.out(), op.in());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_operator_comes_back, T, scalars) {
    for (const auto& o : all_operators<T>()) {
        if (o.op.description().family.empty()) continue;  // those of a user
        check_same(through_a_file(o.op), o.op, o.name);
        // Three deep, in each way, and with its parameters in several places.
        const parameter<T> scale = zeros<T>({1});
        scale.values()[0] = T(2);
        const any_operator<T> mirror = transposed(adjoint(o.op));
        const any_operator<T> nested = block_diagonal(
            scaled(scale, sum(o.op, mirror)), adjoint(scaled(T(real_of<T>(0.1)), o.op)), sum(scaled(scale, mirror)));
        check_same(through_a_file(nested), nested, o.name + ", nested");
        std::size_t factors = 1;
        for (const auto& t : o.op.network().terms()) factors = std::max(factors, t.factors().size());
        if (2 * factors + 4 > max_operands) continue;
        const any_operator<T> product_of_both = scaled(scale, product(adjoint(o.op), sum(o.op)));
        check_same(through_a_file(product_of_both), product_of_both, o.name + ", in a product");
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_one_operator) {
    using T = std::complex<double>;
    const auto path = std::filesystem::temp_directory_path() / "xtn_test_operator.safetensors";
    const auto op = drawn(any_operator<T>(sum(mpo<T>({2, 3}, {3, 2}, 4), low_rank<T>(6, 6, 2))));
    save_operator(path, op);
    check_same(load_operator<T>(path), op, "saved");
    const mapped_safetensors mapped(path);
    check_same(operator_reader<T, mapped_safetensors>(mapped)(""), op, "mapped");
    std::filesystem::remove(path);
}

// Several layers with one factor: stored once, and one parameter again.
BOOST_AUTO_TEST_CASE(layers_that_share_a_parameter) {
    const auto made = joint_low_rank<double>({random_matrix(4, 5, 1), random_matrix(6, 5, 2)}, common_factor::right, 2);
    safetensors file;
    std::vector<named_parameter<double>> all;
    for (std::size_t l = 0; l < 2; ++l) {
        add_description(file, std::to_string(l), any_operator<double>(made.operators[l]));
        for (const auto& p : made.operators[l].parameters()) all.push_back({std::to_string(l) + "." + p.name, p.value});
    }
    add_parameters(file, all);
    BOOST_TEST(file.size() == 3u);
    BOOST_TEST(file.metadata().at("1.right") == "0.right");
    operator_reader<double> read(file);
    const auto first = read("0"), second = read("1");
    check_same(first, any_operator<double>(made.operators[0]), "first");
    check_same(second, any_operator<double>(made.operators[1]), "second");
    BOOST_TEST((first.parameters()[1].value == second.parameters()[1].value));
    // The same within one operator, where the description says it.
    const any_operator<double> both = product(made.operators[0], transposed(made.operators[1]));
    BOOST_TEST(both.parameters().size() == 3u);
    check_same(through_a_file(both), both, "product");
}

BOOST_AUTO_TEST_CASE(files_from_before) {
    const auto file = reference("operators_without_descriptions");
    operator_reader<float> read(file);
    std::vector<any_operator<float>> all;
    for (const std::string layer :
         {"dense", "low_rank", "mpo", "tucker", "zigzag", "scattered", "custom", "mpo_and_low_rank", "sharing"}) {
        const auto expected = read_xtensor<float, 2>(file, "expected." + layer);
        all.push_back(read(layer, expected.shape(0), expected.shape(1)));
        BOOST_TEST(difference(all.back().to_dense(), expected) < 1e-6, layer);
        check_same(through_a_file(all.back()), all.back(), layer);
    }
    BOOST_TEST((all.back().parameters()[1].value == all[1].parameters()[1].value));
    BOOST_TEST(all[5].description().text("support") == "scattered 7 3");
    BOOST_TEST(all[5].description().text("basis") == "random_orthonormal 18446744073709551615");
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_say_so) {
    const auto refused = [](auto change, const std::string& sentence, std::size_t out = 0) {
        safetensors file("f");
        const any_operator<float> op = drawn(low_rank<float>(4, 3, 2));
        add_description(file, "a", op);
        for (const auto& p : op.parameters()) file.add<float>("a." + p.name, p.value.shape(), p.value.values());
        change(file);
        BOOST_CHECK_EXCEPTION(operator_reader<float>{file}("a", out), error, says(sentence));
    };
    refused([](safetensors&) {}, "f: \"a\" is 4 x 3, but 5 x 0 is needed", 5);
    const auto described = [&](const std::string& text, const std::string& sentence) {
        refused([&](safetensors& f) { f.metadata()["a.operator"] = text; }, sentence);
    };
    described(R"({"family": "low_rank", "settings": {"out": "4", "in": "3", "rank": "3"}})",
              "f: tensor \"a.left\" has shape [4, 2], but [4, 3] is needed");
    described(R"({"family": "low_rank)", "f: \"a\": expected the description of an operator");
    described(R"({"family": "circulant"})", "f: \"a\": operator \"circulant\" is of no family");
    described(R"({"family": "gram", "settings": {"n": "4", "rank": "2"}})", "\"a.root\"");
    described(R"({"family": "dense", "settings": {"out": "99999999999", "in": "99999999999"}})", "\"a.weight\"");
    described(R"({"family": "spectral", "settings": {"out": "99999999999", "in": "99999999999", "basis": "dct2",
                  "support": "zigzag 3"}})",
              "up to 2^27 coefficients only");
    refused([](safetensors& f) { f = safetensors("f"); }, "f: \"a\" is no operator");
    refused(
        [](safetensors& f) {
            f = safetensors("f");
            f.add<float>("a.weight", {1, 1}, std::vector{std::numeric_limits<float>::infinity()});
        },
        "a.weight");
    refused(
        [](safetensors& f) {
            f = safetensors("f");
            f.add<float>("a.coefficients", {1}, std::vector{1.0F});
            f.metadata()["a.settings"] = "dct2";
        },
        "is no support");

    safetensors file("f");
    const any_operator<float> users = kronecker_of_two<float>();
    BOOST_CHECK_EXCEPTION(add_description(file, "a", sum(users, users)), error,
                          says("\"a\" is, or is made of, one without a description"));
    any_operator<float> deep = dense<float>(1, 1);
    for (int k = 0; k < 520; ++k) deep = transposed(deep);
    BOOST_CHECK_EXCEPTION(add_description(file, "a", deep), io_error, says("operators in each other"));
    BOOST_TEST(file.metadata().empty());
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
