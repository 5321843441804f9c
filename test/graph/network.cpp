// SPDX-License-Identifier: BSD-3-Clause
// Networks as values: labels of every kind, and one readable sentence for each mistake.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <xtn/graph.hpp>

BOOST_AUTO_TEST_SUITE(graph_network)

using xtn::graph::network;
using shapes = std::vector<std::vector<std::int64_t>>;

BOOST_AUTO_TEST_CASE(labels_are_letters_of_unicode_numbers_or_words) {
    const auto letters = network::parse("αβ,βŻ,Ż𝛼->α𝛼", shapes{{2, 3}, {3, 4}, {4, 5}});
    BOOST_TEST(letters.tensors() == 3u);
    BOOST_TEST(letters.labels() == 4u);
    BOOST_TEST(letters.name(2) == "Ż");
    BOOST_TEST((letters.output_shape() == std::vector<std::int64_t>{2, 5}));

    const auto numbers = network::make<int>({{-1, 7}, {7, 100'000}}, {100'000}, {{-1, 2}, {7, 3}, {100'000, 4}});
    BOOST_TEST(numbers.name(2) == "100000");
    BOOST_TEST(numbers.extent(numbers.label("7")) == 3);

    const auto words = network::of_shapes<std::string>({{"row", "bond"}, {"bond"}}, {"row"}, shapes{{2, 3}, {3}});
    BOOST_TEST((words.shape(words.input(0)) == std::vector<std::int64_t>{2, 3}));
}

BOOST_AUTO_TEST_CASE(without_an_arrow_the_output_is_what_occurs_once) {
    const auto net =
        network::parse("zbb,zaé", std::map<std::string, std::int64_t>{{"z", 2}, {"b", 2}, {"a", 3}, {"é", 4}});
    BOOST_TEST((net.output_shape() == std::vector<std::int64_t>{3, 4}));
}

BOOST_AUTO_TEST_CASE(each_mistake_has_one_sentence) {
    const auto refuses = [](auto make, const std::string& sentence) {
        BOOST_CHECK_EXCEPTION(make(), xtn::shape_error, [&](const xtn::shape_error& e) {
            const bool said = std::string(e.what()).find(sentence) != std::string::npos;
            if (!said) BOOST_TEST_MESSAGE(e.what());
            return said;
        });
    };
    refuses([] { return network::make<int>({}, {}, std::map<int, std::int64_t>{}); },
            "a network needs at least one tensor, found none");
    refuses(
        [] {
            return network::make<int>({{1}, {1, 2}}, {}, {{1, 3}});
        },
        "tensor 1 (1, 2) of 2: label '2' has no extent");
    refuses(
        [] {
            return network::make<int>({{1}}, {}, {{1, -3}});
        },
        "label '1' has the extent -3; extents are 0 or more");
    refuses(
        [] {
            return network::make<int>({{1}}, {2}, {{1, 3}});
        },
        "the label '2' of the output is in none of the 1 tensors");
    refuses([] { return network::make<int>({{1}}, {1, 1}, {{1, 3}}); }, "the label '1' occurs twice in the output");
    refuses(
        [] {
            return network::parse("ab,bc->ac", shapes{{2, 3}, {4, 5}});
        },
        "tensor 1 (b, c) of 2 has extent 4 for label 'b', but tensor 0 has 3");
    refuses([] { return network::parse("ab,bc->ac", shapes{{2, 3}}); }, "the labels name 2 tensors, but 1 were given");
    refuses(
        [] {
            return network::parse("ab->", shapes{{2, 3, 4}});
        },
        "tensor 0 (a, b) of 1: 2 labels need as many axes, but the tensor has 3");
    refuses(
        [] {
            return network::parse("aa->", shapes{{2, 3}});
        },
        "tensor 0 (a, a) of 1 has extent 3 for label 'a', but tensor 0 has 2");
    refuses([] { return network::parse("a->b->c", shapes{{2}}); }, "introduced by one arrow '->' (byte 5)");
    refuses([] { return network::parse("a,b->a,b", shapes{{2}, {2}}); }, "introduced by one arrow '->' (byte 7)");
    refuses([] { return network::parse("a1", shapes{{2, 2}}); }, "byte 2 begins no letter of UTF-8");
    refuses([] { return network::parse("\xc3", shapes{{2}}); }, "byte 1 begins no letter of UTF-8");
    refuses([] { return network::parse("a", shapes{{2}}).label("b"); }, "no tensor carries the label 'b'");
}

BOOST_AUTO_TEST_SUITE_END()
