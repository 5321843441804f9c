// SPDX-License-Identifier: BSD-3-Clause
// PicoGPT against PyTorch: logits, loss, every gradient, and twelve steps of training.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/train.hpp>

#include "core/model.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(picogpt_reference)

namespace {

const std::string data = XTN_TEST_DATA;

template <class T>
picogpt::model<T> reference_model(const xtn::safetensors& file) {
    const picogpt::model_shape shape{.vocabulary = 13, .dim = 24, .heads = 3, .layers = 2, .context = 10, .hidden = 96};
    const auto make = [](const std::string&, std::size_t out, std::size_t in) { return xtn::dense<T>(out, in); };
    const picogpt::model<T> m(shape, make);
    for (const auto& p : m.parameters()) file.read_into<T>(p.name, p.value.values(), p.value.shape());
    return m;
}

template <class T>
double difference(std::span<const T> found, const std::vector<double>& expected) {  // max|difference| / max|reference|
    BOOST_REQUIRE(found.size() == expected.size());
    double worst = 0, scale = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(found[i]) - expected[i]));
        scale = std::max(scale, std::abs(expected[i]));
    }
    return worst / scale;
}

template <class T>
void check_model(double tolerance) {
    const auto file = xtn::load_safetensors(data + "/picogpt.safetensors");
    const auto m = reference_model<T>(file);
    const auto inputs = file.read<picogpt::token>("input"), targets = file.read<picogpt::token>("target");
    xtn::tape<T> t;
    const auto logits = m.logits(t, inputs, 10);
    BOOST_TEST(difference<T>({logits.data(), logits.size()}, file.read<double>("logits")) < tolerance);
    const auto loss = xtn::nn::cross_entropy(logits, std::span<const picogpt::token>(targets));
    BOOST_TEST(std::abs(static_cast<double>(loss.mean.item()) / file.read<double>("loss")[0] - 1) < tolerance);
    t.backward(loss.mean);
    for (const auto& p : m.parameters())
        BOOST_TEST(difference<T>(t.gradient(p.value), file.read<double>("grad." + p.name)) < tolerance, p.name);
}

BOOST_AUTO_TEST_CASE(model_in_double) { check_model<double>(1e-10); }
BOOST_AUTO_TEST_CASE(model_in_float) { check_model<float>(1e-4); }

BOOST_AUTO_TEST_CASE(twelve_steps_of_adamw) {
    const auto weights = xtn::load_safetensors(data + "/picogpt.safetensors");
    const auto expected = xtn::load_safetensors(data + "/adamw.safetensors");
    const auto m = reference_model<double>(weights);
    const auto inputs = weights.read<picogpt::token>("input"), targets = weights.read<picogpt::token>("target");

    xtn::thread_pool pool(1);
    xtn::parameter_store<double> store(m.parameters());
    xtn::data_parallel<double> parallel(store, m.operators(), pool);
    xtn::adamw<double> optimizer(store.size(), {.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8}, 0.1);
    const xtn::cosine_schedule schedule(3e-3, 4, 12);
    std::string rows;  // the tensor with rows of (lr, loss, norm)
    for (const std::string& name : expected.names())
        if (!name.starts_with("after.")) rows = name;
    const std::vector<double> log = expected.read<double>(rows);
    BOOST_REQUIRE(log.size() == 36);
    for (std::size_t step = 0; step < 12; ++step) {
        const double loss = parallel.gradient(4, 10, [&](auto& t, std::size_t w) {
            return picogpt::loss(m, t, std::span<const picogpt::token>(inputs).subspan(10 * w, 10),
                                 std::span<const picogpt::token>(targets).subspan(10 * w, 10), 10)
                .mean;
        });
        const double norm = xtn::global_norm(std::span<const double>(parallel.gradients()));
        BOOST_TEST(std::abs(schedule(step) / log[3 * step] - 1) < 1e-12);
        BOOST_TEST(std::abs(loss / log[3 * step + 1] - 1) < 1e-10, "loss before step " << step);
        BOOST_TEST(std::abs(norm / log[3 * step + 2] - 1) < 1e-9, "norm at step " << step);
        optimizer.step(store.values(), parallel.gradients(), schedule(step), xtn::clip_factor(norm, 1.0));
    }
    for (const auto& p : m.parameters())
        BOOST_TEST(difference<double>(p.value.values(), expected.read<double>("after." + p.name)) < 1e-8, p.name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
