// SPDX-License-Identifier: BSD-3-Clause
// One training step over a batch, on several threads and perhaps several processes, in two levels. The batch is given in
// micro-batches of equal size, such as windows of a text.
//
// Level one runs once: what depends on parameters only, such as the matrix of a factorised operator, where the cost
// model finds "reconstruct once, then multiply" cheaper for the whole batch. Level two runs on lanes: a lane is a fixed
// share of the micro-batches with its own gradient buffer, worked through in order. Lanes read the reconstructed matrices
// and return their cotangents; these are summed over lanes in a fixed binary tree and pulled back once. As the lanes decide
// every order of summation, not the threads and not the processes that have them, the result is bit-equal for any number of
// both.
//
// Inside a lane the gradients of micro-batches are added one by one: a tree would need a buffer for each of its levels, and a
// running total over n of them loses n units in the last place at most, of which a lane has a few. Thousands want more
// lanes.
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
#include <xtn/train/processes.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// Gradients of a mean loss over micro-batches, on lanes; see this file's head. One batch at a time; the store, the operators
/// and the pool must outlive it.
template <scalar T, process_group Processes = one_process>
class data_parallel {
public:
    /// The operators are those whose matrix may be reconstructed once per step. Lane l belongs to process
    /// owner_of(l, lanes, processes.size()). Throws xtn::error where a parameter of an operator is not in the store.
    data_parallel(parameter_store<T>& store, std::vector<any_operator<T>> operators, thread_pool& pool,
                  std::size_t lanes = 8, Processes processes = {})
        : store_(store),
          pool_(pool),
          processes_(std::move(processes)),
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
        own_ = first_of(processes_.rank(), lanes_, processes_.size());
        own_end_ = first_of(processes_.rank() + 1, lanes_, processes_.size());
    }

    /// Gradient of the mean of loss(tape, b) over micro-batches b = 0 .. count-1, each of `rows` rows. The loss function
    /// returns a variable<T, 0>, and is called from several threads, for one micro-batch at a time. Returns the mean loss.
    /// Every process calls it.
    template <class Loss>
    double gradient(std::size_t count, std::size_t rows, const Loss& loss) {
        if (count == 0) throw error("data_parallel: a step needs at least one micro-batch");
        has_gradients_ = false;
        prepare(rows, count);
        std::vector<double> losses(lanes_);
        pool_.run(own_end_ - own_, [&](std::size_t own, std::size_t worker) {
            const std::size_t lane = own_ + own;
            std::span<T> buffer = buffers_[lane];
            std::fill(buffer.begin(), buffer.end(), T{});
            tape<T>& t = tapes_[worker];
            t.clear();  // of a step that threw
            t.attach(store_, buffer);
            once_.provide_to(t);
            backend::pairwise_sum<double> sum;
            for (std::size_t b = count * lane / lanes_; b < count * (lane + 1) / lanes_; ++b) {
                t.clear();
                const variable<T, 0> value = loss(t, b);
                sum.add(static_cast<double>(value.item()));
                t.backward(value, T(1) / static_cast<T>(count));
            }
            t.clear();
            losses[lane] = sum.total();
        });
        sum_lanes();
        if (processes_.rank() == 0) once_.pull_back();  // what is smaller then goes to the others
        processes_.broadcast(std::as_writable_bytes(sum_.first(store_.size())));
        gather(processes_, std::span<double>(losses));
        has_gradients_ = true;
        backend::pairwise_sum<double> total;
        for (const double sum : losses) total.add(sum);
        return total.total() / static_cast<double>(count);
    }

    /// The gradient of the last step, laid out as the store, the same in all processes. Throws xtn::error before the first,
    /// and after one that threw.
    std::span<T> gradients() {
        if (!has_gradients_) throw error("data_parallel: there are no gradients before gradient() has made them");
        return sum_.first(store_.size());
    }

    /// Bytes of memory for tapes and gradient buffers.
    std::size_t capacity() const {
        std::size_t bytes = memory_.capacity() + once_.capacity();
        for (const tape<T>& t : tapes_) bytes += t.capacity();
        return bytes;
    }

private:
    void prepare(std::size_t rows, std::size_t count) {
        if ((rows != rows_ || count != count_) && (once_.choose(rows, count) || count_ == 0)) {
            const std::size_t size = store_.size() + once_.size();  // of a lane's gradients
            memory_ = {};
            for (std::size_t lane = own_; lane < own_end_; ++lane)
                buffers_[lane] = {memory_.template take<T>(size), size};
            if (processes_.size() > 1) received_ = {memory_.template take<T>(size), size};
            sum_ = processes_.rank() == 0 ? buffers_[0] : received_;
        }
        rows_ = rows;
        count_ = count;
        once_.make(store_, sum_);
    }

    /// buffers_[0] of process 0 = sum over lanes, by a binary tree: lane 0 + 1, 2 + 3, ..., then pairs of pairs.
    void sum_lanes() {
        if (processes_.size() == 1) return add_pairs(1, lanes_);
        const auto owner = [&](std::size_t lane) { return owner_of(lane, lanes_, processes_.size()); };
        for (std::size_t stride = 1; stride < lanes_; stride *= 2) {
            add_pairs(stride, 2 * stride);
            for (std::size_t lane = 0; lane + stride < lanes_; lane += 2 * stride) {
                const std::size_t to = owner(lane), from = owner(lane + stride);
                if (to == from) continue;
                if (from == processes_.rank()) processes_.send(std::as_bytes(buffers_[lane + stride]), to);
                if (to != processes_.rank()) continue;
                processes_.receive(std::as_writable_bytes(received_), from);
                each_chunk([&](std::size_t begin, std::size_t n) { add(buffers_[lane], received_, begin, n); });
            }
        }
    }

    /// The levels of the tree from `stride` to below `end`, as far as both lanes of a pair are this process's.
    void add_pairs(std::size_t stride, std::size_t end) {
        each_chunk([&](std::size_t begin, std::size_t n) {
            for (std::size_t s = stride; s < end; s *= 2)
                for (std::size_t lane = (own_ + 2 * s - 1) / (2 * s) * (2 * s); lane + s < own_end_; lane += 2 * s)
                    add(buffers_[lane], buffers_[lane + s], begin, n);
        });
    }

    /// Calls f(begin, n) for all parts of a lane's buffer, on all threads.
    template <class F>
    void each_chunk(const F& f) {
        constexpr std::size_t chunk = 16384;
        const std::size_t size = sum_.size();
        pool_.run((size + chunk - 1) / chunk,
                  [&](std::size_t c, std::size_t) { f(c * chunk, std::min(chunk, size - c * chunk)); });
    }

    static void add(std::span<T> to, std::span<const T> from, std::size_t begin, std::size_t n) {
        T* a = to.data() + begin;
        const T* b = from.data() + begin;
        for (std::size_t i = 0; i < n; ++i) a[i] += b[i];
    }

    parameter_store<T>& store_;
    thread_pool& pool_;
    [[no_unique_address]] Processes processes_;
    std::vector<tape<T>> tapes_;
    reconstructed<T> once_;
    std::size_t lanes_, own_ = 0, own_end_ = 0;  // this process has the lanes [own_, own_end_)
    std::size_t rows_ = 0, count_ = 0;
    bool has_gradients_ = false;
    backend::arena memory_;
    std::vector<std::span<T>> buffers_;  // of the lanes that this process has
    std::span<T> received_, sum_;        // from another process; of all lanes
};

}  // namespace xtn
