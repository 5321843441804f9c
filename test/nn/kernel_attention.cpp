// SPDX-License-Identifier: BSD-3-Clause
// Kernel attention against tensors that PyTorch computed, every feature map against central differences, decoding against
// whole sequences, and large inputs.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/io/safetensors.hpp>
#include <xtn/io/transformer_spec.hpp>
#include <xtn/io/xtensor.hpp>
#include <xtn/nn/directions.hpp>
#include <xtn/nn/kernel_attention.hpp>
#include <xtn/nn/transformer/transformer.hpp>
#include <xtn/nn/windowed_attention.hpp>
#include <xtn/xtn.hpp>

#include "../parameter_error.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(kernel_attention_forms)

namespace {

using xtn::nn::feature_map;
using xtn::nn::kernel_attention;
template <class T>
using matrix = xt::xtensor<T, 2>;

template <class A, class B>
double difference(const A& a, const B& b) {
    return xt::amax(xt::abs(a - b))() / xt::amax(xt::abs(b))();
}

matrix<double> random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed, double deviation = 1) {
    matrix<double> m({rows, columns});
    xtn::random_stream(seed).fill_normal(std::span<double>(m.data(), m.size()), deviation);
    return m;
}

const xtn::safetensors& forms() {
    static const auto file = xtn::load_safetensors(XTN_TEST_DATA "/kernel_attention_forms.safetensors");
    return file;
}
matrix<double> tensor(const std::string& name) { return xtn::read_xtensor<double, 2>(forms(), name); }
xt::xtensor<double, 1> row(const std::string& name) { return xtn::read_xtensor<double, 1>(forms(), name); }

constexpr std::size_t heads = 3, dim = 8, steps = 37;

void check(const std::string& form, const std::string& out, const kernel_attention<double>& attention) {
    xtn::tape<double> t;
    const auto q = t.leaf(tensor("q")), k = t.leaf(tensor("k")), v = t.leaf(tensor("v"));
    const auto y = attention(q, k, v, steps);
    BOOST_TEST_CONTEXT(form) {
        BOOST_TEST(difference(y.value(), tensor(form + "." + out)) < 1e-10);
        if (out != "out") return;
        t.backward(xtn::einsum<"rc,rc->">(y, t.constant(tensor(form + ".dy"))));
        BOOST_TEST(difference(q.gradient(), tensor(form + ".grad.q")) < 1e-10);
        BOOST_TEST(difference(k.gradient(), tensor(form + ".grad.k")) < 1e-10);
        BOOST_TEST(difference(v.gradient(), tensor(form + ".grad.v")) < 1e-10);
    }
    for (const auto& p : attention.parameters()) {
        const auto expected = row(form + ".grad.D");
        const auto found = t.gradient(p.value);
        for (std::size_t i = 0; i < expected.size(); ++i) BOOST_TEST(std::abs(found[i] - expected(i)) < 1e-10);
    }
}

/// Rows t_i c_i of a DCT matrix.
matrix<double> cosines(const std::string& t, bool transposed) {
    const auto c = tensor("dct_matrix");
    const auto r = row(t);
    matrix<double> w({dim, dim});
    for (std::size_t i = 0; i < dim; ++i)
        for (std::size_t j = 0; j < dim; ++j) w(i, j) = r(i) * (transposed ? c(j, i) : c(i, j));
    return w;
}

struct named_map {
    std::string name;
    feature_map<double> map;
    bool normalised;
};

std::vector<named_map> all_maps() {
    const auto w = xtn::nn::draw_directions(xtn::nn::directions::orthogonal, 5, 4, 1);
    return {{"exponential", feature_map<double>::exponential(w, 0, true), true},
            {"positive random", feature_map<double>::exponential(w, 0.5, false), true},
            {"positive fixed", feature_map<double>::exponential(w, 1, false), true},
            {"softmax", feature_map<double>::softmax(w), false},
            {"learned", feature_map<double>::learned(2, 4, 7), true},
            {"learned exponential", feature_map<double>::learned_exponential(2, 4, 4), true},
            {"identity", feature_map<double>::identity(), false}};
}

BOOST_AUTO_TEST_CASE(pytorch_has_the_same_values_and_gradients) {
    auto weighted = feature_map<double>::exponential(cosines("t", false), 0, true);
    const auto d = row("D");
    std::copy(d.begin(), d.end(), weighted.parameters()[0].value.values().begin());
    check("dct", "out", {weighted, {.heads = heads}});
    check("prf", "out", {feature_map<double>::exponential(tensor("directions"), 0.5, false), {.heads = heads}});
    const auto gamma = row("code.gamma");
    check("code", "mix",
          {feature_map<double>::softmax(cosines("code.t", true)),
           {.heads = heads, .normalised = false, .decay = {gamma.begin(), gamma.end()}}});
}

BOOST_AUTO_TEST_CASE(softmax_features_with_and_without_a_denominator) {
    const auto file = xtn::load_safetensors(XTN_TEST_DATA "/kernel_attention.safetensors");
    const auto rows = [&](const std::string& name) {  // of three sequences of twelve positions
        return matrix<double>(xt::reshape_view(xtn::read_xtensor<double, 3>(file, name), {36, 8}));
    };
    const auto map = feature_map<double>::softmax(xt::transpose(xtn::read_xtensor<double, 2>(file, "projection")));
    xtn::tape<double> t;
    const auto q = t.leaf(rows("q")), k = t.leaf(rows("k")), v = t.leaf(rows("v"));
    BOOST_TEST(difference(map.queries(q, 1).value(), rows("phi_q")) < 1e-10);
    BOOST_TEST(difference(map.keys(k, 1, 12).features.value(), rows("phi_k")) < 1e-10);
    const kernel_attention<double> sums(map, {.normalised = false}), means(map, {});
    BOOST_TEST(difference(sums(q, k, v, 12).value(), rows("out_unnormalised")) < 1e-10);
    const auto y = means(q, k, v, 12);
    BOOST_TEST(difference(y.value(), rows("out")) < 1e-10);
    t.backward(xtn::einsum<"rc,rc->">(y, t.constant(rows("dy"))));
    BOOST_TEST(difference(q.gradient(), rows("grad.q")) < 1e-10);
    BOOST_TEST(difference(k.gradient(), rows("grad.k")) < 1e-10);
    BOOST_TEST(difference(v.gradient(), rows("grad.v")) < 1e-10);
}

BOOST_AUTO_TEST_CASE(every_map_has_its_gradient) {
    for (const auto& [name, map, normalised] : all_maps()) {
        const kernel_attention<double> attention(map, {.heads = 2, .normalised = normalised, .chunk = 3});
        const auto errors =
            xtn::check_gradient([&](auto&, auto q, auto k, auto v) { return attention(q, k, v, 5); },
                                std::tuple(random_matrix(10, 8, 1), random_matrix(10, 8, 2), random_matrix(10, 6, 3)));
        BOOST_TEST(errors.worst() < 1e-6, name << ": " << errors.worst());
        for (const auto& p : attention.parameters())
            BOOST_TEST(test::parameter_error(p.value,
                                             [&](xtn::tape<double>& t) {
                                                 const auto y = attention(t.constant(random_matrix(10, 8, 1)),
                                                                          t.constant(random_matrix(10, 8, 2)),
                                                                          t.constant(random_matrix(10, 6, 3)), 5);
                                                 return xtn::einsum<"rc,rc->">(y, y);
                                             }) < 1e-6,
                       name << ": " << p.name);
    }
}

/// The first learned features are those of the identity; the others are orthonormal.
BOOST_AUTO_TEST_CASE(learned_matrices_begin_orthonormal) {
    const auto map = feature_map<double>::learned(2, 3, 7);
    BOOST_TEST(map.width(3) == 14u);
    const auto m = map.parameters()[0].value;
    const auto entry = [&](std::size_t h, std::size_t i, std::size_t j) { return m.values()[(h * 7 + i) * 3 + j]; };
    for (std::size_t h = 0; h < 2; ++h)
        for (std::size_t first = 0; first < 7; first += 3)
            for (std::size_t i = first; i < std::min<std::size_t>(first + 3, 7); ++i)
                for (std::size_t j = first; j < std::min<std::size_t>(first + 3, 7); ++j) {
                    double product = 0;
                    for (std::size_t c = 0; c < 3; ++c) product += entry(h, i, c) * entry(h, j, c);
                    BOOST_TEST(std::abs(product - (i == j)) < 1e-12);
                    if (first == 0) BOOST_TEST(entry(h, i, j) == (i == j));
                }
    BOOST_TEST(entry(0, 3, 0) != entry(1, 3, 0));
}

/// Gates weigh a key by all that came after it.
BOOST_AUTO_TEST_CASE(gates_follow_from_the_keys) {
    const auto map = feature_map<double>::learned(2, 4, 4);
    const auto gates = xtn::nn::key_gates<double>(2, 8);
    BOOST_TEST(gates.bias()->values()[0] == 1);
    BOOST_TEST(gates.bias()->values()[1] == 5);
    const auto weight = random_matrix(2, 8, 4, 0.5);
    std::ranges::copy(weight, gates.weight().parameters()[0].value.values().begin());
    const kernel_attention<double> attention(map, {.heads = 2, .normalised = false, .chunk = 2}, gates);
    const auto q = random_matrix(5, 8, 1), k = random_matrix(5, 8, 2), v = random_matrix(5, 6, 3);
    xtn::tape<double> t;
    const matrix<double> y = attention(t.leaf(q), t.leaf(k), t.leaf(v), 5).value(),
                         fq = map.queries(t.leaf(q), 2).value(), fk = map.keys(t.leaf(k), 2, 5).features.value();
    for (std::size_t h = 0; h < 2; ++h)
        for (std::size_t n = 0; n < 5; ++n)
            for (std::size_t c = 0; c < 3; ++c) {
                double sum = 0, kept = 1;
                for (std::size_t m = n + 1; m-- > 0;) {
                    double weighs = 0, gate = h == 0 ? 1 : 5;
                    for (std::size_t f = 0; f < 8; ++f) weighs += fq(n, h * 8 + f) * fk(m, h * 8 + f);
                    for (std::size_t i = 0; i < 8; ++i) gate += weight(h, i) * k(m, i);
                    sum += kept * weighs * v(m, h * 3 + c);
                    kept /= 1 + std::exp(-gate);
                }
                BOOST_TEST(std::abs(y(n, h * 3 + c) - sum) < 1e-12);
            }
}

/// Two sequences of seven positions at once, and a few positions after another from a state.
template <class A>
void check_decoding(const std::string& name, const A& attention, const matrix<double>& q, const matrix<double>& k,
                    const matrix<double>& v) {
    xtn::tape<double> t;
    const xtn::no_gradient<double> values_only(t);
    const matrix<double> whole = attention(t.leaf(q), t.leaf(k), t.leaf(v), 7).value();
    xtn::nn::attention_state<double> state(2, attention.state_size(k.shape(1), v.shape(1), 7), 7);
    const auto rows = [&](const matrix<double>& m, std::size_t from, std::size_t count) {  // of both sequences
        matrix<double> part({2 * count, m.shape(1)});
        for (std::size_t s = 0; s < 2; ++s) std::copy_n(&m(s * 7 + from, 0), count * m.shape(1), &part(s * count, 0));
        return part;
    };
    std::size_t at = 0;
    for (const std::size_t count : {3u, 1u, 1u, 2u}) {
        const auto part = [&](const matrix<double>& m) { return t.leaf(rows(m, at, count)); };
        const auto y = attention(part(q), part(k), part(v), state);
        BOOST_TEST(difference(y.value(), rows(whole, at, count)) < 1e-12, name << " at " << at);
        state.advance(count);
        at += count;
    }
}

BOOST_AUTO_TEST_CASE(decoding_is_the_whole_sequence_in_a_state_of_one_size) {
    const auto q = random_matrix(14, 8, 1), k = random_matrix(14, 8, 2), v = random_matrix(14, 6, 3);
    for (const auto& [name, map, normalised] : all_maps()) {
        const kernel_attention<double> attention(
            map, {.heads = 2, .normalised = normalised, .decay = xtn::nn::retention_decays(2)});
        BOOST_TEST(attention.state_size(8, 6, 10) == attention.state_size(8, 6, 100000));
        check_decoding(name, attention, q, k, v);
        check_decoding(
            name + ", gates",
            kernel_attention<double>(map, {.heads = 2, .normalised = normalised}, xtn::nn::key_gates<double>(2, 8)), q,
            k, v);
    }
}

BOOST_AUTO_TEST_CASE(a_window_beside_it) {
    const auto w = xtn::nn::draw_directions(xtn::nn::directions::orthogonal, 5, 4, 1);
    const kernel_attention<double> far(feature_map<double>::exponential(w, 0.5, false), {.heads = 2});
    const auto q = random_matrix(14, 8, 1), k = random_matrix(14, 8, 2), v = random_matrix(14, 6, 3);
    for (const std::size_t window : {1u, 2u, 4u, 9u}) {
        const xtn::nn::softmax_attention near{.heads = 2, .window = window};
        const xtn::nn::windowed_attention<double> both(far, near);
        both.parameters().back().value.values()[0] = 0.2;  // of the first head; the second has a half
        xtn::tape<double> t;
        const auto of = [&](const auto& attention) {
            return matrix<double>(attention(t.leaf(q), t.leaf(k), t.leaf(v), 7).value());
        };
        const auto whole = of(both), f = of(far), n = of(near);
        for (std::size_t r = 0; r < 14; ++r)
            for (std::size_t c = 0; c < 6; ++c) {
                const double m = c < 3 ? 0.2 : 0.5;
                BOOST_TEST(std::abs(whole(r, c) - (m * f(r, c) + (1 - m) * n(r, c))) < 1e-12);
            }
        const auto errors =
            xtn::check_gradient([&](auto&, auto a, auto b, auto c) { return both(a, b, c, 7); }, std::tuple(q, k, v));
        BOOST_TEST(errors.worst() < 1e-6, window << ": " << errors.worst());
        check_decoding("window", both, q, k, v);
        BOOST_TEST(both.state_size(8, 6, 100) == far.state_size(8, 6, 100) + (window - 1) * 14);
        BOOST_TEST(both.state_size(8, 6, 100) == both.state_size(8, 6, 100000));
        check_decoding("window alone", near, q, k, v);
    }
    BOOST_CHECK_THROW(xtn::nn::windowed_attention<double>(far, {.heads = 2}), xtn::error);
    xtn::tape<double> t;
    BOOST_CHECK_THROW(
        (xtn::nn::softmax_attention{.heads = 2, .causal = false, .window = 2}(t.leaf(q), t.leaf(k), t.leaf(v), 7)),
        xtn::error);
}

BOOST_AUTO_TEST_CASE(large_inputs_stay_finite) {
    for (const auto& [name, map, normalised] : all_maps()) {
        if (name == "identity") continue;  // has no bound of its own
        const kernel_attention<double> attention(map, {.heads = 2, .normalised = normalised});
        xtn::tape<double> t;
        const auto q = t.leaf(random_matrix(70, 8, 1, 1e4)), k = t.leaf(random_matrix(70, 8, 2, 1e4)),
                   v = t.leaf(random_matrix(70, 8, 3));
        const auto y = attention(q, k, v, 70);
        t.backward(xtn::einsum<"rc,rc->">(y, y));
        for (const auto* x : {&q, &k, &v}) BOOST_TEST(xtn::backend::all_finite(x->size(), x->gradient().data()), name);
        BOOST_TEST(xtn::backend::all_finite(y.size(), y.data()), name);
    }
}

// Softmax features, decay, group norm, gate and output projection, as a layer that a spec composes; its projections are the
// identity, so that queries, keys and values are what is given.
BOOST_AUTO_TEST_CASE(the_released_code_is_a_layer) {
    constexpr std::size_t width = heads * dim;
    const auto gamma = row("code.gamma");
    const xtn::nn::maker<double> make(
        [](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<double> {
            if (layer == "attn.W_g") return xtn::dense<double>::from_dense(tensor("code.gate.weight"));
            if (layer == "attn.W_o") return xtn::dense<double>::from_dense(tensor("code.output.weight"));
            return xtn::dense<double>(out, in);
        },
        [&](const std::string&, const xtn::nn::attention_spec&) -> xtn::nn::any_attention<double> {
            struct given {  // what the reference has made of its q, k and v
                xtn::variable<double, 2> operator()(const xtn::variable<double, 2>& q, const xtn::variable<double, 2>&,
                                                    const xtn::variable<double, 2>&, std::size_t) const {
                    return q.tape().constant(tensor("code.mix"));
                }
                xtn::variable<double, 2> operator()(const xtn::variable<double, 2>& q, const xtn::variable<double, 2>&,
                                                    const xtn::variable<double, 2>&,
                                                    xtn::nn::attention_state<double>&) const {
                    return q;
                }
                std::size_t state_size(std::size_t, std::size_t, std::size_t) const { return 0; }
            };
            return given{};
        });
    const xtn::nn::attention_layer<double> layer({.heads = heads, .gate = true, .groups = dim}, width, width, "attn",
                                                 make);
    for (const auto& [name, part] : layer.layers())
        if (name == "W_o") std::ranges::copy(row("code.output.bias"), part.bias()->values().begin());
    for (const auto& p : layer.other_parameters())
        std::ranges::copy(row(p.name == "norm.weight" ? "code.norm.weight" : "code.norm.bias"),
                          p.value.values().begin());
    xtn::tape<double> t;
    const auto h = t.leaf(tensor("code.h"));
    const auto y = layer(h, steps);
    BOOST_TEST(difference(y.value(), tensor("code.out")) < 1e-10);
    t.backward(xtn::einsum<"rc,rc->">(y, t.constant(tensor("code.dy"))));
    BOOST_TEST(difference(h.gradient(), tensor("code.grad.h")) < 1e-10);
    for (const auto& p : layer.other_parameters()) {
        const auto expected = row(p.name == "norm.weight" ? "code.grad.norm.weight" : "code.grad.norm.bias");
        const auto found = t.gradient(p.value);
        for (std::size_t i = 0; i < expected.size(); ++i) BOOST_TEST(std::abs(found[i] - expected(i)) < 1e-9);
    }
    for (const auto& [name, part] : layer.layers()) {
        if (name != "W_g" && name != "W_o") continue;
        const auto expected = tensor(name == "W_g" ? "code.grad.gate.weight" : "code.grad.output.weight");
        const auto found = t.gradient(part.weight().parameters()[0].value);
        for (std::size_t i = 0; i < expected.size(); ++i)
            BOOST_TEST(std::abs(found[i] - expected.data()[i]) < 1e-9 * xt::amax(xt::abs(expected))());
    }
}

BOOST_AUTO_TEST_CASE(kinds_by_name) {
    using namespace xtn::nn;
    const auto whole_and_decoded = [](const std::string& settings, bool gate) {
        const attention_spec attention{
            .heads = 2, .gate = gate, .groups = gate ? 4u : 0u, .mechanism = "kernel", .settings = settings};
        transformer_spec spec{
            .input = {.of = token_spec{7}, .context = 12}, .body = {.width = 8}, .output = {.classes = 7}};
        spec.body.blocks.assign(2, {{{.mixer = attention}, {.mixer = feed_forward_spec{.hidden = 9}}}});
        BOOST_TEST((xtn::transformer_spec_from(xtn::to_text(spec), "test") == spec));
        const transformer<double> m(
            spec, [](const std::string&, std::size_t out, std::size_t in) { return xtn::dense<double>(out, in); });
        xtn::random_stream random(1);
        for (const auto& op : m.operators()) xtn::init_normal(op, 0.4, random);
        xtn::tape<double> t;
        const xtn::no_gradient<double> values_only(t);
        const std::vector<std::uint8_t> tokens{1, 5, 2, 2, 6, 0, 3, 1, 4};
        const matrix<double> whole = m.logits(t, tokens, tokens.size()).value();
        auto state = m.state();
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const matrix<double> next = m.logits(t, std::span(tokens).subspan(i, 1), state).value();
            for (std::size_t c = 0; c < 7; ++c) BOOST_TEST(std::abs(next(0, c) - whole(i, c)) < 1e-10);
        }
        return whole;
    };
    std::set<double> found;
    for (const char* settings :
         {"", "window=3", "features=prf directions=gaussian", "features=pff directions=sobol count=5", "seed=2",
          "features=softmax decay=retention denominator=no", "features=learned",
          "features=learned_exponential decay=learned", "features=identity denominator=no",
          "features=identity decay=retention denominator=no", "features=prf directions=orthogonal count=16"})
        for (const bool gate : {false, true}) found.insert(whole_and_decoded(settings, gate)(8, 0));
    BOOST_TEST(found.size() == 22u);  // no two are the same
    const auto refused = [](const std::string& settings, const std::string& why, attention_spec spec = {}) {
        spec.key_width = spec.value_width = 8;
        spec.mechanism = "kernel";
        spec.settings = settings;
        BOOST_CHECK_EXCEPTION(make_attention<double>("blocks.0.attn", spec), xtn::error,
                              [&](const auto& e) { return std::string(e.what()).find(why) != std::string::npos; });
    };
    refused("features=cosine",
            "features is one of paper, prf, pff, softmax, learned, learned_exponential, identity; found \"cosine\"");
    refused("feature=prf",
            "has the settings features, directions, count, seed, decay, denominator and window; found \"feature=prf\"");
    refused("count=-1", "count is a number, found \"-1\"");
    refused("directions=random", "random");
    refused("features=identity count=4", "not to be chosen, found count=4");
    refused("features=prf denominator=no", "need a denominator");
    refused("", "the layer is not causal", {.causal = false});
    refused("", "scales scores", {.scale = 0.5});
    refused("window=-3", "window is a number, found \"-3\"");
    const auto softmax = [](const std::string& settings) {
        return make_attention<double>("blocks.0.attn", {.heads = 2, .settings = settings}).state_size(8, 6, 100);
    };
    BOOST_TEST(softmax("") == 1400u);
    BOOST_TEST(softmax("window=11") == 140u);
    for (const char* settings : {"window", "window=", "window=-1", "width=3"})
        BOOST_CHECK_THROW(softmax(settings), xtn::error);
}

BOOST_AUTO_TEST_CASE(a_shift_needs_a_denominator) {
    BOOST_CHECK_THROW(kernel_attention<double>(feature_map<double>::exponential(random_matrix(4, 4, 1), 0.5, false),
                                               {.heads = 1, .normalised = false}),
                      xtn::error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
