// SPDX-License-Identifier: BSD-3-Clause
// Networks and orders as JSON: there and back, what is refused, and sums of slices that survive a kill.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xtn/io/networks.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(networks)

namespace graph = xtn::graph;

namespace {

/// A ring of matrices with one label open.
graph::network ring(int n) {
    std::vector<std::vector<int>> inputs;
    std::map<int, std::int64_t> sizes;
    for (int i = 0; i < n; ++i) {
        inputs.push_back({i, (i + 1) % n});
        sizes[i] = 3;
    }
    return graph::network::make<int>(inputs, {2}, sizes);
}
std::vector<xt::xarray<double>> matrices(int n) {
    std::vector<xt::xarray<double>> list;
    for (int i = 0; i < n; ++i) {
        list.push_back(xt::xarray<double>::from_shape({3, 3}));
        for (std::size_t k = 0; k < 9; ++k) list.back().data()[k] = 0.1 * static_cast<double>(k) - 0.03 * i;
    }
    return list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(there_and_back) {
    const scratch_directory scratch;
    const auto net = graph::network::parse("αb,bcc,c->α", {{2, 3}, {3, 4, 4}, {4}});
    xtn::save_network(scratch.path() / "net.json", net);
    BOOST_TEST((xtn::load_network(scratch.path() / "net.json") == net));
    graph::order o = graph::search(net);
    o.sliced = {net.label("b")};
    xtn::save_order(scratch.path() / "order.json", o, net);
    BOOST_TEST((xtn::load_order(scratch.path() / "order.json", net) == o));
    const auto linear = xtn::parse_order(R"({"path": [[0, 2], [0, 1]]})", net);
    BOOST_TEST((linear.tree.ssa() == graph::path{{0, 2}, {1, 3}}));
}

BOOST_AUTO_TEST_CASE(cotengra_writes_numbers_or_words) {
    const auto net =
        xtn::parse_network(R"({"inputs": [["a", 5], [5]], "output": ["a"], "size_dict": {"a": 2, "5": 3}})");
    BOOST_TEST(net.extent(net.label("5")) == 3);
}

BOOST_AUTO_TEST_CASE(what_is_no_network_or_order_is_refused) {
    const auto refuses = [](const std::string& text, const std::string& part) {
        check_error<xtn::io_error>([&] { xtn::parse_network(text); }, {"network in memory", part});
    };
    refuses("{", "is no valid JSON");
    refuses("[]", "is no JSON object");
    refuses(std::string(100'000, '['), "is nested deeper");
    refuses(R"({"output": [], "size_dict": {}})", "has no member \"inputs\"");
    refuses(R"({"inputs": {}, "output": [], "size_dict": {}})", "\"inputs\" is no list");
    refuses(R"({"inputs": [[1.5]], "output": [], "size_dict": {}})", "tensor 0 has a label that is neither");
    refuses(R"({"inputs": [["a"]], "output": [], "size_dict": {"a": -1}})", "the extent of label \"a\" is no integer");
    refuses(R"({"inputs": [["a"]], "output": [], "size_dict": {"a": 1e30}})",
            "the extent of label \"a\" is no integer");
    refuses(R"({"inputs": [["a"]], "output": [], "size_dict": {}})", "label 'a' has no extent");
    refuses(R"({"inputs": [], "output": [], "size_dict": {}})", "at least one tensor");
    refuses(R"({"inputs": [["a"]], "output": ["b"], "size_dict": {"a": 1}})", "the label 'b' of the output");
    const auto net = ring(3);
    const auto no_order = [&](const std::string& text, const std::string& part) {
        check_error<xtn::io_error>([&] { xtn::parse_order(text, net); }, {"order in memory", part});
    };
    no_order("{}", "has no member \"path\"");
    no_order(R"({"path": [[0, 1], [0, 9]]})", "entry 1 names position 9");
    no_order(R"({"ssa_path": [[0, -1]]})", "entry 0 of the path is no integer");
    no_order(R"({"ssa_path": [[0, 1], [2, 3]], "sliced": ["z"]})", "no tensor carries the label 'z'");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_goes_on_to_the_same_bits) {
    const scratch_directory scratch;
    const auto net = ring(8);
    const auto list = matrices(8);
    graph::order o = graph::search(net);
    o.sliced = {net.label("0"), net.label("2"), net.label("4"), net.label("5")};
    for (const auto powers : {graph::exponents::inside, graph::exponents::apart}) {
        const auto path = scratch.path() / (powers == graph::exponents::apart ? "apart.npz" : "inside.npz");
        const auto make = [&] { return graph::contraction<double>(net, list, o, {.powers = powers}); };
        auto whole = make();
        const auto wanted = whole.scaled();
        const pid_t child = ::fork();
        if (child == 0) {
            auto c = make();
            for (;;) {
                xtn::contract_resumably(c, path, 1);
                std::filesystem::remove(path);
            }
        }
        while (!std::filesystem::exists(path)) ::usleep(100);
        ::usleep(3000);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        auto again = make();
        const auto found = xtn::contract_resumably(again, path, 5);
        BOOST_TEST(std::equal(found.mantissa.begin(), found.mantissa.end(), wanted.mantissa.begin()));
        BOOST_TEST(found.power == wanted.power);
        const auto read = xtn::contract_resumably(again, path, 5);  // all slices are there already
        BOOST_TEST(std::equal(read.mantissa.begin(), read.mantissa.end(), wanted.mantissa.begin()));

        graph::order other = o;
        other.sliced.pop_back();
        graph::contraction<double> elsewhere(net, list, other);
        check_error<xtn::io_error>([&] { xtn::contract_resumably(elsewhere, path, 5); }, {"another network or order"});
    }
}

BOOST_AUTO_TEST_SUITE_END()
