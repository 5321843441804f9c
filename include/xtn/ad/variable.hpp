// SPDX-License-Identifier: BSD-3-Clause
// A variable: a handle to a value on a tape. It belongs to one recording; used in another, it says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#include <xtn/ad/recording.hpp>
#include <xtn/backend/contract.hpp>
#include <xtn/core/error.hpp>
#include <xtn/expr/operand.hpp>

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

/// A tensor of rank Rank on a tape, contiguous and row-major. A light handle, valid until the tape is cleared; whatever
/// looks at the tape or the elements throws xtn::error afterwards. It is no xtensor expression, so that a gradient is never
/// lost silently: take value() to leave the tape. One that an expression still describes (ad/elementwise/expression.hpp) is
/// made, and recorded, when its elements, its node or a copy are first asked for.
template <scalar T, std::size_t Rank>
class variable {
public:
    using value_type = T;
    using shape_type = std::array<std::size_t, Rank>;
    static constexpr std::size_t rank = Rank;

    variable(xtn::tape<T>& owner, std::size_t node, T* data, const shape_type& shape)
        : tape_(&owner),
          recording_now_(owner.recording().get()),
          recording_(*recording_now_),
          node_(node),
          data_(data),
          shape_(shape) {}
    variable(const variable& v)
        : tape_(v.tape_), recording_now_(v.recording_now_), recording_(v.recording_), shape_(v.shape_) {
        take_from(v);
    }
    variable& operator=(const variable& v) {
        tape_ = v.tape_;
        recording_now_ = v.recording_now_;
        recording_ = v.recording_;
        shape_ = v.shape_;
        take_from(v);
        return *this;
    }
    ~variable() = default;

    xtn::tape<T>& tape() const {
        check();
        return *tape_;
    }
    std::size_t node() const {
        require_value();
        return node_;
    }
    const shape_type& shape() const { return shape_; }
    std::size_t size() const {
        std::size_t n = 1;
        for (const std::size_t e : shape_) n *= e;
        return n;
    }
    T* data() const {
        require_value();
        return data_;
    }
    /// The elements as an xtensor expression, to read; nothing done with it is recorded.
    auto value() const {
        return detail::as_expression<Rank>(static_cast<const T*>(data()), geometry::row_major(shape_));
    }
    /// The value of a scalar.
    T item() const requires(Rank == 0) { return *data(); }
    /// The cotangent after backward(), as an xtensor expression. Throws xtn::error where none was made.
    auto gradient() const {
        return detail::as_expression<Rank>(tape().gradient_of(node()), geometry::row_major(shape_));
    }
    /// Whether anything it depends on is differentiated.
    bool needs_gradient() const { return tape().needs_gradient(node()); }
    /// For a pullback: where the cotangent of this operand goes.
    gradient_sink<T> sink() const { return tape().sink(node()); }

    /// The same elements as a constant: no gradient flows back through it.
    variable detach() const { return tape().template constant<Rank>(data(), shape_); }

    /// The same elements in another shape. Throws shape_error where the number of elements differs.
    template <std::size_t Other>
    variable<T, Other> reshape(const std::array<std::size_t, Other>& shape) const {
        variable<T, Other> v(tape(), node(), data(), shape);
        if (v.size() != size())
            throw shape_error("reshape: " + to_string(geometry::row_major(shape_)) + " and " +
                              to_string(geometry::row_major(shape)) + " have different numbers of elements");
        return v;
    }

protected:
    using evaluation = variable(const variable& described);

    /// One that is described: `e` makes it.
    variable(xtn::tape<T>& owner, const shape_type& shape, evaluation* e) : variable(owner, 0, nullptr, shape) {
        evaluate_ = e;
    }

private:
    void check() const {
        if (recording_ != *recording_now_) detail::throw_out_of_date();
    }
    void require_value() const {
        check();
        if (evaluate_ == nullptr) return;
        const variable made = evaluate_(*this);
        node_ = made.node_;
        data_ = made.data_;
        evaluate_ = nullptr;
    }
    void take_from(const variable& v) {
        if (v.evaluate_ != nullptr) v.require_value();
        node_ = v.node_;
        data_ = v.data_;
    }

    xtn::tape<T>* tape_;
    const std::uint64_t* recording_now_;
    std::uint64_t recording_;
    mutable std::size_t node_;
    mutable T* data_;
    mutable evaluation* evaluate_ = nullptr;
    shape_type shape_;
};

namespace detail {

template <scalar T, std::size_t Rank>
void takes_variable(const variable<T, Rank>&);

}  // namespace detail

/// Whether a type is a variable on a tape, or is derived from one.
template <class V>
inline constexpr bool is_variable = requires(const V& v) {
    detail::takes_variable(v);
};

/// Refuses: a variable is a value in the middle of a computation.
template <scalar T, std::size_t Rank>
std::ostream& operator<<(std::ostream& out, const variable<T, Rank>&) {
    static_assert(!is_variable<variable<T, Rank>>,
                  "a variable is not printed: print its elements, v.value(), or v.item() where it is a scalar");
    return out;
}

}  // namespace xtn
