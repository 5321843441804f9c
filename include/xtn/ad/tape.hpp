// SPDX-License-Identifier: BSD-3-Clause
// Reverse-mode differentiation over statements. A tape records, for each statement, the value it made and its pullback:
// what turns the cotangent of the value into cotangents of its operands (Griewank & Walther, Evaluating Derivatives,
// 2008). Inside a statement nothing is recorded: the adjoint of a whole network is planned (plan/pullback.hpp).
//
// Values, cotangents and pullbacks live in an arena that clear() rewinds: after the first step nothing is allocated. A
// tape belongs to one thread; there is no current tape. What it reads in place (parameters, constants) must not change
// before backward(), which refuses where it has.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/ad/fingerprint.hpp>
#include <xtn/ad/parameter.hpp>
#include <xtn/ad/recording.hpp>
#include <xtn/ad/variable.hpp>
#include <xtn/backend/arena.hpp>
#include <xtn/backend/contract.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

/// Flat memory that parameters live in, such as parameter_store.
template <class S>
concept parameter_memory = requires(const S& s) {
    { s.size() } -> std::convertible_to<std::size_t>;
    { s.id() } -> std::convertible_to<const void*>;  ///< parameter_place::store of its parameters
};

/// Records statements and runs their adjoints. One per thread; clear() between steps.
template <scalar T>
class tape {
public:
    tape() = default;
    /// Of matrix products in this precision. Throws xtn::error for one that tensors of T do not have.
    explicit tape(xtn::precision p) { set_precision(p); }
    tape(const tape&) = delete;
    tape& operator=(const tape&) = delete;
    ~tape() { clear(); }

    /// Forgets all statements and variables and keeps the memory. An attached gradient buffer stays attached. Variables
    /// made before throw xtn::error where they are used.
    void clear() {
        recording_.next();
        for (const statement& s : statements_) s.destroy(s.state);
        statements_.clear();
        nodes_.clear();
        leaves_.clear();
        watched_.clear();
        seeded_ = done_ = false;
        residual_bytes_ = 0;
        arena_.release({});
        rounded_.clear();
    }
    /// From now on matrix products are made in this precision, forward and backward; everything else stays in T. Throws as
    /// the constructor does.
    void set_precision(xtn::precision p) {
        detail::require_precision<T>(p, "tape");
        precision_ = p;
    }
    xtn::precision precision() const { return precision_; }
    /// For rules: rounded copies of what lives as long as the recording. Copies of parameters may be provided for many tapes.
    backend::rounded_copies& rounded() { return rounded_; }

    /// What variables compare to know their recording.
    const detail::recording_number& recording() const { return recording_; }

    /// From now on the gradients of this store's parameters are added to this flat buffer, at their offsets, and no other
    /// parameter can be. Throws shape_error where the buffer is smaller than the store, xtn::error where
    /// parameters are in use already, whose gradients would stay where they are.
    template <parameter_memory Store>
    void attach(const Store& store, std::span<T> gradients) {
        if (gradients.size() < store.size())
            throw shape_error("tape::attach: the store has " + std::to_string(store.size()) +
                              " elements, but the gradient buffer only " + std::to_string(gradients.size()));
        if (!leaves_.empty())
            throw error("tape::attach: parameters are in use already; attach first, or after clear()");
        store_ = store.id();
        flat_ = gradients;
    }

    /// Has apply() use this matrix instead of the network with that id, which was reconstructed once for many tapes.
    void provide(const void* network_id, const parameter<T>& matrix) { provided_.emplace_back(network_id, matrix); }
    const parameter<T>* provided(const void* network_id) const {
        for (const auto& [id, matrix] : provided_)
            if (id == network_id) return &matrix;
        return nullptr;
    }
    void forget_provided() { provided_.clear(); }

    /// A parameter as a variable. Its elements are read in place; the tape keeps it alive. Throws shape_error for another
    /// rank, xtn::error where its gradient has no place in the attached buffer.
    template <std::size_t Rank>
    variable<T, Rank> leaf(const parameter<T>& p) {
        std::array<std::size_t, Rank> shape;
        if (p.shape().size() != Rank)
            throw shape_error(to_string(p) + " is no variable of rank " + std::to_string(Rank));
        std::copy_n(p.shape().begin(), Rank, shape.begin());
        return {*this, leaf_node(p), p.data(), shape};
    }
    /// The node of a parameter: for rules whose operands have no static rank.
    std::size_t leaf_node(const parameter<T>& p) {
        for (leaf_state& l : leaves_)
            if (l.value == p) {
                if (nodes_[l.node].needs != p.is_trainable())
                    throw error(to_string(p) + " was frozen or set free while in use; do so before, or after clear()");
                look_at(l);
                return l.node;
            }
        leaf_state l{p, nodes_.size(), {}};
        nodes_.push_back({.value = p.data(), .size = p.size(), .needs = p.is_trainable()});
        try {
            look_at(l);
        } catch (...) {
            nodes_.pop_back();
            throw;
        }
        leaves_.push_back(std::move(l));
        return nodes_.size() - 1;
    }

    /// A copy of an xtensor expression as a variable that is differentiated.
    template <class E>
    auto leaf(const xt::xexpression<E>& value) {
        return copy_of(value.derived_cast(), true);
    }
    /// A copy of an xtensor expression as a variable that is not.
    template <class E>
    auto constant(const xt::xexpression<E>& value) {
        return copy_of(value.derived_cast(), false);
    }
    /// Elements kept by somebody else as a variable that is not differentiated. They must live until clear(), and not
    /// change before backward().
    template <std::size_t Rank>
    variable<T, Rank> constant(const T* data, const std::array<std::size_t, Rank>& shape) {
        variable<T, Rank> v(*this, nodes_.size(), const_cast<T*>(data), shape);  // read only: it needs no gradient
        nodes_.push_back({.value = v.data(), .size = v.size()});
        watch(std::span(data, v.size()), "a constant");
        return v;
    }

    /// For rules: an uninitialised result, differentiated where one of the operands is. Throws xtn::error where an operand
    /// is on another tape.
    template <std::size_t Rank, class... Operands>
    variable<T, Rank> result(const std::array<std::size_t, Rank>& shape, const Operands&... operands) {
        (require_mine(operands), ...);
        return result<Rank>(shape, (false || ... || operands.needs_gradient()));
    }
    template <std::size_t Rank>
    variable<T, Rank> result(const std::array<std::size_t, Rank>& shape, bool needs) {
        variable<T, Rank> v(*this, nodes_.size(), nullptr, shape);
        T* data = arena_.template take<T>(v.size());
        nodes_.push_back({.value = data, .size = v.size(), .needs = needs && recording_on_});
        return {*this, nodes_.size() - 1, data, shape};
    }
    /// For rules: a result in the memory of x, of which no pullback may read the elements that were there.
    template <std::size_t Rank>
    variable<T, Rank> result_over(const variable<T, Rank>& x, bool needs) {
        require_mine(x);
        nodes_.push_back({.value = x.data(), .size = x.size(), .needs = needs && recording_on_});
        return {*this, nodes_.size() - 1, x.data(), x.shape()};
    }
    /// For rules: throws xtn::error where the variable is on another tape.
    template <std::size_t Rank>
    void require_mine(const variable<T, Rank>& v) const {
        if (&v.tape() != this)
            throw error(
                "the variables are on different tapes, and no gradient passes from one to another; take a value over "
                "with "
                "tape.constant(v.value())");
    }
    /// For rules: memory that lives as long as the recording.
    template <class U>
    U* keep(std::size_t n) {
        return arena_.template take<U>(n);
    }
    /// For rules: memory for what the pullback of y will read; where there is none to come, as long as the frame.
    template <class U, std::size_t Rank>
    U* keep_for(const variable<T, Rank>& y, std::size_t n, backend::workspace_frame& frame) {
        return y.needs_gradient() ? keep<U>(n) : frame.take<U>(n);
    }
    /// For rules: these elements are somebody else's and a pullback reads them, so that backward() refuses, with this name
    /// for them, where they have changed.
    template <class U>
    void watch(std::span<const U> elements, const char* what) {
        if (recording_on_) watched_.add(what, arena_, [elements] { return detail::fingerprint(elements); });
    }
    void watch(const T* data, const geometry& shape, const char* what) {
        if (recording_on_) watched_.add(what, arena_, [data, shape] { return detail::fingerprint(data, shape); });
    }
    /// For rules: pullback(cotangent of y) runs in backward(), in reverse order, if y got a cotangent at all. It hands
    /// cotangents on through sink(). Nothing is recorded where y needs no gradient.
    template <std::size_t Rank, class Pullback>
    void record(const variable<T, Rank>& y, Pullback pullback) {
        record(y.node(), std::move(pullback));
    }
    template <class Pullback>
    void record(std::size_t node, Pullback pullback) {
        if (!nodes_[node].needs) return;
        static_assert(alignof(Pullback) <= backend::arena::alignment);
        void* state = arena_.template take<std::byte>(sizeof(Pullback));
        new (state) Pullback(std::move(pullback));
        statements_.push_back({[](void* s, const T* dy) { (*static_cast<Pullback*>(s))(dy); },
                               [](void* s) { static_cast<Pullback*>(s)->~Pullback(); }, state, node});
    }

    /// For rules: from here on the result is differentiated, though its operands so far are not.
    void require_gradient(std::size_t node) { nodes_[node].needs = recording_on_; }
    bool needs_gradient(std::size_t node) const { return nodes_[node].needs; }
    gradient_sink<T> sink(std::size_t node) {
        node_state& n = nodes_[node];
        if (!n.needs) return {};
        if (n.gradient == nullptr) n.gradient = arena_.template take<T>(n.size);
        return {n.gradient, std::exchange(n.written, true)};
    }
    T* gradient_of(std::size_t node) const {
        if (nodes_[node].gradient == nullptr || !nodes_[node].written)
            throw error("this variable has no gradient: call backward() on something that depends on it");
        return nodes_[node].gradient;
    }
    /// The gradient of a parameter that was a leaf, row-major. Throws xtn::error where none was made.
    std::span<const T> gradient(const parameter<T>& p) const {
        for (const leaf_state& l : leaves_)
            if (l.value == p) return {gradient_of(l.node), p.size()};
        throw error(to_string(p) + " was no leaf of the tape");
    }

    /// Adds a cotangent of v, to start from. Throws xtn::error, and adds nothing, where nothing v depends on is
    /// differentiated, v is on another tape, or backward() has run.
    template <std::size_t Rank>
    void seed(const variable<T, Rank>& v, const T* cotangent) {
        require_once();
        require_mine(v);
        const gradient_sink<T> s = sink(v.node());
        if (!s) throw error("backward: the value depends on nothing that is differentiated");
        for (std::size_t i = 0, n = v.size(); i < n; ++i)
            s.data[i] = s.accumulate ? s.data[i] + cotangent[i] : cotangent[i];
        seeded_ = true;
    }
    /// Runs the pullbacks of everything recorded, from the seeds. Once per recording. Throws xtn::error, and changes
    /// nothing, where there is no seed, or where parameters or other memory that is read in place have changed since.
    void backward() {
        if (!seeded_ && !done_)
            throw error("backward: there is nothing to start from; give it the loss, or seed() a value first");
        require_ready();
        run_pullbacks();
    }
    /// Gradients of a scalar, times `scale`. Throws as backward() and seed() do.
    void backward(const variable<T, 0>& value, T scale = T(1)) {
        require_ready();
        seed(value, &scale);
        run_pullbacks();
    }

    /// Bytes that the intermediates of contractions may take on this tape, for each recording; beyond, pullbacks make
    /// them again. Without a limit all are kept.
    void limit_residuals(std::size_t bytes) { residual_limit_ = bytes; }
    std::size_t residual_bytes() const { return residual_bytes_; }
    /// For rules: whether `n` more elements are within the limit, or are kept all the same; they count as taken then.
    bool take_residuals(std::size_t n, bool all_the_same = false) {
        const std::size_t bytes = n * sizeof(T);
        if (!all_the_same && (residual_bytes_ > residual_limit_ || bytes > residual_limit_ - residual_bytes_))
            return false;
        residual_bytes_ += bytes;
        return true;
    }

    /// Whether results are differentiated at all; returns what was so before. See no_gradient.
    bool set_recording(bool on) { return std::exchange(recording_on_, on); }
    bool is_recording() const { return recording_on_; }

    /// Bytes of memory held.
    std::size_t capacity() const { return arena_.capacity() + rounded_.capacity(); }

private:
    struct node_state {
        T* value = nullptr;
        T* gradient = nullptr;
        std::size_t size = 0;
        bool needs = false;
        bool written = false;  // the gradient holds something to add to
    };
    struct leaf_state {
        parameter<T> value;  // keeps it alive
        std::size_t node;
        std::optional<std::uint64_t> fingerprint;  // once something is recorded
    };
    struct statement {
        void (*pullback)(void*, const T*);
        void (*destroy)(void*);
        void* state;
        std::size_t node;
    };

    template <class E>
    auto copy_of(const E& value, bool needs) {
        static_assert(std::is_same_v<typename E::value_type, T>, "a tape has one scalar type; cast the value first");
        constexpr std::size_t rank = operand_traits<E>::rank;
        static_assert(rank != dynamic, "a variable has a static rank: give an xt::xtensor, not an xt::xarray");
        std::array<std::size_t, rank> shape{};
        const auto& extents = value.shape();
        std::copy(extents.begin(), extents.end(), shape.begin());
        variable<T, rank> v = result<rank>(shape, needs);
        auto target = detail::as_expression<rank>(v.data(), geometry::row_major(shape));
        xt::noalias(target) = value;
        return v;
    }

    void require_once() const {
        if (done_) throw error("backward: this recording has been differentiated already; record it again");
    }
    void require_ready() const {
        require_once();
        for (const leaf_state& l : leaves_)
            if (l.fingerprint && (l.value.data() != nodes_[l.node].value || *l.fingerprint != fingerprint_of(l.value)))
                throw_changed(to_string(l.value));
        if (const char* changed = watched_.changed()) throw_changed(changed);
    }
    [[noreturn]] static void throw_changed(const std::string& what) {
        throw error("backward: " + what +
                    " has changed since it was recorded, so that gradients would be wrong; change it after backward() "
                    "and record again");
    }
    void run_pullbacks() {
        done_ = true;
        for (std::size_t i = statements_.size(); i-- > 0;) {
            const node_state& n = nodes_[statements_[i].node];
            if (n.written) statements_[i].pullback(statements_[i].state, n.gradient);
        }
    }

    static std::uint64_t fingerprint_of(const parameter<T>& p) {
        return detail::fingerprint(std::span<const T>(p.values()));
    }
    /// Before the first statement that may be recorded with a parameter: where its gradient goes, and what it is now.
    void look_at(leaf_state& l) {
        if (!recording_on_ || l.fingerprint) return;
        node_state& n = nodes_[l.node];
        if (n.needs && store_ != nullptr) {
            const parameter_place& place = l.value.place();
            if (place.store != store_)
                throw error(to_string(l.value) + (place.store == nullptr ? " is in no store" : " is in another store") +
                            ", but the gradients of this tape go to one: put it into that store, freeze it with "
                            "set_trainable(false), use it under no_gradient, or use a tape of its own");
            n.gradient = flat_.data() + place.offset;
            n.written = true;
        }
        l.fingerprint = fingerprint_of(l.value);
    }

    detail::recording_number recording_;
    backend::arena arena_;
    backend::rounded_copies rounded_;
    xtn::precision precision_ = xtn::precision::full;
    std::vector<node_state> nodes_;
    std::vector<statement> statements_;
    std::vector<leaf_state> leaves_;
    detail::watch_list watched_;
    std::vector<std::pair<const void*, parameter<T>>> provided_;
    const void* store_ = nullptr;
    std::span<T> flat_;
    bool seeded_ = false, done_ = false, recording_on_ = true;
    std::size_t residual_limit_ = std::numeric_limits<std::size_t>::max(), residual_bytes_ = 0;
};

/// While it lives, nothing on the tape is recorded: results are values only, and nothing is kept for a pullback.
template <scalar T>
class no_gradient {
public:
    explicit no_gradient(tape<T>& t) : tape_(t), before_(t.set_recording(false)) {}
    ~no_gradient() { tape_.set_recording(before_); }
    no_gradient(const no_gradient&) = delete;
    no_gradient& operator=(const no_gradient&) = delete;

private:
    tape<T>& tape_;
    bool before_;
};

}  // namespace xtn
