// SPDX-License-Identifier: BSD-3-Clause
// Matrices of operators that are made once and read by many tapes. A step of training, an evaluation or the generation of
// a text multiplies with the same operators again and again, on several threads; where the cost model finds "reconstruct
// once, then multiply" cheaper for all of it, apply() on those tapes multiplies with the matrix.
//
// Matrices that are recorded hand their gradient on: tapes add cotangents to a flat buffer, behind those of the store's
// parameters, and pull_back() takes the sum of all through the networks, once.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <xtn/ad/tape.hpp>
#include <xtn/op/cost.hpp>

namespace xtn {

/// The matrices of those operators for which it pays; see this file's head. It must outlive the recordings of the tapes
/// that read them, and belongs to one thread apart from provide_to().
template <scalar T>
class reconstructed {
public:
    explicit reconstructed(std::vector<any_operator<T>> operators) : operators_(std::move(operators)) {}

    const std::vector<any_operator<T>>& operators() const { return operators_; }

    /// Chooses the operators for which `calls` multiplications of `rows` rows each are cheaper with a matrix. Whether they
    /// are others than before.
    bool choose(std::size_t rows, std::size_t calls) {
        std::vector<std::size_t> chosen;
        for (std::size_t i = 0; i < operators_.size(); ++i)
            if (worth_reconstructing(operators_[i], rows, calls)) chosen.push_back(i);
        const bool same = chosen == chosen_;
        chosen_ = std::move(chosen);
        return !same;
    }
    /// Elements of the matrices of the chosen operators.
    std::size_t size() const {
        std::size_t n = 0;
        for (const std::size_t i : chosen_) n += operators_[i].out() * operators_[i].in();
        return n;
    }

    /// Makes the matrices from what the parameters are now, as values without a gradient.
    void make() {
        tape_.clear();
        const no_gradient guard(tape_);
        make_all({});
    }
    /// The same, differentiated: the tapes are attached to this store, and their gradient buffers have room for size()
    /// elements behind the store's. `gradients` is the buffer of the sum: pull_back() reads the matrices' cotangents there,
    /// and adds to the parameters' gradients.
    template <parameter_memory Store>
    void make(const Store& store, std::span<T> gradients) {
        tape_.clear();
        tape_.attach(store, gradients);
        make_all({store.id(), store.size(), "a reconstructed matrix"});
        gradients_ = gradients;
    }
    /// Has apply() on this tape use the matrices, and no others.
    void provide_to(tape<T>& t) const {
        t.forget_provided();
        for (const matrix& m : matrices_) t.provide(m.network_id, m.value);
    }
    /// The elements of the matrices.
    std::vector<std::span<const T>> matrices() const {
        std::vector<std::span<const T>> all;
        for (const matrix& m : matrices_) all.push_back(m.value.values());
        return all;
    }
    /// Hands the cotangents of the matrices on to the parameters.
    void pull_back() {
        bool depends = false;  // on something that is trained
        for (const matrix& m : matrices_)
            if (m.value.is_trainable()) {
                tape_.seed(m.variable, gradients_.data() + m.value.offset());
                depends = true;
            }
        if (depends) tape_.backward();
    }

    /// Bytes of memory.
    std::size_t capacity() const { return tape_.capacity(); }

private:
    struct matrix {
        const void* network_id;
        xtn::variable<T, 2> variable;
        parameter<T> value;
    };

    void make_all(parameter_place place) {
        matrices_.clear();
        for (const std::size_t i : chosen_) {
            const any_operator<T>& op = operators_[i];
            const variable<T, 2> w = to_dense(op, tape_);
            auto value = parameter<T>::view({w.data(), w.size()}, {op.out(), op.in()}, place);
            value.set_trainable(w.needs_gradient());
            if (place.store != nullptr) place.offset += w.size();
            matrices_.push_back({op.network().id(), w, std::move(value)});
        }
    }

    std::vector<any_operator<T>> operators_;
    std::vector<std::size_t> chosen_;
    tape<T> tape_;
    std::vector<matrix> matrices_;
    std::span<T> gradients_;
};

}  // namespace xtn
