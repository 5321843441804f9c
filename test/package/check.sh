#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds and runs consumer/ against xtn, taken in one of three ways, after `install` has made a prefix for them.
# Usage: check.sh CMAKE GENERATOR COMPILER SOURCE_DIR BUILD_DIR VERSION (install|find_package|add_subdirectory|include_path)
set -euo pipefail

cmake=$1 generator=$2 compiler=$3 source=$4 build=$5 version=$6 way=$7
work=$build/test/package
prefix=$work/prefix
consumer=$source/test/package/consumer

# refuse MESSAGE GREP_ARGUMENT...: fails if grep finds something.
refuse() {
    local message=$1
    shift
    if grep "$@"; then
        echo "$message" >&2
        exit 1
    fi
}

consume() {
    rm -rf "${work:?}/$way"
    "$cmake" -S "$consumer" -B "$work/$way" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" "$@"
    "$cmake" --build "$work/$way"
    "$work/$way/consumer_xtn"
    "$work/$way/consumer_compiled"
}

case $way in
install)
    rm -rf "$prefix"
    "$cmake" --install "$build" --prefix "$prefix"
    diff <(cd "$source/include" && find . -type f | sort) <(cd "$prefix/include" && find . -type f | sort)
    refuse "the installed package names this machine's source or build tree" -rnF -e "$source" -e "$build" "$prefix"
    refuse "the installed target exports compiler flags" -rn INTERFACE_COMPILE_OPTIONS "$prefix/lib/cmake/xtn"
    ;;
find_package) consume -DCMAKE_PREFIX_PATH="$prefix" -DXTN_WANTED_VERSION="$version" ;;
add_subdirectory)
    consume -DXTN_SUBDIRECTORY="$source"
    refuse "a subdirectory build has the project's own targets" \
        -E '^(XTN_BUILD_(TESTS|BENCHMARKS|EXAMPLES)|XTN_INSTALL):BOOL=ON|^XTN_WERROR' "$work/$way/CMakeCache.txt"
    ;;
include_path)
    mkdir -p "$work/$way"
    "$compiler" -std=c++20 -I"$prefix/include" "$consumer/main.cpp" -o "$work/$way/consumer" -lopenblas
    "$work/$way/consumer"
    ;;
*)
    echo "check.sh: unknown way $way" >&2
    exit 2
    ;;
esac
