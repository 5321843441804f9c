// SPDX-License-Identifier: BSD-3-Clause
// The first of two translation units with every umbrella header: a function that is not inline, defined in a header,
// would be defined twice.
#include "umbrellas.hpp"

#include <typeinfo>
#include <vector>

#include <xtn/backend/gemm.hpp>

// A name means one thing in xtn and in xtn::detail, whatever was included first.
namespace xtn::detail {
using xtn::is_complex;
}

double product_in_second(const std::vector<double>& x, const std::vector<double>& y);

const std::type_info& sum_of_arrays(const xt::xarray<double>& x);

int main() {
    const xt::xarray<double> array;
    if (sum_of_arrays(array) != typeid(decltype(xt::eval(array + array)))) return 2;
    if (sum_of_arrays(array) != typeid(xt::xarray<double>)) return 3;

    const std::vector<double> x(16, 2), y(16, 3);  // 4 x 4
    std::vector<double> z(16);
    xtn::backend::gemm(false, false, 4, 4, 4, 1.0, x.data(), 4, y.data(), 4, 0.0, z.data(), 4);
    return z.back() == 24 && product_in_second(x, y) == 24 ? 0 : 1;
}
