// SPDX-License-Identifier: BSD-3-Clause
// Folding, projection, fewer neurons and smaller heads: exact where nothing is left out, and where something is, against
// the rows written out.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <xtn/nn/subspace/basis.hpp>
#include <xtn/nn/subspace/fold.hpp>
#include <xtn/nn/subspace/moments.hpp>
#include <xtn/nn/subspace/project.hpp>
#include <xtn/nn/subspace/prune.hpp>
#include <xtn/xtn.hpp>

#include "compositions.hpp"

BOOST_AUTO_TEST_SUITE(subspace)

namespace {

using namespace xtn_test;
using namespace xtn::nn;
using matrix = xt::xtensor<double, 2>;

constexpr std::size_t width = 8, steps = 9;
const std::vector<std::uint32_t> corpus = [] {
    std::vector<std::uint32_t> tokens(200);
    xtn::random_stream random(11);
    for (auto& t : tokens) t = static_cast<std::uint32_t>(random.uniform_index(5));
    return tokens;
}();
std::span<const std::uint32_t> window(std::size_t w) { return std::span(corpus).subspan(w * steps, steps); }

template <class T>
transformer<T> made(const transformer_spec& spec, const operator_factory<T>& operators) {
    const transformer<T> m(spec, operators);
    xtn::random_stream random(4);
    for (const auto& p : xtn::distinct(m.parameters())) random.fill_normal(p.value.values(), 0.6);
    return m;
}

/// A pre-norm model with a hidden layer of 12 and two heads.
transformer_spec pre_norm(position_kind positions = position_kind::sinusoidal) {
    return {
        .input = {.of = token_spec{7}, .positions = positions, .context = steps},
        .body = {.width = width,
                 .blocks = {2, {{{.mixer = attention_spec{.heads = 2}}, {.mixer = feed_forward_spec{.hidden = 12}}}}}},
        .output = {.classes = 5}};
}

/// Every kind of operator that a layer may be.
template <class T>
std::map<std::string, operator_factory<T>> families() {
    return {
        {"dense", [](const std::string&, std::size_t out, std::size_t in) { return xtn::dense<T>(out, in); }},
        {"low rank", [](const std::string&, std::size_t out, std::size_t in) { return xtn::low_rank<T>(out, in, 2); }},
        {"MPO",
         [](const std::string&, std::size_t out, std::size_t in) -> xtn::any_operator<T> {
             const auto sites = [](std::size_t n) { return std::vector{n % 4 == 0 ? n / 4 : n, n % 4 == 0 ? 4 : 1UL}; };
             return xtn::mpo<T>(sites(out), sites(in), 3);
         }},
        {"spectral",
         [](const std::string&, std::size_t out, std::size_t in) -> xtn::any_operator<T> {
             return xtn::spectral<T>(out, in, xtn::support::zigzag(xtn::coefficients::fraction(0.5)));
         }},
    };
}

/// The logits of a window.
template <class T>
xt::xtensor<T, 2> logits(const transformer<T>& m, std::size_t w = 0) {
    xtn::tape<T> t;
    return m.logits(t, window(w), steps).value();
}
/// The largest difference between the logits of two models, relative to the largest.
template <class T>
double difference(const transformer<T>& a, const transformer<T>& b) {
    const auto x = logits(a), y = logits(b);
    return static_cast<double>(xt::amax(xt::abs(x - y))() / xt::amax(xt::abs(x))());
}

stream_moments moments(const transformer<double>& m) {
    return moments_of(m, std::span<const std::uint32_t>(corpus), steps, 20);
}
matrix stacked_basis(const transformer<double>& m, std::size_t r) {
    return principal_basis(stream_moments::stacked(moments(m).stream), r);
}

template <class E>
std::string message_of(auto f) {
    try {
        f();
    } catch (const E& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

BOOST_AUTO_TEST_CASE(folding_changes_no_logits) {
    for (const auto& [name, operators] : families<double>())
        for (const auto positions : {position_kind::sinusoidal, position_kind::learned, position_kind::none}) {
            const auto m = made(pre_norm(positions), operators), f = folded(m);
            BOOST_TEST(difference(m, f) < 1e-12, name);
            for (const auto& p : f.parameters())
                BOOST_TEST((p.name.find(".ln") == std::string::npos && !p.name.starts_with("ln_f")), p.name);
        }
    for (const auto& [name, operators] : families<float>()) {
        const auto m = made(pre_norm(), operators);
        BOOST_TEST(difference(m, folded(m)) < 1e-5, name);
    }
}

/// What changes a table need not suit the head that was tied to it, so they part.
BOOST_AUTO_TEST_CASE(tables_that_are_operators_and_tied_heads_are_parted) {
    for (const bool by_operator : {false, true})
        for (const auto positions : {position_kind::sinusoidal, position_kind::learned}) {
            transformer_spec spec = pre_norm(positions);
            spec.input.of = token_spec{7, by_operator};
            spec.output = {.classes = 7, .tied = true};
            const auto m = made(spec, families<double>().at("low rank")), f = folded(m);
            BOOST_TEST(difference(m, f) < 1e-12);
            BOOST_TEST(!f.spec().output.tied);
            BOOST_TEST((f.spec().input.of == decltype(spec.input.of){token_spec{7}}));
            BOOST_TEST(difference(m, projected(f, {stacked_basis(f, width)})) < 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(the_folded_stream_has_no_mean) {
    const auto f = folded(made(pre_norm(), families<double>().at("MPO")));
    for (const matrix& site : moments(f).stream)
        BOOST_TEST(xt::sum(site)() < 1e-14 * xt::sum(xt::diagonal(site))());  // 1^T S 1
}

BOOST_AUTO_TEST_CASE(folding_of_fused_projections_and_of_rms_norms) {
    transformer_spec fused = pre_norm();
    for (auto& b : fused.body.blocks) std::get<attention_spec>(b.branches[0].mixer).fused = true;
    transformer_spec rms = pre_norm();
    for (auto& b : rms.body.blocks)
        for (auto& branch : b.branches) branch.norm = {.kind = norm_kind::rms, .divisor = 11};
    rms.output.norm.kind = norm_kind::rms;
    for (const auto& spec : {fused, rms}) {
        const auto m = made(spec, families<double>().at("dense"));
        BOOST_TEST(difference(m, folded(m)) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(bases_are_orthonormal) {
    const auto f = folded(made(pre_norm(), families<double>().at("dense")));
    const matrix s = stream_moments::stacked(moments(f).stream);
    for (const std::size_t r : {8U, 7U, 3U, 1U})
        for (const matrix& q : {principal_basis(s, r), coordinate_basis(s, r), random_basis(width, r, 3)}) {
            const matrix gram = xtn::einsum<"ir,is->rs">(q, q);
            BOOST_TEST(xt::amax(xt::abs(gram - xt::eye<double>(r)))() < 1e-12);
            BOOST_TEST(share_of_moment(s, q) <= share_of_moment(s, principal_basis(s, r)) + 1e-12);
        }
    BOOST_TEST(std::abs(share_of_moment(s, principal_basis(s, 7)) - 1) < 1e-12);  // the mean is gone
}

BOOST_AUTO_TEST_CASE(projection_is_exact_at_full_width_and_one_below) {
    for (const auto& [name, operators] : families<double>())
        for (const auto positions : {position_kind::sinusoidal, position_kind::learned}) {
            const auto f = folded(made(pre_norm(positions), operators));
            for (const std::size_t r : {8U, 7U}) {
                BOOST_TEST(difference(f, projected(f, {stacked_basis(f, r)})) < 1e-12, name << " " << r);
                std::vector<matrix> each;
                for (const matrix& site : moments(f).stream) each.push_back(principal_basis(site, r));
                BOOST_TEST(difference(f, projected(f, each)) < 1e-12, name << ", a basis a site, " << r);
            }
        }
}

BOOST_AUTO_TEST_CASE(what_is_cut_is_cut_from_the_stream) {
    const auto f = folded(made(pre_norm(), families<double>().at("low rank")));
    const matrix q = stacked_basis(f, 5);
    const auto m = projected(f, {q});
    BOOST_TEST(m.body().width() == 5);
    BOOST_TEST(m.spec().output.norm.divisor == width);
    // The same with the whole width: everything that is added to the stream goes through Q Q^T.
    transformer_parts<double> p(f);
    const matrix onto = xtn::einsum<"ir,jr->ij">(q, q);
    const auto cut = [&](const std::string& layer) {
        p.maps.insert_or_assign(layer, xtn::dense<double>::from_dense(xt::xtensor<double, 2>(
                                           xtn::einsum<"ij,jk->ik">(onto, p.map(layer).to_dense()))));
        if (const auto found = p.others.find(layer + ".bias"); found != p.others.end()) {
            xt::xtensor<double, 1> bias = xt::zeros<double>({width});
            for (std::size_t i = 0; i < width; ++i)
                for (std::size_t j = 0; j < width; ++j) bias(i) += onto(i, j) * found->second.values()[j];
            found->second = xtn::parameter<double>(bias);
        }
    };
    cut("down");
    for (const std::string block : {"blocks.0.", "blocks.1."}) cut(block + "attn.W_o"), cut(block + "ffn.W2");
    BOOST_TEST(difference(p.assembled(), m) < 1e-12);
}

BOOST_AUTO_TEST_CASE(sites_count_by_their_moments) {
    const auto f = folded(made(pre_norm(), families<double>().at("dense")));
    const stream_moments all = moments(f);
    BOOST_TEST(all.stream.size() == 5);
    BOOST_TEST(all.neurons.size() == 5);
    matrix sum = xt::zeros<double>({width, width}), sensitive = sum;
    double read = 0, neuron = 0;
    for (std::size_t w = 0; w < 20; ++w) {
        xtn::tape<double> t;
        const auto x = f.input()(t, window(w), steps);
        const auto first = f.body().blocks()[0][0](x, steps);
        const auto& feed = f.body().blocks()[0][1];
        const auto hidden = feed.ffn()->hidden(feed.norm(first));
        auto y = feed(first, steps);
        for (const auto& b : f.body().blocks()[1]) y = b(y, steps);
        t.backward(
            cross_entropy(f.output()(y, steps), std::span<const std::uint32_t>(corpus).subspan(w * steps + 1, steps))
                .mean);
        for (std::size_t r = 0; r < steps; ++r) {
            double slope = 0, squares = 0;
            for (std::size_t i = 0; i < width; ++i) {
                slope += std::pow(x.gradient()(r, i), 2);
                squares += std::pow(x.value()(r, i), 2);
            }
            for (std::size_t i = 0; i < width; ++i)
                for (std::size_t j = 0; j < width; ++j) {
                    sum(i, j) += x.value()(r, i) * x.value()(r, j);
                    sensitive(i, j) += slope * x.value()(r, i) * x.value()(r, j);
                }
            read += x.value()(r, 0) / std::sqrt(squares / width + 1e-5);
            neuron += std::pow(hidden.value()(r, 3), 2);
        }
    }
    BOOST_TEST(xt::amax(xt::abs(all.stream[0] - sum))() < 1e-11 * xt::amax(sum)());
    BOOST_TEST(xt::amax(xt::abs(all.sensitive[0] - sensitive))() < 1e-11 * xt::amax(sensitive)());
    BOOST_TEST(std::abs(all.read[0](0, width) - read) < 1e-10);
    BOOST_TEST(all.read[0](width, width) == 20 * steps);
    BOOST_TEST(std::abs(all.neurons[1](3, 3) - neuron) < 1e-10 * neuron);
    BOOST_TEST(all.neurons[0].size() == 0);
    const matrix balanced = stream_moments::balanced(all.stream);
    BOOST_TEST(std::abs(xt::sum(xt::diagonal(balanced))() - 5) < 1e-12);
}

BOOST_AUTO_TEST_CASE(heads_are_exact_at_full_rank) {
    for (const auto& [name, operators] : families<double>()) {
        const auto m = made(pre_norm(), operators), f = folded(m);
        const stream_moments seen = moments(f);
        for (const auto* by : {static_cast<const stream_moments*>(nullptr), &seen}) {
            BOOST_TEST(difference(f, with_heads(f, 4, 4, by)) < (by ? 1e-7 : 1e-12), name);
            const auto less = with_heads(f, 3, 2, by);
            if (name != "low rank") BOOST_TEST(difference(f, less) > 1e-4);  // whose rank is 2
            BOOST_TEST(xtn::parameter_count(with_heads(f, 2, 1, by).parameters()) <
                       xtn::parameter_count(less.parameters()));
        }
        BOOST_TEST(difference(m, with_heads(m, 4, 4)) < 1e-12);  // gains and means need not be folded
    }
}

BOOST_AUTO_TEST_CASE(neurons_that_add_nothing_go_first) {
    const auto f = folded(made(pre_norm(), families<double>().at("dense")));
    transformer_parts<double> p(f);
    for (const std::string block : {"blocks.0.", "blocks.1."}) {
        xt::xtensor<double, 2> down = p.map(block + "ffn.W2").to_dense();
        for (const std::size_t dead : {0U, 5U, 11U})
            for (std::size_t o = 0; o < width; ++o) down(o, dead) = 0;
        p.maps.insert_or_assign(block + "ffn.W2", xtn::dense<double>::from_dense(down));
    }
    const auto m = p.assembled();
    BOOST_TEST(difference(m, with_neurons(m, moments(m), 9)) < 1e-13);
    BOOST_TEST(difference(m, with_neurons(m, moments(m), 100)) == 0);
    BOOST_TEST(difference(m, with_neurons(m, moments(m), 3)) > 1e-6);
    BOOST_TEST(
        std::get<feed_forward_spec>(with_neurons(m, moments(m), 8).spec().body.blocks[1].branches[1].mixer).hidden ==
        8);
}

BOOST_AUTO_TEST_CASE(neurons_that_stay_make_up_for_the_others) {
    const auto f = folded(made(pre_norm(), families<double>().at("dense")));
    transformer_parts<double> p(f);
    for (const std::string block : {"blocks.0.", "blocks.1."}) {
        const std::string name = block + "ffn.W1";
        xt::xtensor<double, 2> up = p.map(name).to_dense(), down = p.map(block + "ffn.W2").to_dense();
        auto& bias = p.others.at(name + ".bias");
        for (std::size_t i = 0; i < width; ++i) up(5, i) = up(2, i), up(7, i) = 0;
        for (double& b : bias.values()) b = 1;  // all are awake; 5 says what 2 says, 7 is constant, and both add little
        for (std::size_t o = 0; o < width; ++o) down(o, 5) *= 1e-2, down(o, 7) *= 1e-2;
        p.maps.insert_or_assign(name, xtn::dense<double>::from_dense(up));
        p.maps.insert_or_assign(block + "ffn.W2", xtn::dense<double>::from_dense(down));
    }
    const auto m = p.assembled();
    BOOST_TEST(difference(m, with_neurons(m, moments(m), 10)) < 1e-7);
    BOOST_TEST(difference(m, with_neurons(m, moments(m), 9)) > 1e-6);
}

BOOST_AUTO_TEST_CASE(everything_together_decodes_and_trains) {
    const auto f = folded(made(pre_norm(), families<double>().at("MPO")));
    const auto narrow = projected(f, {stacked_basis(f, 6)});
    const auto m = with_heads(with_neurons(narrow, moments(narrow), 7), 3, 2);
    const auto whole = logits(m);
    auto state = m.state();
    xtn::tape<double> t;
    for (std::size_t i = 0; i < steps; ++i) {
        t.clear();
        const auto next = m.logits(t, window(0).subspan(i, 1), state);
        for (std::size_t c = 0; c < 5; ++c) BOOST_TEST(std::abs(next.value()(0, c) - whole(i, c)) < 1e-12);
    }
    t.clear();
    t.backward(cross_entropy(m.logits(t, window(0), steps), window(1)).mean);
    for (const auto& p : m.parameters())
        if (p.value.is_trainable()) BOOST_TEST(t.gradient(p.value).size() == p.value.size(), p.name);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_refused) {
    const auto dense = families<double>().at("dense");
    const auto of = [&](const std::string& name) { return drawn(compositions().at(name)); };
    const auto folding = [&](const std::string& name) { return message_of<xtn::error>([&] { folded(of(name)); }); };
    BOOST_TEST(folding("post-norm, GELU") ==
               "blocks.0.attn: the stream is read through a norm before the branch, not after");
    BOOST_TEST(folding("collapsed").starts_with("blocks.0.attn: keys or values are the rows themselves"));
    BOOST_TEST(folding("widths that change").starts_with("blocks.0.attn: the skip path has a map already"));

    const auto m = made(pre_norm(), dense), f = folded(m);
    const matrix s = stream_moments::stacked(moments(f).stream);
    BOOST_TEST(message_of<xtn::error>([&] { projected(m, {principal_basis(s, 4)}); }) ==
               "projected: the norm blocks.0.ln1 has a mean or a gain; fold the transformer first");
    BOOST_TEST(message_of<xtn::shape_error>([&] { principal_basis(s, 9); }) ==
               "a subspace of a stream of width 8 has 1 to 8 dimensions, not 9");
    BOOST_TEST(message_of<xtn::shape_error>([&] {
                   projected(f, {principal_basis(s, 4), principal_basis(s, 4)});
               }) ==
               "projected: 2 bases for the 5 places where the stream is read; there is one for each or one for all");
    BOOST_TEST(message_of<xtn::shape_error>([&] { projected(f, {xt::xtensor<double, 2>(xt::eye<double>(7))}); }) ==
               "projected: a basis is 7 x 7, but the stream has the width 8");
    BOOST_TEST(message_of<xtn::numeric_error>([&] {
                   projected(f, {xt::xtensor<double, 2>(2 * xt::eye<double>(8))});
               }).starts_with("projected: the columns of a basis are not orthonormal: 0 times 0 is 4"));
    BOOST_TEST(message_of<xtn::shape_error>([&] {
                   moments_of(f, std::span<const std::uint32_t>(corpus), steps, 30);
               }) == "moments_of: 30 windows of 9 tokens take 271 tokens, but the calibration text has 200");
    f.parameters()[0].value.values()[0] = std::numeric_limits<double>::infinity();
    BOOST_TEST(message_of<xtn::numeric_error>([&] { moments(f); }) == "moments_of: the stream is not finite at site 0");
}

BOOST_AUTO_TEST_SUITE_END()
