// SPDX-License-Identifier: BSD-3-Clause
// A tensor whose extents are known at compile time and whose data is on the heap (xt::xtensor_fixed holds its data
// inside the object, which overflows the stack for anything but small tensors).
#pragma once

#include <cstddef>

#include <xtn/backend/xtensor.hpp>

namespace xtn {

/// A row-major tensor of static shape: xtn::tensor<float, 512, 128>. An xtensor expression like any other.
template <class T, std::size_t... Extents>
class tensor : public xt::xfixed_adaptor<xt::uvector<T>, xt::fixed_shape<Extents...>> {
    using base = xt::xfixed_adaptor<xt::uvector<T>, xt::fixed_shape<Extents...>>;

public:
    /// Uninitialised.
    tensor() : base(xt::uvector<T>((Extents * ... * 1))) {}
    explicit tensor(T value) : base(xt::uvector<T>((Extents * ... * 1), value)) {}

    template <class E>
    tensor(const xt::xexpression<E>& e) : tensor() {
        xt::noalias(static_cast<base&>(*this)) = e;
    }
    /// The right-hand side may read this tensor: it is evaluated into a heap temporary first.
    template <class E>
    tensor& operator=(const xt::xexpression<E>& e) {
        tensor value(e);
        this->storage().swap(value.storage());
        return *this;
    }
};

}  // namespace xtn
