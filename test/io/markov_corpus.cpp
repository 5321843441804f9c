// SPDX-License-Identifier: BSD-3-Clause
// The generated text: the same everywhere, drawn from the probabilities it claims, at the entropy rate it claims.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/markov_corpus.hpp>

BOOST_AUTO_TEST_SUITE(markov_corpus)

namespace {

/// The states reached from ".\n" and the matrix of their transition probabilities, through the public interface.
std::vector<std::vector<double>> transitions(const xtn::markov_source& source) {
    const std::string_view alphabet = xtn::markov_source::alphabet();
    std::vector<std::string> states{".\n"};
    std::map<std::string, std::size_t> index{{".\n", 0}};
    std::vector<std::map<std::size_t, double>> sparse;
    for (std::size_t s = 0; s < states.size(); ++s) {
        sparse.emplace_back();
        for (const char c : alphabet) {
            const double p = source.probability(states[s][0], states[s][1], c);
            if (p == 0) continue;
            const std::string next{states[s][1], c};
            const auto [at, is_new] = index.emplace(next, states.size());
            if (is_new) states.push_back(next);
            sparse[s][at->second] = p;
        }
    }
    std::vector<std::vector<double>> dense(states.size(), std::vector<double>(states.size()));
    for (std::size_t s = 0; s < states.size(); ++s)
        for (const auto& [t, p] : sparse[s]) dense[s][t] = p;
    return dense;
}

/// Stationary distribution by the elimination of Grassmann, Taksar and Heyman (Operations Research 33, 1985), which
/// subtracts nothing and so loses no digits.
std::vector<double> stationary(std::vector<std::vector<double>> p) {
    const std::size_t n = p.size();
    for (std::size_t k = n - 1; k > 0; --k) {
        double out = 0;
        for (std::size_t j = 0; j < k; ++j) out += p[k][j];
        for (std::size_t i = 0; i < k; ++i) {
            p[i][k] /= out;
            if (p[i][k] == 0) continue;
            for (std::size_t j = 0; j < k; ++j) p[i][j] += p[i][k] * p[k][j];
        }
    }
    std::vector<double> mu(n);
    mu[0] = 1;
    double total = 1;
    for (std::size_t k = 1; k < n; ++k) {
        for (std::size_t i = 0; i < k; ++i) mu[k] += mu[i] * p[i][k];
        total += mu[k];
    }
    for (double& x : mu) x /= total;
    return mu;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_text_everywhere) {
    const xtn::markov_source source;
    const std::string text = source.generate(1'000'000);
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    BOOST_TEST(text.substr(0, 36) == "Xur jbe da as ix.\nXu. Niw vexulaya a");
    BOOST_TEST(hash == 8667794156789971281u);
    BOOST_TEST(source.entropy_rate() == 1.5133488243621755, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(source.generate(1000) == text.substr(0, 1000));
    BOOST_TEST(source.generate(1000, 2) != text.substr(0, 1000));
    BOOST_TEST(xtn::markov_source(2).generate(1000) != text.substr(0, 1000));
    BOOST_TEST(source.generate(0).empty());
}

BOOST_AUTO_TEST_CASE(the_text_looks_like_words_and_lines) {
    const std::string text = xtn::markov_source().generate(1'000'000);
    std::vector<double> share(256);
    for (const char c : text) share[static_cast<unsigned char>(c)] += 1e-6;
    const auto used = std::count_if(share.begin(), share.end(), [](double x) { return x > 0; });
    BOOST_TEST((used >= 27 && used <= 60));
    for (std::size_t c = 0; c < 256; ++c)
        if (share[c] > 0)
            BOOST_TEST(xtn::markov_source::alphabet().find(static_cast<char>(c)) != std::string_view::npos);
    BOOST_TEST((share[' '] > 0.1 && share[' '] < 0.25));
    BOOST_TEST((share['\n'] > 0.002 && share['\n'] < 0.02));
}

BOOST_AUTO_TEST_CASE(the_probabilities_of_a_context_sum_to_one) {
    const xtn::markov_source source(7);
    for (const char a : xtn::markov_source::alphabet())
        for (const char b : xtn::markov_source::alphabet()) {
            double sum = 0;
            for (const char c : xtn::markov_source::alphabet()) sum += source.probability(a, b, c);
            BOOST_REQUIRE(sum == 1.0);  // multiples of 2^-16: exact
        }
    BOOST_TEST(source.probability('a', '!', 'b') == 0.0);
}

BOOST_AUTO_TEST_CASE(the_rate_is_that_of_another_method) {
    const xtn::markov_source source(3);
    const auto p = transitions(source);
    const auto mu = stationary(p);
    double nats = 0;
    for (std::size_t s = 0; s < p.size(); ++s)
        for (const double x : p[s])
            if (x > 0) nats -= mu[s] * x * std::log(x);
    BOOST_TEST(nats == source.entropy_rate(), boost::test_tools::tolerance(1e-11));
}

BOOST_AUTO_TEST_CASE(the_true_probabilities_score_the_rate) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const xtn::markov_source source(seed);
        const std::string text = source.generate(1'000'000, seed);
        // Means of 1000 batches of 1000 characters: nearly independent, so their spread gives the standard error.
        const std::size_t batch = 1000, batches = text.size() / batch;
        double sum = 0, squares = 0;
        for (std::size_t b = 0; b < batches; ++b) {
            double loss = 0;
            for (std::size_t i = std::max<std::size_t>(2, b * batch); i < (b + 1) * batch; ++i)
                loss -= std::log(source.probability(text[i - 2], text[i - 1], text[i]));
            loss /= static_cast<double>(batch);
            sum += loss;
            squares += loss * loss;
        }
        const double n = static_cast<double>(batches), mean = sum / n;
        const double standard_error = std::sqrt((squares / n - mean * mean) / n);
        BOOST_TEST(standard_error < 0.002);
        BOOST_TEST(std::abs(mean - source.entropy_rate()) < 4 * standard_error);
    }
}

BOOST_AUTO_TEST_CASE(counted_trigrams_agree_with_the_rate) {
    // Knows nothing of the source: H(X3 | X1 X2) of the counts, with the correction of Miller and Madow for its bias,
    // (cells - contexts) / 2n.
    const xtn::markov_source source;
    const std::string text = source.generate(1'000'000);
    std::map<std::string_view, double> pairs, triples;
    for (std::size_t i = 2; i < text.size(); ++i) {
        ++pairs[std::string_view(text).substr(i - 2, 2)];
        ++triples[std::string_view(text).substr(i - 2, 3)];
    }
    const double n = static_cast<double>(text.size() - 2);
    double nats = 0;
    for (const auto& [triple, count] : triples) nats -= count / n * std::log(count / pairs[triple.substr(0, 2)]);
    nats += static_cast<double>(triples.size() - pairs.size()) / (2 * n);
    BOOST_TEST(std::abs(nats - source.entropy_rate()) < 0.005);
}

BOOST_AUTO_TEST_SUITE_END()
