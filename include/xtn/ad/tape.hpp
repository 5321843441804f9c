// SPDX-License-Identifier: BSD-3-Clause
// Reverse-mode differentiation over statements. A tape records, for each statement, the value it made and its pullback:
// what turns the cotangent of the value into cotangents of its operands (Griewank & Walther, Evaluating Derivatives,
// 2008). Inside a statement nothing is recorded: the adjoint of a whole network is planned (plan/pullback.hpp).
//
// Values, cotangents and pullbacks live in an arena that clear() rewinds: after the first step nothing is allocated. A
// tape belongs to one thread; there is no current tape.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <xtn/ad/parameter.hpp>
#include <xtn/backend/arena.hpp>
#include <xtn/backend/contract.hpp>
#include <xtn/core/error.hpp>

namespace xtn {

template <scalar T>
class tape;

/// Where a pullback writes the cotangent of an operand: overwrite it or add to it. Empty where none is wanted.
template <scalar T>
struct gradient_sink {
    T* data = nullptr;
    bool accumulate = false;
    explicit operator bool() const { return data != nullptr; }
};

/// A tensor of rank Rank on a tape, contiguous and row-major. A light handle, valid until the tape is cleared. It is no
/// xtensor expression, so that a gradient is never lost silently: take value() to leave the tape.
template <scalar T, std::size_t Rank>
class variable {
public:
    using value_type = T;
    using shape_type = std::array<std::size_t, Rank>;
    static constexpr std::size_t rank = Rank;

    variable(xtn::tape<T>& owner, std::size_t node, T* data, const shape_type& shape)
        : tape_(&owner), node_(node), data_(data), shape_(shape) {}

    xtn::tape<T>& tape() const { return *tape_; }
    std::size_t node() const { return node_; }
    const shape_type& shape() const { return shape_; }
    std::size_t size() const {
        std::size_t n = 1;
        for (const std::size_t e : shape_) n *= e;
        return n;
    }
    T* data() const { return data_; }
    /// The elements as an xtensor expression; nothing done with it is recorded.
    auto value() const { return detail::as_expression<Rank>(data_, geometry::row_major(shape_)); }
    /// The value of a scalar.
    T item() const requires(Rank == 0) { return *data_; }
    /// The cotangent after backward(), as an xtensor expression. Throws xtn::error where none was made.
    auto gradient() const {
        return detail::as_expression<Rank>(tape_->gradient_of(node_), geometry::row_major(shape_));
    }
    /// Whether anything it depends on is differentiated.
    bool needs_gradient() const { return tape_->needs_gradient(node_); }
    /// For a pullback: where the cotangent of this operand goes.
    gradient_sink<T> sink() const { return tape_->sink(node_); }

    /// The same elements as a constant: no gradient flows back through it.
    variable detach() const { return tape_->template constant<Rank>(data_, shape_); }

    /// The same elements in another shape. Throws shape_error where the number of elements differs.
    template <std::size_t Other>
    variable<T, Other> reshape(const std::array<std::size_t, Other>& shape) const {
        variable<T, Other> v(*tape_, node_, data_, shape);
        if (v.size() != size())
            throw shape_error("reshape: " + to_string(geometry::row_major(shape_)) + " and " +
                              to_string(geometry::row_major(shape)) + " have different numbers of elements");
        return v;
    }

private:
    xtn::tape<T>* tape_;
    std::size_t node_;
    T* data_;
    shape_type shape_;
};

/// Records statements and runs their adjoints. One per thread; clear() between steps.
template <scalar T>
class tape {
public:
    tape() = default;
    tape(const tape&) = delete;
    tape& operator=(const tape&) = delete;
    ~tape() { clear(); }

    /// Forgets all statements and variables and keeps the memory. An attached gradient buffer stays attached.
    void clear() {
        for (const statement& s : statements_) s.destroy(s.state);
        statements_.clear();
        nodes_.clear();
        leaves_.clear();
        done_ = false;
        residual_bytes_ = 0;
        arena_.release({});
    }

    /// From now on the gradients of bound parameters are added to this flat buffer, at their offsets.
    void attach(std::span<T> gradients) { flat_ = gradients; }

    /// Has apply() use this matrix instead of the network with that id, which was reconstructed once for many tapes.
    void provide(const void* network_id, const parameter<T>& matrix) { provided_.emplace_back(network_id, matrix); }
    const parameter<T>* provided(const void* network_id) const {
        for (const auto& [id, matrix] : provided_)
            if (id == network_id) return &matrix;
        return nullptr;
    }
    void forget_provided() { provided_.clear(); }

    /// A parameter as a variable. Its elements are read in place; the tape keeps it alive.
    template <std::size_t Rank>
    variable<T, Rank> leaf(const parameter<T>& p) {
        std::array<std::size_t, Rank> shape;
        if (p.shape().size() != Rank)
            throw shape_error("a parameter of shape " + to_string(geometry::row_major(p.shape())) +
                              " is no variable of rank " + std::to_string(Rank));
        std::copy_n(p.shape().begin(), Rank, shape.begin());
        return {*this, leaf_node(p), p.data(), shape};
    }
    /// The node of a parameter: for rules whose operands have no static rank.
    std::size_t leaf_node(const parameter<T>& p) {
        for (const auto& [known, node] : leaves_)
            if (known == p) return node;
        node_state n{.value = p.data(), .size = p.size(), .needs = p.is_trainable()};
        if (n.needs && p.offset() != parameter<T>::unbound && p.offset() + p.size() <= flat_.size()) {
            n.gradient = flat_.data() + p.offset();
            n.written = true;
        }
        nodes_.push_back(n);
        leaves_.emplace_back(p, nodes_.size() - 1);
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
    /// Elements kept by somebody else, valid until clear(), as a variable that is not differentiated.
    template <std::size_t Rank>
    variable<T, Rank> constant(const T* data, const std::array<std::size_t, Rank>& shape) {
        variable<T, Rank> v(*this, nodes_.size(), const_cast<T*>(data), shape);  // read only: it needs no gradient
        nodes_.push_back({.value = v.data(), .size = v.size()});
        return v;
    }

    /// For rules: an uninitialised result, differentiated where one of the operands is.
    template <std::size_t Rank, class... Operands>
    variable<T, Rank> result(const std::array<std::size_t, Rank>& shape, const Operands&... operands) {
        return result<Rank>(shape, (false || ... || operands.needs_gradient()));
    }
    template <std::size_t Rank>
    variable<T, Rank> result(const std::array<std::size_t, Rank>& shape, bool needs) {
        variable<T, Rank> v(*this, nodes_.size(), nullptr, shape);
        T* data = arena_.template take<T>(v.size());
        nodes_.push_back({.value = data, .size = v.size(), .needs = needs && recording_});
        return {*this, nodes_.size() - 1, data, shape};
    }
    /// For rules: memory that lives as long as the recording, for residuals.
    template <class U>
    U* keep(std::size_t n) {
        return arena_.template take<U>(n);
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
    void require_gradient(std::size_t node) { nodes_[node].needs = recording_; }
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
        for (const auto& [known, node] : leaves_)
            if (known == p) return {gradient_of(node), p.size()};
        throw error("this parameter was no leaf of the tape");
    }

    /// Adds a cotangent of v, to start from.
    template <std::size_t Rank>
    void seed(const variable<T, Rank>& v, const T* cotangent) {
        const gradient_sink<T> s = sink(v.node());
        if (!s) throw error("backward: the value depends on nothing that is differentiated");
        for (std::size_t i = 0; i < v.size(); ++i) s.data[i] = s.accumulate ? s.data[i] + cotangent[i] : cotangent[i];
    }
    /// Runs the pullbacks of everything recorded, from the seeds. Once per recording.
    void backward() {
        if (done_) throw error("backward: this recording has been differentiated already; record it again");
        done_ = true;
        for (std::size_t i = statements_.size(); i-- > 0;) {
            const node_state& n = nodes_[statements_[i].node];
            if (n.written) statements_[i].pullback(statements_[i].state, n.gradient);
        }
    }
    /// Gradients of a scalar, times `scale`.
    void backward(const variable<T, 0>& value, T scale = T(1)) {
        seed(value, &scale);
        backward();
    }

    /// Bytes that the intermediates of contractions may take on this tape, for each recording; beyond, pullbacks make
    /// them again. Without a limit all are kept.
    void limit_residuals(std::size_t bytes) { residual_limit_ = bytes; }
    std::size_t residual_bytes() const { return residual_bytes_; }
    /// For rules: whether `n` more elements are within the limit; they count as taken then.
    bool has_room_for_residuals(std::size_t n) {
        if (n * sizeof(T) > residual_limit_ - residual_bytes_) return false;
        residual_bytes_ += n * sizeof(T);
        return true;
    }

    /// Whether results are differentiated at all; returns what was so before. See no_gradient.
    bool set_recording(bool on) { return std::exchange(recording_, on); }

    /// Bytes of memory held.
    std::size_t capacity() const { return arena_.capacity(); }

private:
    struct node_state {
        T* value = nullptr;
        T* gradient = nullptr;
        std::size_t size = 0;
        bool needs = false;
        bool written = false;  // the gradient holds something to add to
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
        std::copy(value.shape().begin(), value.shape().end(), shape.begin());
        variable<T, rank> v = result<rank>(shape, needs);
        auto target = v.value();
        xt::noalias(target) = value;
        return v;
    }

    backend::arena arena_;
    std::vector<node_state> nodes_;
    std::vector<statement> statements_;
    std::vector<std::pair<parameter<T>, std::size_t>> leaves_;  // keeps them alive
    std::vector<std::pair<const void*, parameter<T>>> provided_;
    std::span<T> flat_;
    bool done_ = false, recording_ = true;
    std::size_t residual_limit_ = std::numeric_limits<std::size_t>::max(), residual_bytes_ = 0;
};

/// While it lives, nothing on the tape is recorded: results are values only.
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

/// Whether a type is a variable on a tape.
template <class V>
inline constexpr bool is_variable = false;
/// It is.
template <scalar T, std::size_t Rank>
inline constexpr bool is_variable<variable<T, Rank>> = true;

}  // namespace xtn
