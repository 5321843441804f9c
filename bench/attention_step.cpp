// SPDX-License-Identifier: BSD-3-Clause
// PicoGPTs whose attention is linear beside one with softmax, on one thread: what a token costs in a training step on one text of
// some length, when it is read, and when it is written after so many others; and the chunked evaluator beside its own matrix
// products. All take turns in one process, so that drifts of the machine cancel in the ratios.
//
//     training/T           a window of T tokens, forward and backward
//     reading/T            the same without gradients
//     writing/T/batch      the last 16 positions before T of so many sequences, from their states: so many in a row that the next
//                          model does not meet a cache full of the last one's keys
//     constant/batch       the same of linear kinds alone: how many times as fast before 8,192 as before 256
//     evaluator/T          linear attention of four heads of 64 features and 32 values, forward and backward
#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/nn/linear_attention.hpp>

#include "bare_products.hpp"
#include "picogpt/core/attention_kind.hpp"
#include "picogpt/core/operators.hpp"
#include "timing.hpp"

namespace {

const std::vector<std::string> kinds{"softmax", "paper", "code", "hedgehog", "exponential-decay", "retention"};

std::vector<picogpt::model<float>> models(std::size_t context) {
    const auto softmax = picogpt::make_model({.context = context}, "dense", {.sigma = 0.04}, 1);
    std::vector<picogpt::model<float>> all;
    for (const picogpt::attention_kind kind : kinds) all.push_back(picogpt::exchanged(softmax, kind, 1));
    return all;
}

/// Tokens a second of every kind, and how many times softmax's.
void compare(benchmark::State& state, std::size_t tokens, const std::vector<std::function<void()>>& calls) {
    const auto time = bench::by_turns(state, calls);
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        state.counters[kinds[k]] = static_cast<double>(tokens) / bench::median(time[k]);
        if (k > 0) state.counters[kinds[k] + "_times"] = bench::median_ratio(time[0], time[k]);
    }
}

void train_on(const picogpt::model<float>& m, xtn::tape<float>& t, std::span<const picogpt::token> text) {
    const std::size_t length = text.size() - 1;
    t.backward(picogpt::loss(m, t, text.first(length), text.last(length), length).mean);
}
void read_through(const picogpt::model<float>& m, xtn::tape<float>& t, std::span<const picogpt::token> text) {
    const xtn::no_gradient<float> values_only(t);
    m.logits(t, text.first(text.size() - 1), text.size() - 1);
}

/// One of these over a text of some length.
void whole_text(benchmark::State& state, std::size_t length, decltype(train_on)& what) {
    const auto all = models(length);
    const std::vector<picogpt::token> text(length + 1, 7);
    std::vector<std::function<void()>> calls;
    xtn::tape<float> t;
    for (const auto& m : all)
        calls.push_back([&] {
            t.clear();
            what(m, t, text);
        });
    compare(state, length, calls);
}

/// Writes the last positions of a model's context, 16 of them, with so many sequences.
class writer {
public:
    static constexpr std::size_t positions = 16;

    writer(picogpt::model<float> m, std::size_t batch)
        : model_(std::move(m)), state_(model_.state(batch)), text_(batch, 7) {}

    void operator()() {
        state_.restart();
        state_.advance(state_.context() - positions);  // what it holds has no influence on time
        for (std::size_t n = 0; n < positions; ++n) {
            tape_.clear();
            model_.logits(tape_, text_, state_);
        }
    }
    std::size_t bytes() const { return state_.bytes(); }

private:
    picogpt::model<float> model_;
    xtn::nn::decoding_state<float> state_;
    xtn::tape<float> tape_;
    std::vector<picogpt::token> text_;
};

void writing(benchmark::State& state, std::size_t length, std::size_t batch) {
    std::vector<std::unique_ptr<writer>> all;
    std::vector<std::function<void()>> calls;
    for (auto& m : models(length)) {
        all.push_back(std::make_unique<writer>(m, batch));
        calls.push_back([&w = *all.back()] { w(); });
    }
    compare(state, writer::positions * batch, calls);
    for (std::size_t k = 0; k < all.size(); ++k)
        state.counters[kinds[k] + "_bytes"] = static_cast<double>(all[k]->bytes() / batch);
}

void constant(benchmark::State& state, std::size_t batch) {
    const auto near = models(256), far = models(8192);
    std::vector<std::unique_ptr<writer>> all;
    std::vector<std::function<void()>> calls;
    for (std::size_t k = 1; k < kinds.size(); ++k)
        for (const auto& m : {near[k], far[k]}) {
            all.push_back(std::make_unique<writer>(m, batch));
            calls.push_back([&w = *all.back()] { w(); });
        }
    const auto time = bench::by_turns(state, calls);
    for (std::size_t k = 1; k < kinds.size(); ++k)
        state.counters[kinds[k]] = bench::median_ratio(time[2 * k - 2], time[2 * k - 1]);
}

void evaluator(benchmark::State& state, std::size_t length) {
    constexpr std::size_t heads = 4, features = 64, dim = 32;
    bench::bare_products products(1, length * heads * features);
    const auto random = [&](std::size_t columns, std::uint64_t seed) {
        xt::xtensor<float, 2> x({length, columns});
        xtn::random_stream stream(seed);
        for (float& v : x) v = static_cast<float>(stream.uniform());
        return x;
    };
    const auto q = random(heads * features, 1), k = random(heads * features, 2), v = random(heads * dim, 3);
    xtn::tape<float> t;
    const auto time = bench::by_turns(
        state, {[&] {
                    for (std::size_t h = 0; h < heads; ++h)
                        products.linear_attention(0, length, xtn::nn::kernels::linear_attention_chunk, features, dim,
                                                  heads * features, heads * dim);
                },
                [&] {
                    t.clear();
                    const auto y =
                        xtn::nn::linear_attention<float>(t.leaf(q), t.leaf(k), t.leaf(v), length, {.heads = heads}).out;
                    t.backward(xtn::einsum<"rc,rc->">(y, t.constant(v)));
                }});
    state.counters["of_products"] = bench::median_ratio(time[0], time[1]);
}

}  // namespace

int main(int argc, char** argv) {
    const auto add = [](const std::string& name, std::int64_t iterations, auto run) {
        benchmark::RegisterBenchmark(name.c_str(), run)
            ->UseManualTime()
            ->Iterations(iterations)
            ->Unit(benchmark::kMillisecond);
    };
    for (const std::size_t length : {256u, 1024u, 4096u, 8192u, 32768u}) {
        const std::string at = std::to_string(length);
        const std::int64_t times = length > 8192 ? 3 : length > 1024 ? 7 : 21;
        if (length <= 8192) add("training/" + at, times, [=](benchmark::State& s) { whole_text(s, length, train_on); });
        add("reading/" + at, times, [=](benchmark::State& s) { whole_text(s, length, read_through); });
        for (const std::size_t batch : {1u, 16u})
            add("writing/" + at + "/" + std::to_string(batch), times,
                [=](benchmark::State& s) { writing(s, length, batch); });
        if (length <= 8192) add("evaluator/" + at, 21, [=](benchmark::State& s) { evaluator(s, length); });
    }
    add("constant/16", 21, [](benchmark::State& s) { constant(s, 16); });
    return bench::run_on_one_thread(argc, argv);
}
