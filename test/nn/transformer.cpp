// SPDX-License-Identifier: BSD-3-Clause
// Transformers composed from specs: against PyTorch, gradients of unusual compositions, decoding against whole sequences.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/xtn.hpp>

#include "../allocations.hpp"
#include "../parameter_error.hpp"
#include "compositions.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(nn_transformer)

namespace {

using namespace xtn_test;
using namespace xtn::nn;

/// Relative to the largest; the gradient in the bias of keys, which shifts a row of scores, is 0 but for rounding.
double difference(std::span<const double> found, const std::vector<double>& expected) {
    BOOST_REQUIRE(found.size() == expected.size());
    double worst = 0, scale = 1e-5;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        worst = std::max(worst, std::abs(found[i] - expected[i]));
        scale = std::max(scale, std::abs(expected[i]));
    }
    return worst / scale;
}

/// The small vision transformers of the reference: post-norm, exact GELU, sinusoids, the mean before the head.
transformer_spec vision(attention_spec attention, bool feed_forward) {
    attention.causal = false;
    attention.query_bias = attention.key_bias = attention.value_bias = true;
    const branch_spec mix{.place = norm_place::after, .mixer = attention};
    branch_spec feed{.place = norm_place::after};
    if (feed_forward) feed.mixer = feed_forward_spec{.hidden = 20, .activation = activation_kind::gelu};
    return {.input = {.of = patch_spec{.channels = 3, .height = 8, .width = 8, .patch = 4}},
            .body = {.width = 12, .blocks = {2, {{mix, feed}}}},
            .output = {.classes = 5, .norm = {.kind = norm_kind::none}, .mean = true, .bias = true}};
}

BOOST_AUTO_TEST_CASE(vision_transformers_of_the_reference) {
    const auto file = xtn::load_safetensors(std::string(XTN_TEST_DATA) + "/vit.safetensors");
    const std::map<std::string, transformer_spec> variants{
        {"full", vision({.heads = 3}, true)},
        {"no_mlp", vision({.heads = 3}, false)},
        {"tied", vision({.heads = 3, .keys = key_source::queries}, false)},
        {"collapsed", vision({.keys = key_source::input}, true)},
        {"minimal", vision({.keys = key_source::input, .values = value_source::input, .output = false}, false)}};
    const auto images = file.read<double>("images");
    const auto target = file.read<std::int64_t>("target");
    std::size_t read = 2;
    for (const auto& [name, spec] : variants) {
        const transformer<double> m(spec, dense_operators());
        for (const auto& p : m.parameters())
            file.read_into<double>(name + "." + p.name, p.value.values(), p.value.shape());
        xtn::tape<double> t;
        const auto logits = m.logits(t, std::span<const double>(images));
        BOOST_TEST(difference({logits.data(), logits.size()}, file.read<double>(name + ".logits")) < 1e-10, name);
        const auto loss = cross_entropy(logits, std::span<const std::int64_t>(target)).mean;
        BOOST_TEST(std::abs(loss.item() / file.read<double>(name + ".loss")[0] - 1) < 1e-10, name);
        t.backward(loss);
        for (const auto& p : m.parameters())
            BOOST_TEST(difference(t.gradient(p.value), file.read<double>(name + ".grad." + p.name)) < 1e-10,
                       name << "." << p.name);
        read += 2 * m.parameters().size() + 2;
    }
    BOOST_TEST(read == file.names().size());  // nothing of the file was left out
}

BOOST_AUTO_TEST_CASE(gradients_of_unusual_compositions) {
    for (const auto& [name, spec] : compositions()) {
        const transformer<double> m = drawn(spec);
        const auto tokens = text(12);
        const std::vector<int> targets{1, 0, 3, 2, 2, 4, 1, 1, 0, 3, 4, 2};
        for (const auto& p : m.parameters())
            BOOST_TEST(test::parameter_error(
                           p.value,
                           [&](xtn::tape<double>& t) {
                               return cross_entropy(m.logits(t, tokens, 6), std::span<const int>(targets)).mean;
                           }) < 1e-6,
                       name << ": " << p.name);
    }
}

/// A table that is an operator is the one with its rows; tied, its matrix is the head's too.
BOOST_AUTO_TEST_CASE(tables_are_any_operators_and_heads) {
    const auto factorised = [](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<double> {
        if (layer == "tok_emb") return xtn::low_rank<double>(out, in, 3);
        return xtn::dense<double>(out, in);
    };
    transformer_spec spec = compositions().at("both");
    const transformer<double> m(spec, factorised);
    draw(m);
    BOOST_TEST(m.parameters().front().name == "tok_emb.left");
    BOOST_TEST(m.named_operators().front().first == "tok_emb");
    BOOST_TEST(m.named_operators().back().first != "lm_head");
    BOOST_TEST(m.parameters().back().name == "lm_head.bias");

    spec.input.of = token_spec{7};
    spec.output.tied = false;
    const transformer<double> expanded(spec, dense_operators());
    const auto table = xtn::to_dense(m.input().tokens().weight());
    for (const auto& p : expanded.parameters()) {
        const auto own = m.parameters();
        const auto from = std::ranges::find(own, p.name, &xtn::named_parameter<double>::name);
        const auto values = from != own.end() ? std::span<const double>(from->value.values())
                                              : std::span<const double>(table.data(), table.size());
        BOOST_REQUIRE(values.size() == p.value.size());
        std::ranges::copy(values, p.value.values().begin());
    }
    const auto tokens = text(12);
    const std::vector<int> targets{1, 0, 3, 2, 6, 4, 1, 1, 0, 3, 5, 2};
    xtn::tape<double> t, u;
    const auto logits = m.logits(t, tokens, 6), expected = expanded.logits(u, tokens, 6);
    BOOST_TEST(difference({logits.data(), logits.size()}, {expected.data(), expected.data() + expected.size()}) <
               1e-12);
    for (const auto& p : m.parameters())
        BOOST_TEST(test::parameter_error(
                       p.value,
                       [&](xtn::tape<double>& tape) {
                           return cross_entropy(m.logits(tape, tokens, 6), std::span<const int>(targets)).mean;
                       }) < 1e-6,
                   p.name);

    // A stored matrix that is another one's transpose is no table as it lies there.
    const auto square = xtn::dense<double>::from_dense(xt::xtensor<double, 2>{{1, 2}, {3, 4}});
    const std::vector<int> second{1};
    u.clear();
    BOOST_TEST((embedding<double>(square)(u, std::span<const int>(second)).value() == xt::xtensor<double, 2>{{3, 4}}));
    BOOST_TEST((embedding<double>(xtn::transposed(square))(u, std::span<const int>(second)).value() ==
                xt::xtensor<double, 2>{{2, 4}}));

    BOOST_TEST((embedding<double>(square).table() == square.weight()));
    BOOST_CHECK_THROW(static_cast<void>(embedding<double>(xtn::transposed(square)).table()), xtn::error);

    // A matrix made once for many tapes is read instead.
    xtn::reconstructed<double> once({m.input().tokens().weight()});
    once.choose(1000, 1000);
    BOOST_TEST(once.size() == 7 * 8);
    once.make();
    u.clear();
    once.provide_to(u);
    const auto provided = m.logits(u, tokens, 6);
    BOOST_TEST(difference({provided.data(), provided.size()}, {logits.data(), logits.data() + logits.size()}) < 1e-12);
}

BOOST_AUTO_TEST_CASE(what_no_head_can_be_tied_to_is_refused) {
    transformer_spec spec = compositions().at("pre-norm");
    spec.output.tied = true;  // 5 classes, 7 tokens
    BOOST_CHECK_EXCEPTION(
        transformer<double>(spec, dense_operators()), xtn::shape_error, [](const xtn::shape_error& e) {
            return std::string(e.what()).find("7 x 8, but 5 classes are told from rows 8 wide") != std::string::npos;
        });
    spec.input = {.of = patch_spec{.height = 4, .width = 4, .patch = 2}};
    BOOST_CHECK_THROW(transformer<double>(spec, dense_operators()), xtn::error);
    spec = compositions().at("table by an operator");
    BOOST_CHECK_THROW(transformer<double>(spec, [](const std::string&, std::size_t out,
                                                   std::size_t in) { return xtn::dense<double>(in, out); }),
                      xtn::shape_error);
}

/// Position by position, or several at once, of several sequences: the rows of whole sequences.
BOOST_AUTO_TEST_CASE(decoding_is_the_whole_sequence_row_by_row) {
    constexpr std::size_t time = 7, sequences = 2;
    for (const auto& [name, spec] : compositions()) {
        const std::size_t classes = spec.output.classes;
        const transformer<double> m = drawn(spec);
        const auto tokens = text(sequences * time);
        xtn::tape<double> t, u;
        const auto whole = m.logits(t, tokens, time);
        for (const std::vector<std::size_t>& pieces :
             {std::vector<std::size_t>{1, 1, 1, 1, 1, 1, 1}, {3, 1, 2, 1}, {7}}) {
            auto state = m.state(sequences);
            for (const std::size_t count : pieces) {
                const std::size_t from = state.position();
                std::vector<std::uint32_t> next;
                for (std::size_t s = 0; s < sequences; ++s)
                    next.insert(next.end(), tokens.begin() + static_cast<std::ptrdiff_t>(s * time + from),
                                tokens.begin() + static_cast<std::ptrdiff_t>(s * time + from + count));
                u.clear();
                const auto rows = m.logits(u, std::span<const std::uint32_t>(next), state);
                for (std::size_t s = 0; s < sequences; ++s) {
                    const double* expected = whole.data() + (s * time + from) * classes;
                    BOOST_TEST(difference({rows.data() + s * count * classes, count * classes},
                                          {expected, expected + count * classes}) < 1e-12,
                               name << " from " << from);
                }
            }
            BOOST_TEST(state.position() == time);
            state.restart();
            u.clear();
            const std::vector<std::uint32_t> first{tokens[0], tokens[time]};
            const auto again = m.logits(u, std::span<const std::uint32_t>(first), state);
            BOOST_TEST(difference({again.data(), classes}, {whole.data(), whole.data() + classes}) < 1e-12, name);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_state_has_the_size_that_the_mechanism_says) {
    const auto specs = compositions();
    BOOST_TEST(drawn(specs.at("pre-norm")).state(3).bytes() == 3 * 2 * 9 * (8 + 8) * sizeof(double));
    BOOST_TEST(drawn(specs.at("own widths, fused")).state().bytes() == 1 * 9 * (4 + 6) * sizeof(double));
}

/// A mechanism of a user's own with a state of one size: the mean of the values so far.
struct running_mean {
    xtn::variable<double, 2> operator()(const xtn::variable<double, 2>&, const xtn::variable<double, 2>&,
                                        const xtn::variable<double, 2>& v, std::size_t time) const {
        xt::xtensor<double, 2> weights = xt::zeros<double>({time, time});
        for (std::size_t n = 0; n < time; ++n)
            for (std::size_t k = 0; k <= n; ++k) weights(n, k) = 1.0 / static_cast<double>(n + 1);
        const auto sequences = v.reshape<3>({v.shape()[0] / time, time, v.shape()[1]});
        return xtn::einsum<"bkd,nk->bnd">(sequences, weights).reshape(v.shape());
    }
    xtn::variable<double, 2> operator()(const xtn::variable<double, 2>&, const xtn::variable<double, 2>&,
                                        const xtn::variable<double, 2>& v, attention_state<double>& state) const {
        const auto y = v.tape().result(v.shape(), false);
        const std::size_t count = state.positions_in(v.shape()[0]), columns = v.shape()[1];
        for (std::size_t s = 0; s < state.sequences(); ++s)
            for (std::size_t n = 0; n < count; ++n)
                for (std::size_t j = 0; j < columns; ++j) {
                    double& sum = state.of(s)[j];
                    const std::size_t position = state.position() + n, at = (s * count + n) * columns + j;
                    sum = (position == 0 ? 0 : sum) + v.data()[at];
                    y.data()[at] = sum / static_cast<double>(position + 1);
                }
        return y;
    }
    std::size_t state_size(std::size_t, std::size_t values, std::size_t) const { return values; }
};

BOOST_AUTO_TEST_CASE(a_mechanism_of_a_users_own) {
    transformer_spec spec = compositions().at("pre-norm");
    for (auto& block : spec.body.blocks) std::get<attention_spec>(block.branches[0].mixer).mechanism = "running mean";
    BOOST_CHECK_THROW(transformer<double>(spec, dense_operators()), xtn::error);
    const transformer<double> m(
        spec, {dense_operators(), [](const std::string&, const attention_spec& s) -> any_attention<double> {
                   BOOST_TEST(s.mechanism == "running mean");
                   return running_mean{};
               }});
    draw(m);
    const auto tokens = text(7);
    xtn::tape<double> t, u;
    const auto whole = m.logits(t, tokens, 7);
    auto state = m.state();
    BOOST_TEST(state.bytes() == 2 * 8 * sizeof(double));
    for (std::size_t n = 0; n < 7; ++n) {
        u.clear();
        const auto row = m.logits(u, std::span(tokens).subspan(n, 1), state);
        BOOST_TEST(difference({row.data(), 5}, {whole.data() + 5 * n, whole.data() + 5 * n + 5}) < 1e-12);
    }
}

#ifdef XTN_COUNTS_ALLOCATIONS
BOOST_AUTO_TEST_CASE(warm_decoding_allocates_nothing) {
    for (const auto& [name, spec] : compositions()) {
        const transformer<double> m = drawn(spec);
        const auto tokens = text(9);
        auto state = m.state();
        xtn::tape<double> t;
        const auto decode = [&] {
            state.restart();
            for (const std::uint32_t& token : tokens) {
                t.clear();
                m.logits(t, std::span<const std::uint32_t>(&token, 1), state);
            }
        };
        BOOST_TEST(test::allocated_by(decode) == 0u, name);
    }
}
#endif

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
    const transformer_spec good = compositions().at("pre-norm");
    const auto refuses = [&](auto change) {
        transformer_spec spec = good;
        change(spec, spec.body.blocks[0].branches[0], std::get<attention_spec>(spec.body.blocks[0].branches[0].mixer));
        BOOST_CHECK_THROW(transformer<double>(spec, dense_operators()), xtn::error);
    };
    BOOST_CHECK_NO_THROW(transformer<double>(good, dense_operators()));
    refuses([](auto&, auto&, auto& a) { a.heads = 3; });
    refuses([](auto&, auto&, auto& a) { a.heads = 0; });
    refuses([](auto&, auto&, auto& a) { a.keys = key_source::input, a.key_width = 4; });
    refuses([](auto&, auto&, auto& a) { a.values = value_source::input, a.value_width = 4; });
    refuses([](auto&, auto&, auto& a) { a.output = false, a.value_width = 4; });
    refuses([](auto&, auto&, auto& a) { a.fused = true, a.keys = key_source::queries; });
    refuses([](auto&, auto&, auto& a) { a.fused = true, a.key_bias = true; });
    refuses([](auto&, auto&, auto& a) { a.settings = "none that softmax knows"; });
    refuses([](auto&, auto& b, auto&) { b.width = 6; });
    refuses([](auto&, auto& b, auto&) { b.norm.divisor = 6; });
    refuses(
        [](auto& s, auto&, auto&) { s.input = {.of = patch_spec{.height = 4, .width = 4, .patch = 2}, .context = 3}; });
    BOOST_CHECK_THROW(transformer<double>(
                          good, [](auto&, std::size_t out, std::size_t in) { return xtn::dense<double>(out + 1, in); }),
                      xtn::shape_error);

    const transformer<double> m = drawn(good);
    const auto tokens = text(12);
    const std::vector<double> image(16);
    xtn::tape<double> t;
    BOOST_CHECK_THROW(m.logits(t, tokens, 10), xtn::shape_error);  // beyond the context
    BOOST_CHECK_THROW(m.logits(t, tokens, 5), xtn::shape_error);   // no whole sequences
    BOOST_CHECK_THROW(m.logits(t, std::span<const double>(image)), xtn::error);
    auto state = m.state(2);
    BOOST_CHECK_THROW(m.logits(t, std::span(tokens).first(3), state), xtn::shape_error);
    BOOST_CHECK_THROW(m.logits(t, std::span(tokens).first(0), state), xtn::shape_error);
    const std::vector<std::uint32_t> unknown{1, 99};
    BOOST_CHECK_THROW(m.logits(t, unknown, state), xtn::shape_error);
    BOOST_TEST(state.position() == 0);
    m.logits(t, tokens, state);
    BOOST_CHECK_THROW(m.logits(t, tokens, state),
                      xtn::shape_error);  // 6 + 6 positions, but the context is 9
    BOOST_TEST(state.position() == 6);
    const auto x = t.leaf(xt::xtensor<double, 2>(xt::ones<double>({2, 8})));
    BOOST_CHECK_THROW(m.body()(x, state), xtn::error);  // its gradient would be lost

    transformer_spec to_all = good;
    std::get<attention_spec>(to_all.body.blocks[1].branches[0].mixer).causal = false;
    BOOST_CHECK_THROW(drawn(to_all).state(), xtn::error);
    transformer_spec mean = good;
    mean.output.mean = true;
    const transformer<double> averaged = drawn(mean);
    auto none = averaged.state();
    BOOST_CHECK_THROW(averaged.logits(t, std::span(tokens).first(1), none), xtn::error);
}

/// Rows that are as wide as the pixels of their patch, in the order of the reference.
BOOST_AUTO_TEST_CASE(patches_of_images) {
    std::vector<double> image(2 * 4 * 6);
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<double>(i);
    const patch_spec s{.channels = 2, .height = 4, .width = 6, .patch = 2};
    xtn::tape<double> t;
    const auto rows = patches_of(t, std::span<const double>(image), s);
    BOOST_TEST(rows.shape()[0] == 6);
    const std::vector<double> last{16, 40, 17, 41, 22, 46, 23, 47};  // rows 2 and 3, columns 4 and 5
    BOOST_TEST(std::equal(last.begin(), last.end(), rows.data() + 5 * 8));
    const auto refused = [&](const patch_spec& wrong) {
        BOOST_CHECK_THROW(patches_of(t, std::span<const double>(image), wrong), xtn::shape_error);
    };
    refused({.channels = 2, .height = 4, .width = 6, .patch = 4});
    refused({.channels = 2, .height = 4, .width = 6, .patch = 0});
    refused({.channels = 1, .height = 4, .width = 5, .patch = 1});
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
