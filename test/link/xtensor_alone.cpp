// SPDX-License-Identifier: BSD-3-Clause
// A translation unit that uses xtensor without xtn, but for the header that repairs xtensor: its types are those of the
// others.
#include <typeinfo>

#include <xtn/backend/xtensor.hpp>

const std::type_info& sum_of_arrays(const xt::xarray<double>& x) { return typeid(decltype(xt::eval(x + x))); }
