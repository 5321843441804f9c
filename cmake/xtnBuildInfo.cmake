# SPDX-License-Identifier: BSD-3-Clause
# Run at build time (cmake -P): writes the git revision of the sources to a header, if it has changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12
    WORKING_DIRECTORY "${source}" OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT revision)
    set(revision unknown)
endif()
file(CONFIGURE OUTPUT "${header}" CONTENT "#define XTN_GIT_REVISION \"@revision@\"\n" @ONLY)
