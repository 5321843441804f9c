// SPDX-License-Identifier: BSD-3-Clause
// Generated text whose entropy rate is known exactly, for when there is no real text: a Markov source of order two that
// writes words, sentences and lines. About 40 of its 56 characters occur: not every letter starts a sentence.
//
// The state is the pair of the last two characters. With P(x | s) the source's probabilities and mu the stationary
// distribution of the states, mu = mu P, the entropy rate is
//
//     H = - sum_s mu(s) sum_x P(x | s) ln P(x | s)      nats per character
//
// (Cover & Thomas, Elements of Information Theory, 2nd ed., theorem 4.2.4). No model can have a smaller expected loss
// on this text, so a language model's validation loss may be read against it. Every P(x | s) is a multiple of 2^-16 and
// is drawn with integers from std::mt19937_64, whose output the standard fixes: the same seed gives the same text
// anywhere.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/core/error.hpp>

namespace xtn {

/// A random source of text with memory two. Its probabilities depend on the seed.
class markov_source {
public:
    explicit markov_source(std::uint64_t seed = 1) : rows_(characters_.size() * characters_.size()) {
        std::mt19937_64 engine(seed);
        for (std::size_t before = 0; before < characters_.size(); ++before)
            for (std::size_t last = 0; last < characters_.size(); ++last)
                rows_[state(before, last)] = make_row(characters_[before], characters_[last], engine);
        entropy_rate_ = compute_entropy_rate();
    }

    /// The characters that the source knows, ascending.
    static std::string_view alphabet() { return characters_; }

    /// Entropy rate in nats per character, in double precision.
    double entropy_rate() const { return entropy_rate_; }

    /// P(next | before, last): the probability of `next` after the two characters, in the order of the text. Zero for a
    /// character outside the alphabet.
    double probability(char before, char last, char next) const {
        const std::size_t i = characters_.find(before), j = characters_.find(last), k = characters_.find(next);
        if (i == characters_.npos || j == characters_.npos || k == characters_.npos) return 0;
        double weight = 0;
        for (const successor& s : rows_[state(i, j)])
            if (s.character == k) weight += s.weight;
        return weight / total_weight_;
    }

    /// `length` characters, as if after ".\n". Another `seed` gives another sample of the same source.
    std::string generate(std::size_t length, std::uint64_t seed = 1) const {
        std::mt19937_64 engine(seed);
        std::string text(length, '\0');
        std::size_t at = start();
        for (char& c : text) {
            auto draw = static_cast<std::uint32_t>(engine() >> 48);  // uniform over total_weight_ = 2^16 values
            const successor* s = rows_[at].data();
            for (; draw >= s->weight; ++s) draw -= s->weight;
            c = characters_[s->character];
            at = state(at % characters_.size(), s->character);
        }
        return text;
    }

private:
    struct successor {
        std::uint32_t character, weight;
    };
    using row = std::vector<successor>;

    static constexpr std::string_view characters_ = "\n ,.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static constexpr std::string_view capitals_ = characters_.substr(4, 26), letters_ = characters_.substr(30),
                                      vowels_ = "aeiou", consonants_ = "bcdfghjklmnpqrstvwxyz";
    static constexpr std::uint32_t total_weight_ = 1u << 16;

    static std::size_t state(std::size_t before, std::size_t last) { return before * characters_.size() + last; }
    static std::size_t start() { return state(characters_.find('.'), characters_.find('\n')); }

    /// Adds `count` characters of `pool`, drawn with repetition, each with half the weight of the one before; together
    /// they weigh `weight`.
    static void add(row& to, std::string_view pool, unsigned count, std::uint32_t weight, std::mt19937_64& engine) {
        for (; count > 0; --count) {
            const std::uint32_t part = count > 1 ? weight / 2 : weight;
            const char c = pool[static_cast<std::size_t>(engine() % pool.size())];
            to.push_back({static_cast<std::uint32_t>(characters_.find(c)), part});
            weight -= part;
        }
    }

    /// What may follow `before` and `last`. A sentence starts with a capital, a word has two letters at least, vowels
    /// and consonants tend to alternate. From every word the source can come to ".\n", after n characters or after
    /// n + 1 (a letter more): the states reached from ".\n" are one irreducible, aperiodic class.
    static row make_row(char before, char last, std::mt19937_64& engine) {
        const auto is_in = [](std::string_view set, char c) { return set.find(c) != set.npos; };
        row r;
        if (last == '\n' || (last == ' ' && before == '.')) {
            add(r, capitals_, 6, total_weight_, engine);
        } else if (last == ' ') {
            add(r, letters_, 6, total_weight_, engine);
        } else if (last == ',') {
            add(r, " ", 1, total_weight_, engine);
        } else if (last == '.') {
            add(r, " ", 1, total_weight_ / 4 * 3, engine);
            add(r, "\n", 1, total_weight_ / 4, engine);
        } else {
            std::uint32_t rest = total_weight_;
            if (is_in(letters_, before) || is_in(capitals_, before)) {
                constexpr std::uint32_t blank = total_weight_ / 4, comma = total_weight_ / 64,
                                        stop = total_weight_ / 32;
                add(r, " ", 1, blank, engine);
                add(r, ",", 1, comma, engine);
                add(r, ".", 1, stop, engine);
                rest -= blank + comma + stop;
            }
            const bool after_vowel = is_in("aeiouAEIOU", last), pair = !after_vowel && is_in(consonants_, before);
            const std::uint32_t rare = pair ? 0 : rest / 8;  // a second vowel, a second consonant, but no third
            add(r, after_vowel ? consonants_ : vowels_, 4, rest - rare, engine);
            if (rare > 0) add(r, after_vowel ? vowels_ : consonants_, 2, rare, engine);
        }
        return r;
    }

    /// mu by power iteration from ".\n", which converges geometrically to the only stationary distribution (make_row
    /// says why there is one), then H.
    double compute_entropy_rate() const {
        constexpr int limit = 10'000;
        std::vector<double> mu(rows_.size(), 0.0), next(rows_.size());
        mu[start()] = 1;
        double change = 1;
        for (int i = 0; change > 1e-14; ++i) {
            if (i == limit) throw numeric_error("the Markov source's stationary distribution did not converge");
            std::fill(next.begin(), next.end(), 0.0);
            for (std::size_t s = 0; s < rows_.size(); ++s)
                for (const successor& x : rows_[s])
                    next[state(s % characters_.size(), x.character)] += mu[s] * x.weight / total_weight_;
            change = 0;
            for (std::size_t s = 0; s < rows_.size(); ++s) change += std::abs(next[s] - mu[s]);
            mu.swap(next);
        }
        double nats = 0;
        for (std::size_t s = 0; s < rows_.size(); ++s) nats += mu[s] * row_entropy(rows_[s]);
        return nats;
    }

    /// Entropy of one row; a character may be in it more than once.
    static double row_entropy(const row& r) {
        std::array<double, characters_.size()> p{};
        for (const successor& x : r) p[x.character] += static_cast<double>(x.weight) / total_weight_;
        double nats = 0;
        for (const double x : p)
            if (x > 0) nats -= x * std::log(x);
        return nats;
    }

    std::vector<row> rows_;
    double entropy_rate_ = 0;
};

}  // namespace xtn
