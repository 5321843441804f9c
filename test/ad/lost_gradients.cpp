// SPDX-License-Identifier: BSD-3-Clause
// Every way to lose a gradient, or to get a wrong one, is an error that says what to do; and an error changes nothing.
#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <xtn/xtn.hpp>

#include "memory.hpp"

BOOST_AUTO_TEST_SUITE(ad_lost_gradients)

namespace {

using xtn::einsum;
using var = xtn::variable<double, 2>;
using matrix = xt::xtensor<double, 2>;
using test::memory;

matrix ones(std::size_t rows, std::size_t columns) { return xt::ones<double>(std::array{rows, columns}); }

/// Whether f throws an xtn::error that contains these words.
template <class F>
void refuses(const std::string& words, F f, const std::string& name = {}) {
    try {
        f();
    } catch (const xtn::error& e) {
        const std::string text = e.what();
        BOOST_TEST(text.find(words) != std::string::npos, name << ": " << text);
        return;
    }
    BOOST_TEST(false, name << " is not refused: " << words);
}

struct use {
    const char* name;
    void (*of)(const var&);
};
const std::vector<use>& uses() {
    static const std::vector<std::uint32_t> targets{0, 1};
    static const std::vector<use> all{
        {"tape", [](const var& v) { v.tape(); }},
        {"node", [](const var& v) { v.node(); }},
        {"data", [](const var& v) { v.data(); }},
        {"value", [](const var& v) { v.value(); }},
        {"gradient", [](const var& v) { v.gradient(); }},
        {"sink", [](const var& v) { v.sink(); }},
        {"detach", [](const var& v) { v.detach(); }},
        {"reshape", [](const var& v) { v.reshape(std::array<std::size_t, 1>{4}); }},
        {"einsum", [](const var& v) { einsum<"ij->">(v); }},
        {"sum", [](const var& v) { v + v; }},
        {"difference", [](const var& v) { v - v; }},
        {"product", [](const var& v) { v* v; }},
        {"multiple", [](const var& v) { 2 * v; }},
        {"with a tensor", [](const var& v) { v + ones(2, 2); }},
        {"window",
         [](const var& v) {
             xtn::window(v, {1, 1});
         }},
        {"apply", [](const var& v) { xtn::apply(xtn::dense<double>(2, 2), v); }},
        {"linear", [](const var& v) { xtn::nn::linear<double>(xtn::dense<double>(2, 2))(v); }},
        {"relu", [](const var& v) { xtn::nn::relu(v); }},
        {"layer norm", [](const var& v) { xtn::nn::layer_norm<double>(2)(v); }},
        {"cross entropy", [](const var& v) { xtn::nn::cross_entropy(v, std::span<const std::uint32_t>(targets)); }},
    };
    return all;
}

BOOST_AUTO_TEST_CASE(a_variable_of_a_cleared_tape_is_refused_wherever_it_is_used) {
    xtn::tape<double> t;
    const auto before = t.leaf(ones(2, 2));
    for (const use& u : uses())
        if (std::string(u.name) != "gradient") BOOST_CHECK_NO_THROW(u.of(before));
    t.clear();
    const auto now = t.leaf(ones(2, 2));
    for (const use& u : uses())
        refuses(
            "after tape.clear()", [&] { u.of(before); }, u.name);
    refuses("after tape.clear()", [&] { now + before; });
    refuses("after tape.clear()", [&] { before + now; });
    refuses("after tape.clear()", [&] { einsum<"ij,jk->ik">(now, before); });
    t.backward(einsum<"ij->">(now));  // and the tape goes on
    BOOST_TEST(now.gradient()(0, 0) == 1);

    const auto loss = einsum<"ij,ij->">(now, now);
    t.clear();
    refuses("after tape.clear()", [&] { t.backward(loss); });
    refuses("after tape.clear()", [&] { loss.item(); });
}

BOOST_AUTO_TEST_CASE(a_variable_of_a_destroyed_tape_is_refused) {
    std::optional<xtn::tape<double>> t(std::in_place);
    const auto before = t->leaf(ones(2, 2));
    t.reset();
    for (const use& u : uses())
        refuses(
            "destroyed", [&] { u.of(before); }, u.name);
    t.emplace();  // where the other one was
    refuses("destroyed", [&] { before.value(); });
}

BOOST_AUTO_TEST_CASE(variables_of_two_tapes_do_not_mix) {
    xtn::tape<double> t, u;
    const auto a = t.leaf(ones(2, 2)), b = u.leaf(ones(2, 2));
    const std::vector<std::pair<const char*, void (*)(const var&, const var&)>> all{
        {"einsum", [](const var& x, const var& y) { einsum<"ij,jk->ik">(x, y); }},
        {"einsum at run time", [](const var& x, const var& y) { einsum<2>("ij,jk->ik", x, y); }},
        {"sum", [](const var& x, const var& y) { x + y; }},
        {"difference", [](const var& x, const var& y) { x - y; }},
        {"product", [](const var& x, const var& y) { x* y; }},
        {"combination", [](const var& x, const var& y) { xtn::linear_combination(2, x, 3, y); }},
        {"result", [](const var& x, const var& y) { x.tape().result(x.shape(), x, y); }},
        {"loss of another tape", [](const var& x, const var& y) { x.tape().backward(einsum<"ij->">(y)); }},
    };
    for (const auto& [name, rule] : all) {
        refuses(
            "different tapes", [&, rule = rule] { rule(a, b); }, name);
        refuses(
            "different tapes", [&, rule = rule] { rule(b, a); }, name);
    }
    t.backward(einsum<"ij,ij->">(a, a));
    BOOST_TEST(a.gradient()(0, 0) == 2);
}

BOOST_AUTO_TEST_CASE(a_refused_backward_changes_nothing) {
    xtn::tape<double> t;
    const auto x = t.leaf(ones(2, 2));
    const auto loss = einsum<"ij,ij->">(x, x);
    refuses("nothing to start from", [&] { t.backward(); });
    t.backward(loss);
    const double seed = 5;
    for (int again = 0; again < 2; ++again) {
        refuses("already", [&] { t.backward(loss); });
        refuses("already", [&] { t.backward(); });
        refuses("already", [&] { t.seed(loss, &seed); });
        BOOST_TEST(loss.gradient()() == 1);
        BOOST_TEST(x.gradient()(1, 1) == 2);
    }
    t.clear();
    const auto c = t.constant(ones(2, 2));
    refuses("depends on nothing", [&] { t.backward(einsum<"ij->">(c)); });
    refuses("nothing to start from", [&] { t.backward(); });
}

BOOST_AUTO_TEST_CASE(a_parameter_of_another_store_is_named) {
    memory first(4), second(4);
    const xtn::parameter<double> a(ones(2, 2)), b(ones(2, 2)), own(ones(2, 2));
    first.take(a, 0, "first.weight");
    second.take(b, 0, "second.weight");
    std::vector<double> gradients(4);
    xtn::tape<double> t;
    t.attach(first, gradients);
    const auto x = t.leaf<2>(a);
    refuses("\"second.weight\" of shape (2, 2) is in another store", [&] { t.leaf<2>(b); });
    refuses("of shape (2, 2) is in no store", [&] { t.leaf<2>(own); });
    refuses("\"second.weight\"", [&] { xtn::nn::linear<double>(xtn::dense<double>(b))(x); });
    t.backward(einsum<"ij,ij->">(x, x));
    BOOST_TEST((gradients == std::vector<double>(4, 2)));

    // What is not differentiated needs no place for a gradient.
    t.clear();
    xtn::parameter<double>(own).set_trainable(false);
    BOOST_TEST(t.leaf<2>(own).value()(0, 0) == 1);
    {
        const xtn::no_gradient guard(t);
        BOOST_TEST(t.leaf<2>(b).value()(0, 0) == 1);
    }
    refuses("\"second.weight\"", [&] { t.leaf<2>(b); });
}

BOOST_AUTO_TEST_CASE(gradients_have_room) {
    memory store(6);
    xtn::parameter<double> p(ones(2, 2));
    store.take(p, 2, "p");
    std::vector<double> small(5), right(6);
    xtn::tape<double> t;
    refuses("6 elements, but the gradient buffer only 5", [&] { t.attach(store, small); });
    t.leaf<2>(p);
    refuses("in use already", [&] { t.attach(store, right); });
    t.clear();
    t.attach(store, right);
    t.backward(einsum<"ij->">(t.leaf<2>(p)));
    BOOST_TEST((right == std::vector<double>{0, 0, 1, 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(a_parameter_lives_in_one_store) {
    memory first(4), second(4);
    xtn::parameter<double> p(ones(2, 2));
    first.take(p, 0, "weight");
    refuses("\"weight\" of shape (2, 2) is in a parameter_store already", [&] { second.take(p, 0, "again"); });
    BOOST_TEST(p.data() == first.values.data());
    p.release();
    BOOST_CHECK_NO_THROW(second.take(p, 0, "again"));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_changes_before_backward_is_named) {
    for (const std::size_t rows : {1U, 100U, 1000U}) {
        memory store(4 * rows);
        xtn::parameter<double> p(ones(rows, 4));
        store.take(p, 0, "layer.weight");
        xtn::tape<double> t;
        const auto square = [&] {
            t.clear();
            const auto x = t.leaf<2>(p);
            return einsum<"ij,ij->">(x, x);
        };
        const auto changed = [&](auto change, const std::string& name = "\"layer.weight\" ") {
            const auto loss = square();
            change();
            refuses("the parameter " + name + "of shape (" + std::to_string(rows) + ", 4) has changed",
                    [&] { t.backward(loss); });
            refuses("has no gradient", [&] { t.gradient(p); });
            t.backward(square());  // recorded again
            BOOST_TEST(t.gradient(p)[0] == 2 * p.values()[0]);
        };
        changed([&] { p.values().back() += 1; });
        changed([&] {
            for (double& v : store.values) v *= 0.9;
        });
        changed([&] { p.release(); }, "");  // the same numbers elsewhere: what was recorded reads the old place
        BOOST_CHECK_NO_THROW(store.take(p, 0, "layer.weight"));
    }
    xtn::tape<double> t;
    const xtn::parameter<double> frozen(ones(2, 2));
    xtn::parameter<double>(frozen).set_trainable(false);
    const auto loss = einsum<"ij,ij->">(t.leaf(ones(2, 2)), t.leaf<2>(frozen));
    frozen.values()[3] = 2;  // the gradient of the other operand would be wrong
    refuses("has changed", [&] { t.backward(loss); });
}

BOOST_AUTO_TEST_CASE(a_parameter_is_not_set_free_while_in_use) {
    xtn::tape<double> t;
    xtn::parameter<double> p(ones(2, 2));
    p.set_trainable(false);
    t.leaf<2>(p);
    p.set_trainable(true);
    refuses("frozen or set free", [&] { t.leaf<2>(p); });
    t.clear();
    BOOST_TEST(t.leaf<2>(p).needs_gradient());
}

BOOST_AUTO_TEST_CASE(memory_that_is_read_in_place_must_not_change) {
    xtn::tape<double> t;
    matrix c = ones(3, 3);
    const auto record = [&] {
        t.clear();
        return einsum<"ij,ij->">(t.leaf(ones(3, 3)), xtn::constant(c));
    };
    auto loss = record();
    c(1, 2) = 7;
    refuses("xtn::constant", [&] { t.backward(loss); });
    BOOST_CHECK_NO_THROW(t.backward(record()));

    t.clear();
    loss = einsum<"ij,ij->">(t.leaf(ones(3, 3)), t.constant<2>(c.data(), {3, 3}));
    c(0, 0) = 7;
    refuses("constant", [&] { t.backward(loss); });

    t.clear();
    std::vector<std::uint32_t> targets{0, 1, 2};
    const auto entropy = xtn::nn::cross_entropy(t.leaf(ones(3, 3)), std::span<const std::uint32_t>(targets));
    targets[2] = 0;
    refuses("targets", [&] { t.backward(entropy.mean); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
