// SPDX-License-Identifier: BSD-3-Clause
// Every constructor checks what it is given.
#include "common.hpp"

#include <climits>
#include <cstdint>

BOOST_AUTO_TEST_SUITE(op_constructors)

namespace {

using namespace xtn;
using matrices = std::vector<parameter<double>>;

BOOST_AUTO_TEST_CASE(operators_of_faulty_factors) {
    BOOST_CHECK_THROW(mpo<double>({zeros({1, 2, 2, 3}), zeros({2, 2, 2, 1})}), shape_error);  // bonds 3 and 2
    BOOST_CHECK_EXCEPTION(mpo<double>({zeros({2, 2, 2, 1})}), shape_error, says("outer bonds have extent 1"));
    BOOST_CHECK_EXCEPTION(mpo<double>(matrices{}), shape_error, says("1 to 15 sites, not 0"));
    BOOST_CHECK_EXCEPTION(mpo<double>(matrices(16, zeros({1, 1, 1, 1}))), shape_error, says("not 16"));
    BOOST_CHECK_THROW((mpo<double, balanced<4, 4, 2>>({zeros({1, 4, 4, 1})})), shape_error);
    BOOST_CHECK_THROW((low_rank<double, 2>(zeros({3, 4}), zeros({4, 5}))), shape_error);
    BOOST_CHECK_THROW(low_rank<double>(zeros({3, 4}), zeros({3, 5})), shape_error);
    BOOST_CHECK_THROW(dense<double>(zeros({4})), shape_error);
    BOOST_CHECK_THROW(gram<double>(zeros({4})), shape_error);
    BOOST_CHECK_THROW(nn::linear<double>(dense<double>(3, 4), zeros({4})), shape_error);
}

BOOST_AUTO_TEST_CASE(extents_bonds_and_ranks_of_0) {
    using layout = scheme<sites<2, 3>, sites<4, 5>>;
    BOOST_CHECK_EXCEPTION((mpo<double, layout>(0)), shape_error, says("mpo: the bond is 0"));
    BOOST_CHECK_EXCEPTION((mpo<double, layout, 0>()), shape_error, says("mpo: the bond is 0"));
    BOOST_CHECK_EXCEPTION((mpo<double, layout>::from_dense(random_matrix(6, 20, 1), 0)), shape_error,
                          says("bond is 0"));
    BOOST_CHECK_EXCEPTION(mpo<double>({2}, {2, 2}, 3), shape_error, says("same number of sites"));
    BOOST_CHECK_EXCEPTION(low_rank<double>(4, 3, 0), shape_error, says("low_rank: the rank is 0"));
    BOOST_CHECK_EXCEPTION((low_rank<double, 4>(4, 3)), shape_error, says("fixed to 4, but can be 3 at most"));
    BOOST_CHECK_EXCEPTION((low_rank<double, 4>::from_dense(random_matrix(4, 3, 1))), shape_error,
                          says("fixed to 4, but can be 3 at most"));
    BOOST_CHECK_THROW(low_rank<double>(0, 3, 2), shape_error);
    BOOST_CHECK_EXCEPTION(dense<double>(0, 3), shape_error, says("(0, 3), but every extent must be at least 1"));
    BOOST_CHECK_THROW(symmetric<double>(0), shape_error);
    BOOST_CHECK_THROW(gram<double>(3, 0), shape_error);
    BOOST_CHECK_THROW(cholesky<double>(3, zeros({5})), shape_error);
    BOOST_CHECK_THROW(kronecker<double>({2, 0}, {2, 2}), shape_error);
    BOOST_CHECK_THROW(mpo<double>({2, 0}, {2, 2}, 2), shape_error);
    BOOST_CHECK_THROW(tucker<double>({2, 0}, {2, 2}, 2), shape_error);
    tt::svd_result<double> svd = tt::svd(random_matrix(4, 3, 1));
    svd.s.pop_back();
    BOOST_CHECK_EXCEPTION(low_rank<double>::from_svd(svd, 2), shape_error, says("2 values, but 3 left and 3 right"));
}

BOOST_AUTO_TEST_CASE(networks_whose_labels_or_factors_are_faulty) {
    using network = operator_network<double>;
    BOOST_CHECK_THROW(network("or,ri", "o", "i", {zeros({3, 4})}), shape_error);
    BOOST_CHECK_THROW(network("o?,ri", "o", "i", {zeros({3, 4}), zeros({4, 5})}), shape_error);
    BOOST_CHECK_THROW(network("or,ri", "o", "i", {zeros({3, 4}), zeros({3, 5})}), shape_error);
    BOOST_CHECK_THROW(network("or,ri", "x", "i", {zeros({3, 4}), zeros({4, 5})}), shape_error);
    BOOST_CHECK_THROW(network("or,ri", "o", "x", {zeros({3, 4}), zeros({4, 5})}), shape_error);
    BOOST_CHECK_THROW(network("oi", "oo", "i", {zeros({3, 4})}), shape_error);
    BOOST_CHECK_THROW(network("oi", "o", "ii", {zeros({3, 4})}), shape_error);
    BOOST_CHECK_THROW(factor<double>(zeros({3, 4})).reshaped({5}), shape_error);
}

// What lies outside of the matrix would be written outside of the result.
BOOST_AUTO_TEST_CASE(terms_that_do_not_lie_in_the_matrix) {
    using network = operator_network<double>;
    const auto term = [](placement at) { return operator_term<double>({{"oi"}, "o", "i"}, {zeros({3, 4})}, at); };
    const auto refused = [&](placement at, std::size_t out, std::size_t in, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(network({term(at)}, out, in), shape_error, says(sentence));
    };
    network({term({2, 1})}, 5, 5);
    refused({3, 1}, 5, 5, "the term \"oi\" shows 3 x 4 elements from (3, 1) on, beyond a matrix of 5 x 5");
    refused({2, 2}, 5, 5, "from (2, 2)");
    refused({}, 2, 4, "3 x 4 elements from (0, 0) on, beyond a matrix of 2 x 4");
    refused({SIZE_MAX, 0}, 5, 5, "beyond a matrix");
    refused({0, SIZE_MAX - 1}, 5, 5, "beyond a matrix");
    refused({}, 0, 4, "at least one row and one column");
    BOOST_CHECK_EXCEPTION(network(term({1, 0})), shape_error, says("from (1, 0) on, beyond a matrix of 3 x 4"));
    BOOST_CHECK_EXCEPTION(network(std::vector<operator_term<double>>{}, 3, 0), shape_error, says("3 x 0"));
    BOOST_TEST(any_operator<double>(network(std::vector<operator_term<double>>{}, 3, 2), {}).to_dense().size() == 6u);
}

BOOST_AUTO_TEST_CASE(every_parameter_has_one_name) {
    const parameter<double> left = zeros({3, 2}), right = zeros({2, 4});
    const operator_network<double> net("or,ri", "o", "i", {left, right});
    using op = any_operator<double>;
    BOOST_CHECK_EXCEPTION(op(net, {{"left", left}}), error,
                          says("factor \"ri\" of the network \"or,ri\" is a parameter of shape (2, 4) without a name"));
    BOOST_CHECK_EXCEPTION(op(net, {{"a", left}, {"a", right}}), error, says("two parameters are called \"a\""));
    struct of_a_user {
        using value_type = double;
        const operator_network<double>& network() const { return net; }
        std::vector<named_parameter<double>> parameters() const {
            return {{"right", net.terms()[0].factors()[1].value()}};
        }
        operator_network<double> net;
    };
    BOOST_CHECK_EXCEPTION(op(of_a_user{net}), error, says("factor \"or\""));
}

BOOST_AUTO_TEST_CASE(embeddings_are_within_32_bits) {
    using e = index_embedding;
    const std::string sentence = "has more than 2^31 - 1 elements";
    const volatile std::size_t one = 1;  // the compiler warns of loops over constants, which do not come to run
    const std::size_t half = one << 16, huge = one << 32;
    BOOST_CHECK_EXCEPTION(e::window({half, half}, {1, 1}), shape_error, says("(65536, 65536) " + sentence));
    BOOST_CHECK_EXCEPTION(e::window({1, 1}, {half, half}), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(e::window({huge, huge}, {1, 1}), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(e::symmetric(half), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(e::lower_triangular(huge), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(e::scatter({huge, huge}, {}), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(e(1, {huge, huge}, {}), shape_error, says(sentence));
    BOOST_CHECK_EXCEPTION(symmetric<double>{half}, shape_error, says(sentence));
    BOOST_TEST(e::window({2, INT_MAX / 2}, {1, 1}, {1, INT_MAX / 2 - 1}).places()[0] == INT_MAX - 2);
}

BOOST_AUTO_TEST_CASE(supports_and_bases) {
    const auto op = [](std::vector<std::size_t> elements) {
        return spectral<double>(4, 5, support::custom(std::move(elements)));
    };
    BOOST_CHECK_EXCEPTION(op({}), shape_error, says("at least one"));
    BOOST_CHECK_EXCEPTION(op({1, 1}), shape_error, says("element 1 twice"));  // as many as 1 x 2 coefficients
    BOOST_CHECK_EXCEPTION(op({3, 20}), shape_error, says("element 20, but a matrix of 4 x 5 has 20"));
    for (const basis& b : {basis::dct2(), basis::random_orthonormal(1)})
        for (const std::size_t count : {0u, 4u})
            BOOST_CHECK_EXCEPTION(b.vectors<double>(3, count), shape_error, says("bases of 3 vectors, not"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
