// SPDX-License-Identifier: BSD-3-Clause
// Descriptions as values and as text, and the operators that are made of them.
#include "common.hpp"

#include <xtn/io/operator_description.hpp>

BOOST_AUTO_TEST_SUITE(op_description)

namespace {

using namespace xtn;
using description = operator_description;

/// Settings from "out=8x16 in=16x8".
description of(std::string family, const std::string& settings, std::vector<description> operands = {}) {
    description d{std::move(family), {}, std::move(operands), {}};
    for (std::size_t at = 0; at < settings.size();) {
        const std::size_t end = std::min(settings.find(' ', at), settings.size()), equals = settings.find('=', at);
        d.set(settings.substr(at, equals - at), settings.substr(equals + 1, end - equals - 1));
        at = end + 1;
    }
    return d;
}

BOOST_AUTO_TEST_CASE(every_value_comes_back_from_its_text) {
    for (const std::string word : {"a", "a.b-c", "", " ", "a b", "\"", "\\", "\xc3\xa4", "x\ny"}) {
        description leaf{word};
        leaf.set(word, word).set("size", std::vector<std::size_t>{3, 1, 4}).set("none", std::vector<std::size_t>{});
        leaf.shared.emplace(word, word);
        const description d{"sum", {}, {leaf, description{"dense"}, leaf}, {{"terms." + word, word}}};
        BOOST_TEST((operator_description_from(to_text(d), "f") == d), to_text(d));
        BOOST_TEST((leaf.numbers("size") == std::vector<std::size_t>{3, 1, 4}));
        BOOST_TEST(leaf.numbers("none").empty());
    }
    BOOST_TEST(to_text(description{"dense"}.set("out", std::size_t{3})) ==
               R"({"family":"dense","settings":{"out":"3"}})");
}

BOOST_AUTO_TEST_CASE(what_is_no_description_says_so) {
    const auto refused = [](const std::string& text, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(operator_description_from(text, "f"), io_error, says(sentence));
        BOOST_CHECK_EXCEPTION(operator_description_from(text, "f"), io_error,
                              says("f: expected the description of an operator, found "));
    };
    for (const char* text : {"", "{", "[]", "3", "null", "\"dense\"", "{\"family\": 3}", "{\"settings\": {\"out\": 3}}",
                             "{\"operands\": {}}", "{\"operands\": [3]}", "{\"shared\": []}", "{\"family\": \"\xff\"}"})
        refused(text, "");
    refused("{\"famly\": \"dense\"}", "there is no \"famly\"");
    const auto nested = [](std::size_t times) {
        std::string text = "{\"family\": \"dense\"}";
        for (std::size_t k = 0; k < times; ++k) text = "{\"operands\": [" + text + "]}";
        return text;
    };
    operator_description_from(nested(511), "f");
    refused(nested(513), "more than 512 operators in each other");
    refused(nested(20000), "more than 512 operators in each other");
}

BOOST_AUTO_TEST_CASE(operators_of_a_description) {
    using op = any_operator<double>;
    const auto made = [](const description& d) -> op { return library_families<double>().make(d); };
    BOOST_TEST(parameter_count(made(of("mpo", "out=8x16 in=16x8 bond=16")).parameters()) == 2u * 128 * 16);
    BOOST_TEST(parameter_count(made(of("mpo", "out=2x2 in=2x2 bond=100")).parameters()) == 2u * 4 * 4);
    BOOST_TEST(parameter_count(made(of("tucker", "out=9 in=7 rank=100")).parameters()) == 7u * (7 + 9 + 7));
    BOOST_TEST(parameter_count(made(monarch(128, 64, 4)).parameters()) == 64u * 64 / 4 + 64u * 128 / 4);
    BOOST_CHECK_EXCEPTION(monarch(128, 60, 4), shape_error, says("the square of 4 blocks does not divide 128 and 60"));
    BOOST_TEST(made(of("kronecker", "out=4x6 in=2x2 shown=23x3")).out() == 23u);
    const description a = of("dense", "out=3 in=4");
    description gramian{"product", {}, {a, description{"transposed", {}, {a}, {}}}, {{"right.weight", "left.weight"}}};
    BOOST_TEST(made(gramian).parameters().size() == 1u);
    gramian.shared.clear();
    BOOST_TEST(made(gramian).parameters().size() == 2u);

    const auto refused = [&](const description& d, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(made(d), error, says(sentence));
    };
    refused(of("circulant", "n=3"), "operator \"circulant\" is of no family that is known here; there are adjoint");
    refused(of("dense", "out=3"), "operator \"dense\" needs the setting \"in\"");
    refused(of("dense", "out=3 in=4 rank=2"), "has no setting \"rank\"; it has out, in");
    refused(of("dense", "out=3 in=4x2"), "expects one number as in, not \"4x2\"");
    refused(of("dense", "out=-3 in=4"), "not \"-3\"");
    refused(of("mpo", "out=2x in=2x2 bond=3"), "expects whole numbers such as 8x16 as out");
    refused(of("mpo", "out=2x2 in=2x2"), "needs the setting \"bonds\"");
    refused(of("mpo", "out=2x2 in=2x2 bonds=3x3"), "has as many sites in out and in, and bonds between them");
    refused(of("mpo", "out=2x2 in=2x2 bond=0"), "the bond is 0");
    refused(of("tucker", "out=2x2 in=2x2 ranks=2x2"), "a rank for each");
    refused(of("kronecker", "out=2x2 in=2x2 shown=5x4"), "shows at most 4 x 4, not 5x4");
    refused(of("spectral", "out=4 in=4 basis=dct2 support=largest"), "is no support");
    description chosen = of("spectral", "out=4 in=4 basis=dct2");
    refused(chosen.set("support", "largest 3"), "from_dense");
    const description one = of("dense", "out=1 in=1");
    refused(description{"scaled", {{"by", "1 2"}}, {one}, {}}, "expects a number as by, not \"1 2\"");
    refused(description{"scaled", {{"by", "x"}}, {one}, {}}, "expects a number as by");
    refused(description{"product", {}, {a}, {}}, "has 2 operands, not 1");
    refused(of("transposed", ""), "has 1 operands, not 0");
    refused(of("sum", ""), "at least one");
    description same = of("low_rank", "out=3 in=3 rank=2");
    same.shared.emplace("right", "left");
    refused(same, "the parameter \"left\" of an operator has the shape (3, 2)");
}

BOOST_AUTO_TEST_CASE(operators_are_what_they_say) {
    using T = std::complex<float>;
    for (const auto& o : all_operators<T>()) {
        const description d = o.op.description();
        if (d.family.empty()) continue;  // those of a user
        const any_operator<T> again = library_families<T>().make(d);
        BOOST_TEST((again.description() == d), o.name << ": " << to_text(d));
        BOOST_REQUIRE(again.parameters().size() == o.op.parameters().size());
        for (std::size_t k = 0; k < o.op.parameters().size(); ++k) {
            const auto &p = again.parameters()[k], &q = o.op.parameters()[k];
            BOOST_TEST(p.name == q.name);
            BOOST_TEST(p.value.shape() == q.value.shape(), p.name);
            std::copy_n(q.value.data(), q.value.size(), p.value.data());
        }
        BOOST_TEST(difference(again.to_dense(), o.op.to_dense()) == 0, o.name);
    }
}

BOOST_AUTO_TEST_CASE(nearest_operators_of_a_description) {
    using T = double;
    const auto& families = library_families<T>();
    const auto w = random_matrix<T>(12, 12, 1);
    double expected = 0, found = 0;
    const auto same = [&](const description& d) {
        families.from_dense(w, d, &found);
        BOOST_TEST(std::abs(found - expected) < tight<T>, to_text(d) << ": " << found << ", not " << expected);
    };
    const std::vector<std::size_t> out{3, 4}, in{4, 3};
    const auto low = [](std::size_t rank) { return of("low_rank", "out=12 in=12").set("rank", rank); };
    low_rank<T>::from_dense(w, 3, &expected);
    same(low(3));
    same({"sum", {}, {low(2), low(1)}, {}});
    mpo<T>::from_dense(w, out, in, {.max_bond = 3}, &expected);
    same(of("mpo", "out=3x4 in=4x3 bond=3"));
    same(of("mpo", "out=3x4 in=4x3 bonds=3"));
    btt<T>::from_dense(w, out, in, 2, &expected);
    same(of("btt", "out=3x4 in=4x3 rank=2"));
    kronecker<T>::from_dense(w, out, in, &expected);
    same(of("kronecker", "out=3x4 in=4x3"));
    tucker<T>::from_dense(w, out, in, 2, &expected);
    same(of("tucker", "out=3x4 in=4x3 rank=2"));
    spectral<T>::from_dense(w, support::largest(coefficients::count(30)), basis::random_orthonormal(5), &expected);
    description largest = of("spectral", "out=12 in=12");
    same(largest.set("support", "largest 30").set("basis", basis::random_orthonormal(5).text()));
    expected = relative_error(symmetric<T>::from_dense(w), w);
    same(of("symmetric", "n=12"));
    expected = 0;
    same(of("dense", "out=12 in=12"));
    const auto block = [](const matrix_of<T>& from, std::size_t size) {  // first rows and columns, or zeros around it
        matrix_of<T> to = xt::zeros<T>({size, size});
        for (std::size_t o = 0; o < 12; ++o)
            for (std::size_t i = 0; i < 12; ++i) to(o, i) = from(o, i);
        return to;
    };
    const auto shown = block(mpo<T>::from_dense(block(w, 14), {2, 7}, {7, 2}, {.max_bond = 2}).to_dense(), 12);
    expected = norm(matrix_of<T>(w - shown)) / norm(w);
    same(of("mpo", "out=2x7 in=7x2 bond=2 shown=12x12"));
    BOOST_CHECK_EXCEPTION(same(of("gram", "n=12 rank=2")), error, says("operator \"gram\" is not made of matrices"));
    BOOST_CHECK_EXCEPTION(same(of("mpo", "out=2x7 in=7x2 bond=2 shown=11x12")), error,
                          says("but the matrix is 12 x 12"));
}

/// A user's operator: W[o, i] = sum_k A[k, o] c[k] B[k, i].
struct weighted : any_operator<double> {
    weighted(const parameter<double>& a, const parameter<double>& b)
        : any_operator({"ko,k,ki", "o", "i", {a, factor<double>::constant(xt::xtensor<double, 1>{1, 2}), b}},
                       {{"a", a}, {"b", b}}) {
        describe_as("weighted").set("out", out()).set("in", in());
    }
};

BOOST_AUTO_TEST_CASE(a_family_of_a_user) {
    operator_families<double> families = library_families<double>();
    families.add({"weighted", [](const description& d, const auto& from, const auto&) -> any_operator<double> {
                      return weighted(from("a", {2, d.number("out")}), from("b", {2, d.number("in")}));
                  }});
    const auto op =
        drawn(any_operator<double>(scaled(2, sum(weighted(zeros({2, 3}), zeros({2, 4})), dense<double>(3, 4)))));
    const auto again = families.make(op.description(), [&](const std::string& name, const auto&) {
        for (const auto& p : op.parameters())
            if (p.name == name) return p.value;
        throw error(name);
    });
    BOOST_TEST(difference(again.to_dense(), op.to_dense()) == 0);
    BOOST_CHECK_EXCEPTION(library_families<double>().make(op.description()), error,
                          says("\"weighted\" is of no family"));
    const any_operator<double> unknown(op.network(), op.parameters());
    BOOST_TEST(unknown.description().family == "");
    BOOST_CHECK_EXCEPTION(families.make(sum(unknown, unknown).description()), error, says("operator \"\" is of no"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
