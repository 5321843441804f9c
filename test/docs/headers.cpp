// SPDX-License-Identifier: BSD-3-Clause
// Carries the precompiled headers that the examples of all pages share.
