// SPDX-License-Identifier: BSD-3-Clause
// expect: xt::view stands in a header of its own: include <xtensor/xview.hpp>
#if defined(XTN_VALID) && __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/views/xview.hpp>
#elif defined(XTN_VALID)
#include <xtensor/xview.hpp>
#endif
void clear_row(xt::xtensor<double, 2>& a) {
    auto row = xt::view(a, 0, xt::all());  // <- here
    row.fill(0);
}
