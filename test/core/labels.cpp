// SPDX-License-Identifier: BSD-3-Clause
// The label notation: every form that numpy.einsum takes without an ellipsis, and every mistake with its place.
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include <xtn/core/fixed_string.hpp>
#include <xtn/core/network.hpp>

BOOST_AUTO_TEST_SUITE(labels)

using xtn::label_error;

namespace {

/// Whether the labels are read as the network whose canonical text is `canonical`.
constexpr bool reads_as(std::string_view labels, std::string_view canonical) {
    const auto p = xtn::parse_labels(labels), q = xtn::parse_labels(canonical);
    return p.error == label_error::none && q.error == label_error::none && p.network == q.network;
}

constexpr bool fails(std::string_view labels, label_error e, std::size_t position) {
    const auto p = xtn::parse_labels(labels);
    return p.error == e && p.position == position;
}

// Explicit outputs.
static_assert(xtn::parse_labels("ij,jk->ik").network.operands == 2);
static_assert(xtn::parse_labels("ij,jk->ik").network.labels == 3);
static_assert(xtn::parse_labels("ij,jk->ik").network.output.rank() == 2);
static_assert(xtn::parse_labels("ij,jk->ik").network.output[0] == 0);
static_assert(xtn::parse_labels("ij,jk->ik").network.output[1] == 2);
static_assert(xtn::parse_labels("ij,jk->").network.output.rank() == 0);
static_assert(xtn::parse_labels("ii->i").network.operand[0].rank() == 2);
static_assert(xtn::parse_labels("ii->i").network.labels == 1);

// Implicit outputs: what occurs exactly once in all operands together, in alphabetical order, capital letters first.
static_assert(reads_as("ij,jk", "ij,jk->ik"));
static_assert(reads_as("ba", "ba->ab"));
static_assert(reads_as("jk,ij", "jk,ij->ik"));
static_assert(reads_as("ii", "ii->"));
static_assert(reads_as("iij", "iij->j"));
static_assert(reads_as("iii,j", "iii,j->j"));
static_assert(reads_as("aB,Bc", "aB,Bc->ac"));
static_assert(reads_as("bA", "bA->Ab"));
static_assert(reads_as("zZaA", "zZaA->AZaz"));
static_assert(reads_as("ij,ij", "ij,ij->"));
static_assert(reads_as("i,i,i", "i,i,i->"));

// Operands of rank 0, and no labels at all.
static_assert(reads_as(",ab", ",ab->ab"));
static_assert(reads_as("ab,", "ab,->ab"));
static_assert(reads_as(",", ",->"));
static_assert(reads_as("", "->"));
static_assert(xtn::parse_labels(",ab->ab").network.operand[0].rank() == 0);
static_assert(xtn::parse_labels(",,").network.operands == 3);
static_assert(xtn::parse_labels("").network.operands == 1);

// Blanks do not count, except inside the arrow.
static_assert(reads_as(" i j , j k -> i k ", "ij,jk->ik"));
static_assert(reads_as("ij , jk", "ij,jk->ik"));
static_assert(reads_as(" ", "->"));

// Networks differ by structure and by names.
static_assert(!reads_as("ij,jk->ik", "ij,jk->ki"));
static_assert(!reads_as("ij,jk->ik", "ab,bc->ac"));

static_assert(fails("i1,j", label_error::not_a_letter, 1));
static_assert(fails("i,j;k", label_error::not_a_letter, 3));
static_assert(fails("...i", label_error::not_a_letter, 0));
static_assert(fails("ij>i", label_error::not_a_letter, 2));
static_assert(fails("i\tj", label_error::not_a_letter, 1));
static_assert(fails("ij->i\xe9", label_error::not_a_letter, 5));
static_assert(fails("ij-", label_error::broken_arrow, 2));
static_assert(fails("ij- >i", label_error::broken_arrow, 2));
static_assert(fails("ij->i->j", label_error::broken_arrow, 5));
static_assert(fails("ij->i,j", label_error::broken_arrow, 5));
static_assert(fails("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q->a", label_error::too_many_operands, 31));
static_assert(reads_as("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p->a", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p->a"));
static_assert(fails("ij->ii", label_error::output_repeats, 5));
static_assert(fails("ij->ik", label_error::output_unknown, 5));
static_assert(fails("->a", label_error::output_unknown, 2));

// 32 axes are the most, for an operand and for the output, explicit or not.
constexpr std::string_view axes_32 = "abcdefghijklmnopqrstuvwxyzABCDEF";
static_assert(axes_32.size() == xtn::max_rank);
static_assert(xtn::parse_labels(axes_32).error == label_error::none);
static_assert(fails("abcdefghijklmnopqrstuvwxyzABCDEFG", label_error::too_many_axes, 32));
static_assert(fails("abcdefghijklmnopqrstuvwxyz,ABCDEFG->abcdefghijklmnopqrstuvwxyzABCDEFG", label_error::too_many_axes,
                    68));
static_assert(fails("abcdefghijklmnopqrstuvwxyz,ABCDEFG", label_error::too_many_axes, 34));
static_assert(xtn::parse_labels("abcdefghijklmnopqrstuvwxyz,ABCDEF").network.output.rank() == 32);
static_assert(xtn::parse_labels("abcdefghijklmnopqrstuvwxyz,ABCDEFGHIJKLMNOPQRSTUVWXYZ->").network.labels == 52);

// Sets of labels.
static_assert(xtn::contains(xtn::only(63), 63) && !xtn::contains(xtn::only(63), 62));
static_assert(xtn::parse_labels("iji").network.operand[0].set() == 0b11);
static_assert([] {
    unsigned sum = 0, count = 0, last = 0;
    xtn::for_each_label(xtn::only(3) | xtn::only(0) | xtn::only(63), [&](xtn::label l) {
        sum += l;
        ++count;
        last = l;
    });
    return sum == 66 && count == 3 && last == 63;
}());

static_assert(xtn::fixed_string("ij,jk").view() == "ij,jk");

}  // namespace

BOOST_AUTO_TEST_CASE(a_network_prints_as_its_labels) {
    for (const char* text : {"ij,jk->ik", "ii->i", ",ab->ab", "->", "bijk,oir,rpjs,sqk->bopq", "abc,abc,ab->c"})
        BOOST_TEST(xtn::to_string(xtn::make_network(text)) == text);
    BOOST_TEST(xtn::to_string(xtn::make_network(" b a ")) == "ba->ab");
    const xtn::network net = xtn::make_network("xy,yz->xz");
    BOOST_TEST(xtn::to_string(net, net.operand[1]) == "yz");
}

BOOST_AUTO_TEST_CASE(labels_are_numbered_by_first_use) {
    const xtn::network net = xtn::make_network("zy,ya->az");
    BOOST_TEST(net.name[0] == 'z');
    BOOST_TEST(net.name[1] == 'y');
    BOOST_TEST(net.name[2] == 'a');
    BOOST_TEST(net.operand[1][0] == 1);
    BOOST_TEST(net.output[0] == 2);
}

BOOST_AUTO_TEST_CASE(a_mistake_is_explained_with_its_place) {
    const auto message = [](const char* labels) -> std::string {
        try {
            xtn::make_network(labels);
        } catch (const xtn::shape_error& e) {
            return e.what();
        }
        return "";
    };
    BOOST_TEST(message("ij,j?->i") ==
               "einsum labels \"ij,j?->i\": labels are single letters a-z and A-Z; commas part the operands (at "
               "character 5)");
    BOOST_TEST(message("ij->ik") ==
               "einsum labels \"ij->ik\": a label of the output occurs in no operand (at character 6)");
    BOOST_TEST(message("ij->ii").find("a label occurs twice in the output (at character 6)") != std::string::npos);
    BOOST_TEST(message("ij->i,j").find("arrow") != std::string::npos);
    BOOST_TEST(message("ij,jk") == "");
}

BOOST_AUTO_TEST_CASE(every_mistake_has_a_sentence) {
    for (int e = 0; e <= static_cast<int>(label_error::output_unknown); ++e)
        BOOST_TEST(!xtn::explain(static_cast<label_error>(e)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
