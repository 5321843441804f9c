// SPDX-License-Identifier: BSD-3-Clause
// expect: this function is of real numbers: it has no complex derivative
void rectified(const xtn::variable<std::complex<double>, 2>& x, const xtn::variable<double, 2>& real) {
#ifdef XTN_VALID
    tanh(x);
    xtn::nn::relu(real);
#else
    xtn::nn::relu(x);  // <- here
#endif
}
