# SPDX-License-Identifier: BSD-3-Clause
# Toolchain file of the clang presets: Debian names the compiler after its version.
find_program(XTN_CLANG NAMES clang++-14 clang++ NO_CACHE REQUIRED)
set(CMAKE_CXX_COMPILER "${XTN_CLANG}")
