#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds and runs the user's program of test_package/ against xtn, taken in one of several ways, after `install` has
# made a prefix for them.
# Usage: check.sh CMAKE GENERATOR COMPILER SOURCE_DIR BUILD_DIR VERSION WAY
#        WAY: install find_package add_subdirectory FetchContent onednn include_path pkg_config foldered_xtensor
set -euo pipefail

cmake=$1 generator=$2 compiler=$3 source=$4 build=$5 version=$6 way=$7
work=$build/test/package
prefix=$work/prefix
consumer=$source/test_package

# refuse MESSAGE GREP_ARGUMENT...: fails if grep finds something.
refuse() {
    local message=$1
    shift
    if grep "$@"; then
        echo "$message" >&2
        exit 1
    fi
}

# consume TARGETS CMAKE_OPTION...: the program as a project of its own, linked to these targets of xtn.
consume() {
    local targets=$1 target
    shift
    "$cmake" -S "$consumer" -B "$work/$way" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -DXTN_WAY="$way" \
        -DXTN_TARGETS="$targets" "$@"
    "$cmake" --build "$work/$way"
    for target in ${targets//;/ }; do
        "$work/$way/consumer_$target"
    done
}

# compile COMPILER_OPTION...: the program by the compiler alone.
compile() {
    "$compiler" -std=c++20 "$consumer/main.cpp" -o "$work/$way/consumer" "$@"
    "$work/$way/consumer"
}

rm -rf "${work:?}/$way"
mkdir -p "$work/$way"
case $way in
install)
    rm -rf "$prefix"
    "$cmake" --install "$build" --prefix "$prefix"
    diff <(cd "$source/include" && find . -type f | sort) <(cd "$prefix/include" && find . -type f | sort)
    refuse "the installed package names this machine's source or build tree" -rnF -e "$source" -e "$build" "$prefix"
    refuse "the installed target exports compiler flags" -rn INTERFACE_COMPILE_OPTIONS "$prefix/lib/cmake/xtn"
    ;;
find_package)
    consume "xtn;compiled" -DCMAKE_PREFIX_PATH="$prefix" -DXTN_WANTED_VERSION="$version;EXACT"
    if "$cmake" -S "$consumer" -B "$work/$way/newer" -DCMAKE_PREFIX_PATH="$prefix" -DXTN_WANTED_VERSION=99 \
        >/dev/null 2>&1; then
        echo "the installed package passes for version 99" >&2
        exit 1
    fi
    ;;
add_subdirectory)
    consume compiled -DXTN_SOURCE="$source"
    refuse "a subdirectory build has the project's own targets" \
        -E '^(XTN_BUILD_(TESTS|BENCHMARKS|EXAMPLES)|XTN_INSTALL):BOOL=ON|^XTN_WERROR' "$work/$way/CMakeCache.txt"
    ;;
FetchContent) consume xtn -DXTN_SOURCE="$source" ;;
onednn)
    consume xtn -DXTN_WAY=find_package -DCMAKE_PREFIX_PATH="$prefix" -DXTN_BLAS=OpenBLAS -DXTN_ONEDNN=ON
    grep -rlF -e -DXTN_ONEDNN "$work/$way" # the program has no product of float to link oneDNN for
    if "$cmake" -S "$consumer" -B "$work/$way/unknown" -DCMAKE_PREFIX_PATH="$prefix" -DXTN_TARGETS=xtn -DXTN_BLAS=unknown \
        2>"$work/$way/refusal" >/dev/null; then
        echo "XTN_BLAS=unknown passes" >&2
        exit 1
    fi
    grep -F 'one of: auto;OpenBLAS;MKL;BLIS;generic' "$work/$way/refusal"
    ;;
include_path) compile -I"$prefix/include" -lopenblas ;;
pkg_config)
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig
    [[ $(pkg-config --modversion xtn) == "$version" ]]
    read -ra flags < <(pkg-config --cflags --libs xtn)
    compile "${flags[@]}"
    ;;
foldered_xtensor)
    "$source/test/package/foldered_xtensor.sh" "$compiler" "$work/$way/include"
    compile -MD -MF "$work/$way/dependencies" -I"$work/$way/include" -I"$prefix/include" -lopenblas
    refuse "a header of the flat tree was included" -E '(^|[ /])xtensor/[a-z_]+\.hpp' "$work/$way/dependencies"
    ;;
*)
    echo "check.sh: unknown way $way" >&2
    exit 2
    ;;
esac
