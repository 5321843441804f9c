// SPDX-License-Identifier: BSD-3-Clause
// expect: a variable is not printed: print its elements
#include <iostream>
void print(const xtn::variable<double, 0>& loss) {
#ifdef XTN_VALID
    std::cout << loss.item();
#else
    std::cout << loss;  // <- here
#endif
}
