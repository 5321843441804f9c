// SPDX-License-Identifier: BSD-3-Clause
// One training step over a batch of windows, on several threads, in two levels.
//
// Level one runs once: what depends on parameters only, such as the matrix of a factorised operator, where the cost
// model finds "reconstruct once, then multiply" cheaper for the whole batch. Level two runs on lanes: a lane is a fixed
// share of the windows with its own gradient buffer, worked through in order. Lanes read the reconstructed matrices and
// return their cotangents; these are summed over lanes in a fixed tree and pulled back once. As the lanes, not the
// threads, decide every order of summation, the result is bit-equal for any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/backend/pairwise.hpp>
#include <xtn/op/reconstructed.hpp>
#include <xtn/train/parameter_store.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// Gradients of a mean loss over windows, on lanes; see this file's head. One batch at a time; the store, the operators and
/// the pool must outlive it.
template <scalar T>
class data_parallel {
public:
    /// The operators are those whose matrix may be reconstructed once per step. Throws xtn::error where one of their
    /// parameters is not in the store.
    data_parallel(parameter_store<T>& store, std::vector<any_operator<T>> operators, thread_pool& pool,
                  std::size_t lanes = 8)
        : store_(store),
          pool_(pool),
          tapes_(pool.workers()),
          once_(std::move(operators)),
          lanes_(lanes),
          buffers_(lanes) {
        if (lanes == 0) throw error("data_parallel: at least one lane is needed");
        for (const any_operator<T>& op : once_.operators())
            for (const operator_term<T>& term : op.network().terms())
                for (const factor<T>& f : term.factors())
                    if (!f.is_constant() && f.value().place().store != store_.id())
                        throw error("data_parallel: " + to_string(f.value()) + " of an operator (" +
                                    std::to_string(op.out()) + " x " + std::to_string(op.in()) +
                                    ") is not in the store");
    }

    /// Gradient of the mean of loss(tape, window) over windows 0 .. windows-1, each of `rows` rows. The loss function
    /// returns a variable<T, 0>, and is called from several threads, for one window at a time. Returns the mean loss.
    template <class Loss>
    double gradient(std::size_t windows, std::size_t rows, const Loss& loss) {
        if (windows == 0) throw error("data_parallel: a step needs at least one window");
        has_gradients_ = false;
        prepare(rows, windows);
        std::vector<backend::pairwise_sum<double>> sums(lanes_);
        pool_.run(lanes_, [&](std::size_t lane, std::size_t worker) {
            std::span<T> buffer = buffers_[lane];
            std::fill(buffer.begin(), buffer.end(), T{});
            tape<T>& t = tapes_[worker];
            t.clear();  // of a step that threw
            t.attach(store_, buffer);
            once_.provide_to(t);
            for (std::size_t w = windows * lane / lanes_; w < windows * (lane + 1) / lanes_; ++w) {
                t.clear();
                const variable<T, 0> value = loss(t, w);
                sums[lane].add(static_cast<double>(value.item()));
                t.backward(value, T(1) / static_cast<T>(windows));
            }
            t.clear();
        });
        sum_lanes();
        once_.pull_back();
        has_gradients_ = true;
        backend::pairwise_sum<double> total;
        for (const auto& s : sums) total.add(s.total());
        return total.total() / static_cast<double>(windows);
    }

    /// The gradient of the last step, laid out as the store. Throws xtn::error before the first, and after one that threw.
    std::span<T> gradients() {
        if (!has_gradients_) throw error("data_parallel: there are no gradients before gradient() has made them");
        return buffers_[0].first(store_.size());
    }

    /// Bytes of memory for tapes and gradient buffers.
    std::size_t capacity() const {
        std::size_t bytes = memory_.capacity() + once_.capacity();
        for (const tape<T>& t : tapes_) bytes += t.capacity();
        return bytes;
    }

private:
    void prepare(std::size_t rows, std::size_t windows) {
        if ((rows != rows_ || windows != windows_) && (once_.choose(rows, windows) || windows_ == 0)) {
            const std::size_t size = store_.size() + once_.size();  // of a lane's gradients
            memory_ = {};
            for (std::span<T>& b : buffers_) b = {memory_.template take<T>(size), size};
        }
        rows_ = rows;
        windows_ = windows;
        once_.make(store_, buffers_[0]);
    }

    /// buffers_[0] = sum over lanes, by a binary tree: lane 0 + 1, 2 + 3, ..., then pairs of pairs.
    void sum_lanes() {
        constexpr std::size_t chunk = 16384;
        const std::size_t size = buffers_[0].size();
        pool_.run((size + chunk - 1) / chunk, [&](std::size_t c, std::size_t) {
            const std::size_t begin = c * chunk, count = std::min(chunk, size - begin);
            for (std::size_t stride = 1; stride < lanes_; stride *= 2)
                for (std::size_t lane = 0; lane + stride < lanes_; lane += 2 * stride) {
                    T* to = buffers_[lane].data() + begin;
                    const T* from = buffers_[lane + stride].data() + begin;
                    for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
                }
        });
    }

    parameter_store<T>& store_;
    thread_pool& pool_;
    std::vector<tape<T>> tapes_;
    reconstructed<T> once_;
    std::size_t lanes_;
    std::size_t rows_ = 0, windows_ = 0;
    bool has_gradients_ = false;
    backend::arena memory_;
    std::vector<std::span<T>> buffers_;
};

}  // namespace xtn
