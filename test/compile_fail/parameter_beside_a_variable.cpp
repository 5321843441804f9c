// SPDX-License-Identifier: BSD-3-Clause
// expect: a parameter takes part as a variable of a tape
void scaled(const xtn::variable<double, 2>& x, const xtn::parameter<double>& gain) {
#ifdef XTN_VALID
    x* x.tape().leaf<1>(gain);
#else
    x* gain;  // <- here
#endif
}
