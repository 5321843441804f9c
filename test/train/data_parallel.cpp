// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <xtn/train.hpp>
#include <xtn/xtn.hpp>

BOOST_AUTO_TEST_SUITE(train_data_parallel)

namespace {

xtn::any_operator<double> chain() {
    return xtn::mpo<double, xtn::scheme<xtn::sites<4, 4, 4>, xtn::sites<4, 4, 4>>>(16);
}
xtn::any_operator<double> coefficients() {
    return xtn::spectral<double>(64, 64, xtn::support::zigzag(xtn::coefficients::fraction(0.5)));
}

/// A factorised operator that is worth reconstructing, windows of inputs, and their gradient.
struct problem {
    xtn::any_operator<double> op;
    xtn::parameter<double> bias{std::vector<std::size_t>{64}};
    std::vector<xt::xtensor<double, 2>> windows;

    explicit problem(const xtn::any_operator<double>& layer = chain()) : op(layer) {
        xtn::random_stream random(1);
        xtn::init_normal(op, 0.1, random);
        random.fill_normal(bias.values(), 1.0);
        for (int w = 0; w < 12; ++w) {
            windows.emplace_back(std::array<std::size_t, 2>{40, 64});
            random.fill_normal(std::span<double>(windows.back().data(), windows.back().size()), 1.0);
        }
    }
    std::vector<xtn::named_parameter<double>> parameters() const {
        auto all = op.parameters();
        all.push_back({"bias", bias});
        return all;
    }
    xtn::variable<double, 0> loss(xtn::tape<double>& t, std::size_t w) const {
        const auto y = xtn::nn::linear<double>(op, bias)(t.constant(windows[w]));
        return xtn::einsum<"bo,bo->">(y, y);
    }
};

std::vector<double> gradient(problem& p, std::size_t workers, std::size_t lanes, double* loss = nullptr) {
    xtn::thread_pool pool(workers);
    xtn::parameter_store<double> store(p.parameters());
    xtn::data_parallel<double> parallel(store, {p.op}, pool, lanes);
    std::vector<double> g;
    for (int repeat = 0; repeat < 3; ++repeat) {  // the third step reuses all memory
        const double value =
            parallel.gradient(p.windows.size(), 40, [&](auto& t, std::size_t w) { return p.loss(t, w); });
        if (loss != nullptr) *loss = value;
        const std::vector<double> now(parallel.gradients().begin(), parallel.gradients().end());
        BOOST_TEST((repeat == 0 || now == g));
        g = now;
    }
    return g;
}

BOOST_AUTO_TEST_CASE(lanes_agree_with_one_tape) {
    BOOST_TEST(!xtn::worth_reconstructing(xtn::mpo<double, xtn::balanced<4096, 4096, 2>>(2), 1, 4));
    for (const auto& make : {chain, coefficients}) {
        problem p(make());
        BOOST_TEST(xtn::worth_reconstructing(p.op, 40, 12));  // or this test misses the two levels
        xtn::tape<double> t;
        auto total = p.loss(t, 0);
        for (std::size_t w = 1; w < p.windows.size(); ++w) total = total + p.loss(t, w);
        t.backward(total, 1.0 / 12);
        std::vector<double> flat;
        for (const auto& q : p.parameters())
            flat.insert(flat.end(), t.gradient(q.value).begin(), t.gradient(q.value).end());

        problem fresh(make());
        double loss = 0;
        const std::vector<double> g = gradient(fresh, 2, 8, &loss);
        BOOST_TEST(std::abs(loss - total.item() / 12) < 1e-10 * loss);
        BOOST_REQUIRE(g.size() == flat.size());
        double scale = 0;
        for (const double e : flat) scale = std::max(scale, std::abs(e));
        for (std::size_t i = 0; i < g.size(); ++i) BOOST_TEST(std::abs(g[i] - flat[i]) < 1e-12 * scale);
    }
}

BOOST_AUTO_TEST_CASE(a_matrix_is_reconstructed_once_for_all_windows) {
    problem p(coefficients());
    xtn::thread_pool pool(2);
    xtn::parameter_store<double> store(p.parameters());
    xtn::data_parallel<double> parallel(store, {p.op}, pool, 4);
    std::array<const void*, 12> matrix{};
    parallel.gradient(12, 40, [&](xtn::tape<double>& t, std::size_t w) {
        const auto* provided = t.provided(p.op.network().id());
        matrix[w] = provided == nullptr ? nullptr : provided->data();
        return p.loss(t, w);
    });
    BOOST_TEST(matrix[0] != nullptr);
    BOOST_TEST((std::set<const void*>(matrix.begin(), matrix.end()).size() == 1));
}

BOOST_AUTO_TEST_CASE(any_number_of_workers_gives_the_same_bits) {
    problem a, b, c;
    const auto one = gradient(a, 1, 8), two = gradient(b, 2, 8), five = gradient(c, 5, 8);
    BOOST_TEST((one == two));
    BOOST_TEST((one == five));
}

BOOST_AUTO_TEST_CASE(an_error_in_a_window_reaches_the_caller) {
    problem p;
    xtn::thread_pool pool(2);
    xtn::parameter_store<double> store(p.parameters());
    xtn::data_parallel<double> parallel(store, {p.op}, pool);
    const auto faulty = [&](xtn::tape<double>& t, std::size_t w) {
        if (w == 7) throw xtn::numeric_error("window 7");
        return p.loss(t, w);
    };
    BOOST_CHECK_THROW(parallel.gradient(12, 40, faulty), xtn::numeric_error);
    BOOST_CHECK_NO_THROW(parallel.gradient(12, 40, [&](auto& t, std::size_t w) { return p.loss(t, w); }));
    BOOST_CHECK_THROW(parallel.gradient(0, 40, faulty), xtn::error);
}

BOOST_AUTO_TEST_CASE(operators_live_in_the_store) {
    problem p;
    xtn::thread_pool pool(1);
    xtn::parameter_store<double> store({{"bias", p.bias}});
    BOOST_CHECK_EXCEPTION(xtn::data_parallel<double>(store, {p.op}, pool), xtn::error, [](const xtn::error& e) {
        return std::string(e.what()).find("(64 x 64) is not in the store") != std::string::npos;
    });
    // A layer that the store does not hold is noticed in its loss.
    xtn::data_parallel<double> parallel(store, {}, pool);
    BOOST_CHECK_THROW(parallel.gradient(12, 40, [&](auto& t, std::size_t w) { return p.loss(t, w); }), xtn::error);
}

BOOST_AUTO_TEST_CASE(there_are_no_gradients_before_a_step) {
    problem p;
    xtn::thread_pool pool(2);
    xtn::parameter_store<double> store(p.parameters());
    xtn::data_parallel<double> parallel(store, {p.op}, pool);
    const auto step = [&](bool fails) {
        parallel.gradient(12, 40, [&](auto& t, std::size_t w) {
            if (fails && w == 3) throw xtn::numeric_error("window 3");
            return p.loss(t, w);
        });
    };
    BOOST_CHECK_THROW(parallel.gradients(), xtn::error);
    step(false);
    BOOST_TEST(parallel.gradients().size() == store.size());
    BOOST_CHECK_THROW(step(true), xtn::numeric_error);
    BOOST_CHECK_THROW(parallel.gradients(), xtn::error);
    step(false);
    BOOST_CHECK_NO_THROW(parallel.gradients());
}

BOOST_AUTO_TEST_CASE(memory_of_former_matrices_is_given_back) {
    problem p;
    xtn::thread_pool pool(1);
    xtn::parameter_store<double> store(p.parameters());
    xtn::data_parallel<double> parallel(store, {p.op}, pool, 64);  // buffers weigh more than tapes
    const auto held_after = [&](std::size_t windows) {
        parallel.gradient(windows, 40, [&](auto& t, std::size_t w) { return p.loss(t, w); });
        return parallel.capacity();
    };
    BOOST_TEST(!xtn::worth_reconstructing(p.op, 40, 1));
    BOOST_TEST(xtn::worth_reconstructing(p.op, 40, 12));
    held_after(1);
    const std::size_t held = held_after(12);
    for (int i = 0; i < 4; ++i) {
        held_after(1);
        BOOST_TEST(held_after(12) == held);
    }
}

BOOST_AUTO_TEST_CASE(parameters_outlive_their_store) {
    xtn::parameter<float> p(std::vector<std::size_t>{1000});
    {
        xtn::parameter_store<float> first({{"p", p}});
        first.values()[999] = 3;
    }
    BOOST_TEST(p.values()[999] == 3);
    BOOST_TEST(p.offset() == p.unbound);
}

BOOST_AUTO_TEST_CASE(a_second_store_is_refused_and_the_first_goes_on) {
    const xtn::parameter<float> p(std::vector<std::size_t>{3}), other(std::vector<std::size_t>{2});
    xtn::parameter_store<float> store({{"weight", p}});
    BOOST_CHECK_EXCEPTION(
        xtn::parameter_store<float>({{"other", other}, {"again", p}}), xtn::error,
        [](const xtn::error& e) { return std::string(e.what()).find("\"weight\" of shape (3)") != std::string::npos; });
    store.values()[0] = 5;
    BOOST_TEST(p.values()[0] == 5);
    BOOST_TEST(other.offset() == other.unbound);
    xtn::safetensors file;  // saving needs no store
    xtn::add_parameters<float>(file, {{"weight", p}, {"tied", p}, {"other", other}});
    BOOST_TEST((file.names() == std::vector<std::string>{"weight", "other"}));
    p.values()[0] = 0;
    xtn::read_parameters<float>(file, {{"weight", p}, {"tied", p}, {"other", other}});
    BOOST_TEST(p.values()[0] == 5);
}

BOOST_AUTO_TEST_CASE(a_store_holds_shared_parameters_once) {
    const xtn::parameter<float> shared(std::vector<std::size_t>{3}), own(std::vector<std::size_t>{2});
    shared.values()[2] = 5;
    xtn::parameter_store<float> store({{"a.core", shared}, {"b.core", shared}, {"b.own", own}});
    BOOST_TEST(store.size() == 5);
    BOOST_TEST(store.entries().size() == 2);
    BOOST_TEST(store.values()[2] == 5);
    store.values()[2] = 6;
    BOOST_TEST(shared.values()[2] == 6);
    BOOST_CHECK_THROW(xtn::parameter_store<float>({{"x", own}, {"x", shared}}), xtn::error);
}

BOOST_AUTO_TEST_CASE(training_state_survives_a_file) {
    problem p;
    xtn::parameter_store<double> store(p.parameters());
    xtn::adamw<double> optimizer(store.size());
    std::vector<double> g(store.size(), 0.5);
    for (int s = 0; s < 3; ++s) optimizer.step(store.values(), std::span<const double>(g), 1e-2);
    xtn::safetensors file;
    xtn::add_training_state(file, store, optimizer);
    const std::vector<double> values(store.values().begin(), store.values().end());
    std::fill(store.values().begin(), store.values().end(), 0.0);
    xtn::adamw<double> other(store.size());
    BOOST_TEST(xtn::read_training_state(file, store, other) == 3);
    BOOST_TEST(std::equal(values.begin(), values.end(), store.values().begin()));
    BOOST_TEST(std::ranges::equal(other.second_moment(), optimizer.second_moment()));

    for (const char* faulty : {"", " ", " 3", "3 ", "+3", "-1", "3.0", "3e0", "0x3", "three", "18446744073709551616"}) {
        file.metadata()["step"] = faulty;
        BOOST_CHECK_THROW(xtn::read_training_state(file, store, other), xtn::io_error);
        BOOST_TEST(other.steps() == 3);
    }
    file.metadata()["step"] = "18446744073709551615";
    BOOST_TEST(xtn::read_training_state(file, store, other) == 18446744073709551615U);
    file.metadata().erase("step");
    BOOST_CHECK_THROW(xtn::read_training_state(file, store, other), xtn::io_error);
    xtn::safetensors empty;
    BOOST_CHECK_THROW(xtn::read_parameters(empty, store), xtn::io_error);
    xtn::safetensors bad;
    xtn::add_parameters(bad, store);
    store.values()[3] = std::numeric_limits<double>::quiet_NaN();
    xtn::safetensors poisoned;
    xtn::add_parameters(poisoned, store);
    BOOST_CHECK_THROW(xtn::read_parameters(poisoned, store), xtn::numeric_error);

    // A file that is refused changes nothing: neither parameters nor moments.
    store.values()[3] = 1;
    const std::uint64_t steps = other.steps();
    const std::vector<double> now(store.values().begin(), store.values().end());
    for (const std::string faulty : {"bias", "optimizer.second_moment", "step"}) {
        xtn::safetensors part;
        for (const std::string& name : file.names())
            if (name != faulty) part.add<double>(name, file.shape(name), file.read<double>(name));
        part.metadata()["step"] = faulty == "step" ? "" : "7";
        BOOST_CHECK_THROW(xtn::read_training_state(part, store, other), xtn::io_error);
        BOOST_TEST(std::ranges::equal(store.values(), now), faulty);
        BOOST_TEST(other.steps() == steps, faulty);
    }
}

BOOST_AUTO_TEST_CASE(lanes_multiply_in_bfloat16_and_weights_are_rounded_once_for_all) {
    const auto run = [](xtn::precision p, std::size_t workers, std::vector<std::size_t>& rounded) {
        const xtn::mpo<float, xtn::scheme<xtn::sites<4, 4, 4>, xtn::sites<4, 4, 4>>> op(16);
        xtn::random_stream random(1);
        xtn::init_normal(op, 0.1, random);
        std::vector<xt::xtensor<float, 2>> windows(12, xt::xtensor<float, 2>(std::array<std::size_t, 2>{40, 64}));
        for (auto& w : windows) random.fill_normal(std::span<float>(w.data(), w.size()), 1.0);
        xtn::thread_pool pool(workers);
        xtn::parameter_store<float> store(op.parameters());
        xtn::data_parallel<float> parallel(store, {op}, pool, 8, {}, p);
        std::vector<float> gradient;
        for (int step = 0; step < 2; ++step) {  // weights have changed before the second
            rounded.assign(windows.size(), 0);
            parallel.gradient(windows.size(), 40, [&](auto& t, std::size_t w) {
                const auto y = xtn::apply(op, t.constant(windows[w]));
                rounded[w] = t.rounded().rounded();
                return xtn::einsum<"bo,bo->">(y, y);
            });
            gradient.assign(parallel.gradients().begin(), parallel.gradients().end());
            for (float& e : store.values()) e *= 0.5f;
        }
        return gradient;
    };
    std::vector<std::size_t> rounded;
    const auto full = run(xtn::precision::full, 2, rounded);
    BOOST_TEST((rounded == std::vector<std::size_t>(12, 0)));
    const auto half = run(xtn::precision::bfloat16, 2, rounded);
    BOOST_TEST((rounded == std::vector<std::size_t>(12, 40 * 64)));  // the window, and no matrix
    BOOST_TEST((run(xtn::precision::bfloat16, 1, rounded) == half));
    BOOST_TEST((run(xtn::precision::bfloat16, 5, rounded) == half));
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < full.size(); ++i) {
        difference += std::pow(full[i] - half[i], 2);
        size += std::pow(full[i], 2);
    }
    BOOST_TEST(std::sqrt(difference / size) < 4 * 0x1p-9);  // three factors in a row are rounded
    BOOST_TEST(std::sqrt(difference / size) > 0x1p-12);
    xtn::thread_pool pool(1);
    xtn::parameter_store<double> store({});
    BOOST_CHECK_THROW((xtn::data_parallel<double>(store, {}, pool, 8, {}, xtn::precision::bfloat16)), xtn::error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
