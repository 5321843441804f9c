// SPDX-License-Identifier: BSD-3-Clause
#include "build_info.hpp"

#include "xtn_git_revision.hpp"  // written at build time

const char* examples::git_revision() { return XTN_GIT_REVISION; }
const char* examples::compiler_flags() { return XTN_CXX_FLAGS; }
