// SPDX-License-Identifier: BSD-3-Clause
// A factor of an operator's network: a parameter as it is stored, or seen through a linear embedding, or a constant that
// is neither trained nor counted. The same parameter may occur in several factors and in several operators.
#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <xtn/ad/contract.hpp>
#include <xtn/op/index_embedding.hpp>

namespace xtn {

/// One tensor of an operator's network: a parameter, a parameter through an embedding, or a constant.
template <scalar T>
class factor {
public:
    /// The parameter itself.
    factor(parameter<T> value) : value_(std::move(value)), shape_(value_.shape()) {}
    /// The parameter through an embedding. Throws shape_error where the numbers of elements differ.
    factor(parameter<T> value, index_embedding how)
        : value_(std::move(value)), shape_(how.shape()), embedding_(std::move(how)) {
        if (value_.size() != embedding_->stored())
            throw shape_error("factor: the embedding takes " + std::to_string(embedding_->stored()) +
                              " numbers, but the parameter has " + std::to_string(value_.size()));
    }
    /// A tensor that is no parameter.
    template <class E>
    static factor constant(const xt::xexpression<E>& value) {
        factor f{parameter<T>(value)};
        f.value_.set_trainable(false);
        f.constant_ = true;
        return f;
    }

    const parameter<T>& value() const { return value_; }
    bool is_constant() const { return constant_; }
    /// Whether the network reads the parameter's own elements.
    bool is_plain() const { return !embedding_ && !conjugate_; }
    const std::optional<index_embedding>& embedding() const { return embedding_; }
    /// The shape that the network sees.
    const std::vector<std::size_t>& shape() const { return shape_; }
    std::size_t size() const { return embedding_ ? embedding_->places().size() : value_.size(); }

    /// The same elements in another shape. Throws shape_error where it has another number of them.
    factor reshaped(std::vector<std::size_t> shape) const {
        std::size_t left = size();
        bool fits = true;
        for (const std::size_t e : shape) {
            fits = fits && e != 0 && left % e == 0;
            if (fits) left /= e;
        }
        if (!fits || left != 1)
            throw shape_error("factor: " + std::to_string(size()) + " elements have no shape " +
                              to_string(geometry::row_major(shape)));
        factor f = *this;
        f.shape_ = std::move(shape);
        return f;
    }
    /// The complex conjugate; of a real factor, the factor.
    factor conjugated() const {
        factor f = *this;
        if constexpr (is_complex<T>) f.conjugate_ = !conjugate_;
        return f;
    }

    /// Writes the elements that the network sees, row-major.
    void evaluate(T* to) const {
        const T* from = value_.data();
        if (embedding_) {
            const auto places = embedding_->places();
            for (std::size_t j = 0; j < places.size(); ++j)
                to[j] = places[j] == index_embedding::zero ? T{} : from[places[j]];
        } else {
            std::copy_n(from, value_.size(), to);
        }
        if (conjugate_) detail::conjugate(to, size());
    }
    /// The adjoint: hands the cotangent of those elements to the parameter.
    void pull_back(const T* cotangent, const gradient_sink<T>& sink) const {
        if (!sink) return;
        if (!sink.accumulate) std::fill_n(sink.data, value_.size(), T{});
        for (std::size_t j = 0; j < size(); ++j) {
            const std::int32_t place = embedding_ ? embedding_->places()[j] : static_cast<std::int32_t>(j);
            if (place != index_embedding::zero) sink.data[place] += conjugate_ ? conjugate(cotangent[j]) : cotangent[j];
        }
    }

private:
    static T conjugate(T x) {
        if constexpr (is_complex<T>)
            return std::conj(x);
        else
            return x;
    }

    parameter<T> value_;
    std::vector<std::size_t> shape_;
    std::optional<index_embedding> embedding_;
    bool constant_ = false, conjugate_ = false;
};

namespace detail {

/// A factor as an operand on a tape.
template <scalar T>
recorded_operand<T> recorded(tape<T>& t, const factor<T>& f) {
    const geometry shape = geometry::row_major(f.shape());
    const std::size_t leaf = t.leaf_node(f.value());
    if (f.is_plain()) return {f.value().data(), shape, leaf};
    const variable<T, 1> seen = t.template result<1>(std::array{f.size()}, t.needs_gradient(leaf));
    f.evaluate(seen.data());
    t.record(seen, [&t, f, leaf](const T* cotangent) { f.pull_back(cotangent, t.sink(leaf)); });
    return {seen.data(), shape, seen.node()};
}

/// A factor as an operand in memory.
template <scalar T>
const T* in_memory(const factor<T>& f, backend::workspace_frame& frame) {
    if (f.is_plain()) return f.value().data();
    T* seen = frame.take<T>(f.size());
    f.evaluate(seen);
    return seen;
}

}  // namespace detail
}  // namespace xtn
