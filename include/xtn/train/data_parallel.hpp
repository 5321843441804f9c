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
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/op/cost.hpp>
#include <xtn/train/parameter_store.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// Gradients of a mean loss over windows, on lanes; see this file's head. One batch at a time; the store, the operators and
/// the pool must outlive it.
template <scalar T>
class data_parallel {
public:
    /// The operators are those whose matrix may be reconstructed once per step. All of them must live in the store.
    data_parallel(parameter_store<T>& store, std::vector<any_operator<T>> operators, thread_pool& pool,
                  std::size_t lanes = 8)
        : store_(store),
          operators_(std::move(operators)),
          pool_(pool),
          tapes_(pool.workers()),
          lanes_(lanes),
          buffers_(lanes) {
        if (lanes == 0) throw error("data_parallel: at least one lane is needed");
    }

    /// Gradient of the mean of loss(tape, window) over windows 0 .. windows-1, each of `rows` rows. The loss function
    /// returns a variable<T, 0>, and is called from several threads, for one window at a time. Returns the mean loss.
    template <class Loss>
    double gradient(std::size_t windows, std::size_t rows, const Loss& loss) {
        if (windows == 0) throw error("data_parallel: a step needs at least one window");
        prepare(rows, windows);
        std::vector<double> sums(lanes_);
        pool_.run(lanes_, [&](std::size_t lane, std::size_t worker) {
            std::span<T> buffer = buffers_[lane];
            std::fill(buffer.begin(), buffer.end(), T{});
            tape<T>& t = tapes_[worker];
            t.attach(buffer);
            t.forget_provided();
            for (const matrix& m : matrices_) t.provide(m.network_id, m.value);
            for (std::size_t w = windows * lane / lanes_; w < windows * (lane + 1) / lanes_; ++w) {
                t.clear();
                const variable<T, 0> value = loss(t, w);
                sums[lane] += static_cast<double>(value.item());
                t.backward(value, T(1) / static_cast<T>(windows));
            }
            t.clear();
        });
        sum_lanes();
        for (const matrix& m : matrices_)
            if (m.value.is_trainable()) once_.seed(m.variable, buffers_[0].data() + m.value.offset());
        once_.backward();
        double total = 0;
        for (const double s : sums) total += s;
        return total / static_cast<double>(windows);
    }

    /// The gradient of the last step, laid out as the store.
    std::span<T> gradients() { return buffers_[0].first(store_.size()); }

    /// Bytes of memory for tapes and gradient buffers.
    std::size_t capacity() const {
        std::size_t bytes = memory_.capacity() + once_.capacity();
        for (const tape<T>& t : tapes_) bytes += t.capacity();
        return bytes;
    }

private:
    struct matrix {  // reconstructed once per step
        const void* network_id;
        xtn::variable<T, 2> variable;
        parameter<T> value;
    };

    void prepare(std::size_t rows, std::size_t windows) {
        if (rows != rows_ || windows != windows_) choose_reconstructed(rows, windows);
        once_.clear();
        once_.attach(buffers_[0]);
        matrices_.clear();
        std::size_t offset = store_.size();
        for (const any_operator<T>& op : reconstructed_) {
            const variable<T, 2> w = to_dense(op, once_);
            parameter<T> value = parameter<T>::view({w.data(), w.size()}, {op.out(), op.in()}, offset);
            value.set_trainable(w.needs_gradient());
            offset += w.size();
            matrices_.push_back({op.network().id(), w, std::move(value)});
        }
    }

    void choose_reconstructed(std::size_t rows, std::size_t windows) {
        rows_ = rows;
        windows_ = windows;
        reconstructed_.clear();
        for (const any_operator<T>& op : operators_)
            if (worth_reconstructing(op, rows, windows)) reconstructed_.push_back(op);
        std::size_t size = store_.size();  // of a lane's gradients: parameters, then reconstructed matrices
        for (const any_operator<T>& op : reconstructed_) size += op.out() * op.in();
        if (buffers_[0].size() != size)
            for (std::span<T>& b : buffers_) b = {memory_.template take<T>(size), size};
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
    std::vector<any_operator<T>> operators_;
    thread_pool& pool_;
    std::vector<tape<T>> tapes_;
    tape<T> once_;
    std::size_t lanes_;
    std::size_t rows_ = 0, windows_ = 0;
    std::vector<any_operator<T>> reconstructed_;  // operators worth reconstructing for these
    std::vector<matrix> matrices_;
    backend::arena memory_;
    std::vector<std::span<T>> buffers_;
};

}  // namespace xtn
