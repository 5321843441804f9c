// SPDX-License-Identifier: BSD-3-Clause
// Carries the precompiled headers that programs and benches share.
