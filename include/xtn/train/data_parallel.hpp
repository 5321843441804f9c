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
#include <xtn/core/processes.hpp>
#include <xtn/op/reconstructed.hpp>
#include <xtn/train/lanes.hpp>
#include <xtn/train/parameter_store.hpp>
#include <xtn/train/rounded_weights.hpp>
#include <xtn/train/thread_pool.hpp>

namespace xtn {

/// Gradients of a mean loss over micro-batches, on lanes; see this file's head. One batch at a time; the store, the operators
/// and the pool must outlive it.
template <scalar T, process_group Processes = one_process>
class data_parallel {
public:
    /// The operators are those whose matrix may be reconstructed once per step. Lane l belongs to process
    /// owner_of(l, lanes, processes.size()). Lanes multiply in this precision. Throws xtn::error where a parameter of an operator is
    /// not in the store, or where T is not multiplied in this precision.
    data_parallel(parameter_store<T>& store, std::vector<any_operator<T>> operators, thread_pool& pool,
                  std::size_t lanes = 8, Processes processes = {}, precision p = precision::full)
        : store_(store),
          pool_(pool),
          tapes_(pool.workers()),
          once_(std::move(operators)),
          lanes_(lanes, std::move(processes)) {
        if (lanes == 0) throw error("data_parallel: at least one lane is needed");
        for (tape<T>& t : tapes_) t.set_precision(p);
        for (const any_operator<T>& op : once_.operators())
            for (const operator_term<T>& term : op.network().terms())
                for (const factor<T>& f : term.factors())
                    if (!f.is_constant() && f.value().place().store != store_.id())
                        throw error("data_parallel: " + to_string(f.value()) + " of an operator (" +
                                    std::to_string(op.out()) + " x " + std::to_string(op.in()) +
                                    ") is not in the store");
    }

    /// Gradient of the mean of loss(tape, b) over micro-batches b = 0 .. count-1, each of `rows` rows. The loss function
    /// returns a variable<T, 0>, and is called from several threads, for one micro-batch at a time. Returns the mean loss.
    /// Every process calls it.
    template <class Loss>
    double gradient(std::size_t count, std::size_t rows, const Loss& loss) {
        if (count == 0) throw error("data_parallel: a step needs at least one micro-batch");
        has_gradients_ = false;
        prepare(rows, count);
        std::vector<double> losses(lanes_.count());
        pool_.run(lanes_.last() - lanes_.first(), [&](std::size_t own, std::size_t worker) {
            const std::size_t lane = lanes_.first() + own;
            std::span<T> buffer = lanes_[lane];
            std::fill(buffer.begin(), buffer.end(), T{});
            tape<T>& t = tapes_[worker];
            t.clear();  // of a step that threw
            t.attach(store_, buffer);
            weights_.provide_to(t);
            once_.provide_to(t);
            backend::pairwise_sum<double> sum;
            for (std::size_t b = count * lane / lanes_.count(); b < count * (lane + 1) / lanes_.count(); ++b) {
                t.clear();
                const variable<T, 0> value = loss(t, b);
                sum.add(static_cast<double>(value.item()));
                t.backward(value, T(1) / static_cast<T>(count));
            }
            t.clear();
            losses[lane] = sum.total();
        });
        lanes_.add_up(pool_);
        once_.pull_back();
        gather(lanes_.processes(), std::span<double>(losses));
        has_gradients_ = true;
        backend::pairwise_sum<double> total;
        for (const double sum : losses) total.add(sum);
        return total.total() / static_cast<double>(count);
    }

    /// The gradient of the last step, laid out as the store, the same in all processes. Throws xtn::error before the first,
    /// and after one that threw.
    std::span<T> gradients() {
        if (!has_gradients_) throw error("data_parallel: there are no gradients before gradient() has made them");
        return lanes_.sum().first(store_.size());
    }

    /// Bytes of memory for tapes and gradient buffers.
    std::size_t capacity() const {
        std::size_t bytes = lanes_.capacity() + once_.capacity() + weights_.capacity();
        for (const tape<T>& t : tapes_) bytes += t.capacity();
        return bytes;
    }

private:
    void prepare(std::size_t rows, std::size_t count) {
        if ((rows != rows_ || count != count_) && (once_.choose(rows, count) || count_ == 0))
            lanes_.resize(store_.size() + once_.size());
        rows_ = rows;
        count_ = count;
        once_.make(store_, lanes_.sum());
        weights_.clear();
        if (tapes_.front().precision() == precision::bfloat16) {
            weights_.add(store_.values());
            for (const std::span<const T>& matrix : once_.matrices()) weights_.add(matrix);
        }
    }

    parameter_store<T>& store_;
    thread_pool& pool_;
    std::vector<tape<T>> tapes_;
    reconstructed<T> once_;
    rounded_weights<T> weights_;
    lanes<T, Processes> lanes_;
    std::size_t rows_ = 0, count_ = 0;
    bool has_gradients_ = false;
};

}  // namespace xtn
