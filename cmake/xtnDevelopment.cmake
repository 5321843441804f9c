# SPDX-License-Identifier: BSD-3-Clause
# How this project builds its own tests, benchmarks and examples. None of it reaches the users of xtn::xtn.
option(XTN_WERROR "Warnings are errors" OFF)
option(XTN_NATIVE "Build for this machine's processor (-march=native)" OFF)
set(XTN_SANITIZE "" CACHE STRING "Sanitizers, comma-separated: address,undefined or thread")

get_property(xtn_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT xtn_multi_config)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# ccache needs these settings to cache files compiled with a precompiled header.
find_program(XTN_CCACHE ccache)
if(XTN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${XTN_CCACHE}")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-fpch-preprocess)
    else()
        add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()

add_library(xtn_development INTERFACE)
target_compile_options(xtn_development INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    $<$<BOOL:${XTN_WERROR}>:-Werror>
    $<$<BOOL:${XTN_NATIVE}>:-march=native>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees an overlap in std::string's operator+ when it inlines it (GCC bug 105651).
    target_compile_options(xtn_development INTERFACE -Wno-restrict)
endif()
if(XTN_SANITIZE)
    # Most of a test's time goes into libraries, most of the build's into optimising instrumented tests. -g1 gives line
    # numbers at a fraction of the build time of -g.
    target_compile_options(xtn_development INTERFACE
        $<IF:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,STATIC_LIBRARY>,-O1,-O0>
        -g1 -fno-omit-frame-pointer -fsanitize=${XTN_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(xtn_development INTERFACE -fsanitize=${XTN_SANITIZE})
endif()
target_link_libraries(xtn_compiled PRIVATE xtn_development)

# Programs train on several processes where there is an MPI, whose C interface is enough.
option(XTN_MPI "Programs that mpirun can start, if MPI is there" ON)
if(XTN_MPI)
    set(MPI_CXX_SKIP_MPICXX ON)
    find_package(MPI COMPONENTS CXX QUIET)
endif()

# Most of what a program compiles are the library's headers: programs and benches share them precompiled.
if(TARGET nlohmann_json::nlohmann_json)
    add_library(xtn_headers OBJECT EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/examples/common/headers.cpp")
    target_link_libraries(xtn_headers PUBLIC xtn::compiled xtn_development)
    target_precompile_headers(xtn_headers PRIVATE <xtn/xtn.hpp> <xtn/io.hpp> <xtn/train.hpp> <nlohmann/json.hpp>)
endif()
function(xtn_use_precompiled_headers target)
    if(TARGET xtn_headers)
        target_link_libraries(${target} PRIVATE xtn_headers)
        target_precompile_headers(${target} REUSE_FROM xtn_headers)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
            target_compile_options(${target} PRIVATE -Wno-stringop-overflow) # the same bug, through precompiled headers
        endif()
    endif()
endfunction()

# Paths for the few sources that name one, in a header: as definitions they would stand in every command, and no two clones
# would share a compiler cache.
add_library(xtn_paths INTERFACE)
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/paths/xtn_paths.hpp" CONTENT [[
#define XTN_SOURCE_DIR "@PROJECT_SOURCE_DIR@"
#define XTN_TEST_DATA "@PROJECT_SOURCE_DIR@/test/reference"
]] @ONLY)
target_include_directories(xtn_paths INTERFACE "${PROJECT_BINARY_DIR}/paths")

# BLAS runs on one thread in every test: parallelism is the library's own, and ctest runs tests side by side.
function(xtn_add_test name label)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT 900
        ENVIRONMENT "OPENBLAS_NUM_THREADS=1;BOOST_TEST_COLOR_OUTPUT=0")
endfunction()
