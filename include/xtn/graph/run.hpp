// SPDX-License-Identifier: BSD-3-Clause
// Runs a plan: its steps in order, for every slice, on the workers of an executor. Slices that are summed are added to the
// output one by one in the order of their numbers, whoever made them, so a result has the same bits for any number of
// workers and processes, and a run that is stopped between two slices goes on to the same bits. Processes take slices by turns and send
// them to process 0, which has the sum and gives it to all.
//
// With exponents apart every tensor that a step makes is scaled by a power of two so that its largest entry is near 1. That is
// exact; the powers are added up, and no product of many tensors overflows or vanishes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include <xtn/backend/contract.hpp>
#include <xtn/backend/run.hpp>
#include <xtn/core/processes.hpp>
#include <xtn/graph/executor.hpp>
#include <xtn/graph/plan.hpp>

namespace xtn::graph {

namespace detail {

/// Uninitialised memory on cache lines of its own.
template <scalar T>
class buffer {
public:
    buffer() = default;
    explicit buffer(std::int64_t elements)
        : memory_(elements == 0 ? nullptr
                                : static_cast<T*>(::operator new (static_cast<std::size_t>(elements) * sizeof(T),
                                                                  std::align_val_t{64}))) {}
    T* data() const { return memory_.get(); }

private:
    struct release {
        void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
    };
    std::unique_ptr<T, release> memory_;
};

/// Lets tasks through one by one, in the order of their numbers.
class turnstile {
public:
    template <class F>
    void pass(std::size_t number, F&& f) {
        std::unique_lock lock(mutex_);
        turn_.wait(lock, [&] { return next_ == number || broken_; });
        if (broken_) return;
        f();
        ++next_;
        turn_.notify_all();
    }
    /// Nobody waits any more: a task has failed.
    void open() {
        const std::lock_guard lock(mutex_);
        broken_ = true;
        turn_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable turn_;
    std::size_t next_ = 0;
    bool broken_ = false;
};

/// The power of two that brings the largest of these numbers to [1, 2); 0 where all are 0 or one is not finite.
template <scalar T>
int exponent_of(const T* x, std::int64_t n) {
    real_of<T> largest = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if constexpr (is_complex<T>)
            largest = std::max({largest, std::abs(x[i].real()), std::abs(x[i].imag())});
        else
            largest = std::max(largest, std::abs(x[i]));
    }
    return largest > 0 && std::isfinite(largest) ? std::ilogb(largest) : 0;
}
/// x *= 2^power.
template <scalar T>
void scale_by_power(T* x, std::int64_t n, int power) {
    for (std::int64_t i = 0; i < n; ++i) {
        if constexpr (is_complex<T>)
            x[i] = {std::ldexp(x[i].real(), power), std::ldexp(x[i].imag(), power)};
        else
            x[i] = std::ldexp(x[i], power);
    }
}

}  // namespace detail

/// Whether the largest entries of tensors are kept near 1, and the powers of two apart.
enum class exponents : std::uint8_t { inside, apart };

/// The memory of the runs of one plan, which refers to it. Not for concurrent use.
template <scalar T>
class execution {
public:
    execution(const graph::plan& p, exponents e)
        : plan_(p), exponents_(e), constant_(p.constant_size), kept_(p.kept_size) {}

    /// The steps that depend on nothing that changes.
    void prepare(const T* const* operands) {
        workers(1);
        exponent_.assign(exponents_ == exponents::apart ? plan_.order.tree.nodes() : 0, 0);
        if (exponents_ == exponents::apart) scale_operands(operands);
        for (const pair_step& s : plan_.steps[detail::once]) run(s, bind(operands), 0, 0, exponent_.data(), nullptr);
    }

    /// Adds the slices first .. last - 1 to the output, of which the first one of all overwrites it. Returns the power of
    /// two that the output is to be multiplied by, given that of the slices before.
    std::int64_t run(const T* const* operands, T* output, std::int64_t first, std::int64_t last, std::int64_t power,
                     const executor& on) {
        const bool apart = exponents_ == exponents::apart;
        if (apart) scale_operands(operands);
        const any_process_group& processes = on.processes();
        const auto slices = static_cast<std::size_t>(last - first), rank = processes.rank(), size = processes.size();
        const std::size_t count = slices > rank ? (slices - rank + size - 1) / size : 0;  // of this process
        workers(std::max<std::size_t>(1, std::min(on.workers(), count)));
        const T* const* data = bind(operands);
        for (const pair_step& s : plan_.steps[detail::each_run]) run(s, data, 0, 0, exponent_.data(), output);
        if (plan_.slices == 1 || plan_.steps[detail::each_slice].empty()) return apart ? exponent_[plan_.root()] : 0;
        detail::turnstile order;
        on.run(count, [&](std::size_t task, std::size_t worker) {
            try {
                const std::int64_t slice = first + static_cast<std::int64_t>(task * size + rank);
                std::vector<std::int64_t>& exponent = work_[worker].exponent;
                exponent = exponent_;
                T* const result = plan_.sums_slices ? work_[worker].result.data() : place_of(slice, output);
                for (const pair_step& s : plan_.steps[detail::each_slice])
                    run(s, data, slice, worker, exponent.data(), result);
                if (!plan_.sums_slices && size == 1) return;  // it is where it belongs
                order.pass(task, [&] {
                    const std::int64_t e = apart ? exponent[plan_.root()] : 0;
                    if (rank > 0) return send(processes, result, e);
                    if (plan_.sums_slices) add(slice, result, output, e, power);
                    for (std::size_t other = 1; other < size; ++other)
                        if (const std::int64_t theirs = slice + static_cast<std::int64_t>(other); theirs < last)
                            receive(processes, other, theirs, output, power);
                });
            } catch (...) {
                order.open();
                throw;
            }
        });
        if (size > 1) {
            processes.broadcast(
                std::as_writable_bytes(std::span(output, static_cast<std::size_t>(plan_.output.volume()))));
            processes.broadcast(std::as_writable_bytes(std::span(&power, 1)));
        }
        return power;
    }

    const graph::plan& plan() const { return plan_; }
    /// For gradients: where a worker's slices make their results, and memory for so many workers.
    T* result(std::size_t worker) { return work_[worker].result.data(); }
    void workers(std::size_t n) {
        while (work_.size() < n)
            work_.push_back({detail::buffer<T>(plan_.work_size), detail::buffer<T>(plan_.result_size()), {}});
    }
    /// Where a node lies for one slice. The result is given.
    T* at(std::uint32_t node, const T* const* operands, std::int64_t slice, std::size_t worker, T* result) {
        const spot& s = plan_.where[node];
        switch (s.in) {
            case spot::space::operand: {
                const std::int64_t offset =
                    plan_.slices == 1 ? 0 : plan_.slice_offset(slice, plan_.net.input(node), plan_.operands[node]);
                return const_cast<T*>(operands[node]) + offset;  // operands are only read
            }
            case spot::space::constant: return constant_.data() + s.offset;
            case spot::space::kept: return kept_.data() + s.offset;
            case spot::space::work: return work_[worker].work.data() + s.offset;
            case spot::space::result: return result;
        }
        return nullptr;
    }
    void run(const pair_step& s, const T* const* operands, std::int64_t slice, std::size_t worker,
             std::int64_t* exponent, T* result) {
        std::array<T*, bases::most> base{};
        base[0] = at(s.a, operands, slice, worker, result);
        const bases b = s.how.bases();
        if (b.operands > 1) base[1] = at(s.b, operands, slice, worker, result);
        T* const made = b.operands > 1 ? at(s.c, operands, slice, worker, result) : result;
        base[b.value()] = made;
        base[b.workspace()] = work_[worker].work.data() + s.scratch;
        base[b.residual()] = base[b.workspace()] + s.how.workspace_size;
        backend::run<T>(s.how, base.data());
        if (exponents_ == exponents::inside) return;
        const std::int64_t size = s.c == plan_.root() ? plan_.slice_output.volume() : plan_.volume[s.c];
        const int e = detail::exponent_of(made, size);
        if (e != 0) detail::scale_by_power(made, size, -e);
        exponent[s.c] = exponent[s.a] + (b.operands > 1 ? exponent[s.b] : 0) + e;
    }

private:
    struct memory {
        detail::buffer<T> work, result;
        std::vector<std::int64_t> exponent;
    };

    /// Where in the output a slice that is not summed lies.
    T* place_of(std::int64_t slice, T* output) const {
        return output + plan_.slice_offset(slice, plan_.net.output(), plan_.output);
    }
    /// Hands a slice to process 0.
    void send(const any_process_group& processes, const T* result, std::int64_t exponent) {
        travelling_.resize(static_cast<std::size_t>(plan_.slice_output.volume()));
        backend::copy<T>({result, plan_.slice_output}, {travelling_.data(), packed_slice()}, false);
        processes.exchange(std::as_bytes(std::span(travelling_)), 0, {}, 0);
        processes.exchange(std::as_bytes(std::span(&exponent, 1)), 0, {}, 0);
    }
    /// Takes a slice from another process to where it belongs.
    void receive(const any_process_group& processes, std::size_t from, std::int64_t slice, T* output,
                 std::int64_t& power) {
        std::int64_t exponent = 0;
        travelling_.resize(static_cast<std::size_t>(plan_.slice_output.volume()));
        processes.exchange({}, from, std::as_writable_bytes(std::span(travelling_)), from);
        processes.exchange({}, from, std::as_writable_bytes(std::span(&exponent, 1)), from);
        if (plan_.sums_slices)
            add(slice, travelling_.data(), output, exponent, power);
        else
            backend::copy<T>({travelling_.data(), packed_slice()}, {place_of(slice, output), plan_.slice_output},
                             false);
    }
    /// How a slice lies in memory of its own.
    geometry packed_slice() const {
        return plan_.sums_slices ? plan_.slice_output : geometry::row_major(plan_.slice_output.extents());
    }

    const T* const* bind(const T* const* operands) const { return scaled_.empty() ? operands : scaled_.data(); }

    /// Copies of the operands whose product with another could leave the range of numbers.
    void scale_operands(const T* const* operands) {
        constexpr int safe = std::numeric_limits<real_of<T>>::max_exponent / 4;
        const std::size_t n = plan_.net.tensors();
        scaled_.assign(operands, operands + n);
        copies_.clear();
        for (std::size_t i = 0; i < n; ++i) {
            const geometry& g = plan_.operands[i];
            std::int64_t low = 0, high = 0;
            for (std::size_t axis = 0; axis < g.rank; ++axis) {
                const std::int64_t reach = (g.extent[axis] - 1) * g.stride[axis];
                (reach < 0 ? low : high) += reach;
            }
            exponent_[i] = 0;
            if (g.volume() == 0) continue;
            const int e = detail::exponent_of(operands[i] + low, high - low + 1);
            if (std::abs(e) <= safe) continue;
            detail::buffer<T> copy(high - low + 1);
            std::copy_n(operands[i] + low, high - low + 1, copy.data());
            detail::scale_by_power(copy.data(), high - low + 1, -e);
            scaled_[i] = copy.data() - low;
            exponent_[i] = e;
            copies_.push_back(std::move(copy));
        }
    }

    /// output += slice, with the powers of two made equal.
    void add(std::int64_t slice, T* result, T* output, std::int64_t exponent, std::int64_t& power) {
        const geometry &whole = plan_.output, &part = plan_.slice_output;
        if (slice == 0) {
            std::fill_n(output, whole.volume(), T{});
            power = exponent;
        }
        if (exponents_ == exponents::apart && exponent != power) {
            if (std::all_of(result, result + part.volume(), [](const T& x) { return x == T{}; })) return;
            const auto shift = static_cast<int>(std::clamp<std::int64_t>(exponent - power, -100'000, 100'000));
            if (shift > 0) {
                detail::scale_by_power(output, whole.volume(), -shift);
                power = exponent;
            } else {
                detail::scale_by_power(result, part.volume(), shift);
            }
        }
        const std::int64_t offset = plan_.slice_offset(slice, plan_.net.output(), whole);
        backend::copy<T>({result, part}, {output + offset, plan_.output_part}, true);
    }

    const graph::plan& plan_;
    exponents exponents_;
    detail::buffer<T> constant_, kept_;
    std::vector<memory> work_;
    std::vector<T> travelling_;  // a slice between two processes
    std::vector<std::int64_t> exponent_;
    std::vector<const T*> scaled_;
    std::vector<detail::buffer<T>> copies_;
};

}  // namespace xtn::graph
