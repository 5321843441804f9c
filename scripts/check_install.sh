#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Takes xtn in every documented way that needs no ConanCenter, each from an empty prefix or an empty Conan cache, and
# runs a user's program (test_package/) with it. Prints a table; fails if a way fails.
# Usage: scripts/check_install.sh [WAY...]        default: all
# The dependencies must be installed (scripts/install_dependencies.sh). Conan is taken from the PATH or, into a virtual
# environment, from PyPI. Nothing is written outside a temporary directory, which is removed at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

declare -rA about=(
    [find_package]="CMake: find_package(xtn CONFIG), targets xtn::xtn and xtn::compiled"
    [add_subdirectory]="CMake: add_subdirectory"
    [FetchContent]="CMake: FetchContent from a local directory"
    [include_path]="g++ -I"
    [pkg_config]="g++ \$(pkg-config --cflags --libs xtn)"
    [foldered_xtensor]="g++ -I, xtensor's headers in folders as from 0.26 on"
    [headers]="CMake: every header of the file set compiles alone"
    [conan_platform]="Conan: system packages, [platform_requires] (conan/debian12)"
    [conan_system]="Conan: system packages under wrapper recipes (conan/system)"
    [conan_replace]="Conan: wrapper recipes of another version, [replace_requires]"
    [conan_index]="Conan: the two commands, xtensor-blas from recipes/"
    [conan_cppstd]="Conan: C++17 is refused"
)
ways=(find_package add_subdirectory FetchContent include_path pkg_config foldered_xtensor headers
    conan_platform conan_system conan_replace conan_index conan_cppstd)
(($# == 0)) || ways=("$@")
for way in "${ways[@]}"; do
    if [[ -z ${about[$way]-} ]]; then
        echo "check_install: unknown way $way; there are: ${!about[*]}" >&2
        exit 2
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work PIP_CACHE_DIR=$work/pip PYTHONDONTWRITEBYTECODE=1
readonly source=$work/source compiler=${CXX:-g++}
mkdir "$source" "$source/test"
cp -r CMakeLists.txt CMakePresets.json LICENSE cmake conan conanfile.py include recipes test_package "$source"
cp -r test/package "$source/test"
version=$(sed -n 's/^project(xtn VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)

build_tree() { # the tree that is installed from, without tests, examples and benchmarks
    [[ -e $work/build/CMakeCache.txt ]] ||
        cmake -S "$source" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" \
            -DXTN_BUILD_TESTS=OFF -DXTN_BUILD_EXAMPLES=OFF -DXTN_BUILD_BENCHMARKS=OFF
}

check() { "$source/test/package/check.sh" cmake "Unix Makefiles" "$compiler" "$source" "$work/build" "$version" "$1"; }

# Where the compiler finds the installed headers.
include_directory() {
    "$compiler" -E -x c++ -include xtensor-blas/xblas_config.hpp /dev/null |
        sed -n 's|^# [0-9]* "\(.*\)/xtensor-blas/xblas_config.hpp".*|\1|p' | head -n 1
}

# An empty cache for the way $1, which ConanCenter does not reach.
conan_home() {
    export CONAN_HOME=$work/conan_$1
    conan profile detect
    conan remote disable conancenter
}

# export_system PACKAGE...: wrapper recipes of these packages of the system, as name/version.
export_system() {
    local package
    for package in "$@"; do
        conan export "$source/conan/system" --name="${package%/*}" --version="${package#*/}"
    done
}
readonly system=(boost/1.74.0 nlohmann_json/3.11.2 openblas/0.3.21 xsimd/8.1.0 xtensor/0.24.3 xtl/0.7.2)
readonly -a conan_create=(conan create "$source" -s compiler.cppstd=20 --build=missing)

run_way() {
    local way=$1
    if [[ $way == conan_* ]]; then
        conan_home "$way"
    elif [[ $way != headers ]]; then
        build_tree
        check install
    fi
    case $way in
    headers)
        cd "$source"
        cmake --preset headers -DCMAKE_CXX_COMPILER="$compiler"
        cmake --build --preset headers -j 2
        ;;
    conan_platform) conan create "$source" -pr:a "$source/conan/debian12" -s build_type=Debug ;;
    conan_system)
        export_system "${system[@]}" xtensor-blas/0.20.0
        "${conan_create[@]}" -s build_type=Debug
        ;;
    conan_replace)
        local names=("${system[@]%/*}" xtensor-blas) name
        export_system "${names[@]/%//system}"
        {
            printf 'include(default)\n[replace_requires]\n'
            for name in "${names[@]}"; do echo "$name/*: $name/system"; done
        } >"$work/replace"
        "${conan_create[@]}" -s build_type=Debug -pr "$work/replace"
        ;;
    conan_index)
        # Wrappers stand in for what ConanCenter has, an archive of the installed headers for what the recipe downloads.
        export_system "${system[@]}"
        local tree=$work/xtensor-blas-0.20.0 recipe=$source/recipes/xtensor-blas/all include
        include=$(include_directory)
        mkdir -p "$tree/include"
        cp -r "$include/xtensor-blas" "$include/xflens" "$tree/include"
        cp LICENSE "$tree"
        tar -C "$work" -czf "$tree.tar.gz" "${tree##*/}"
        sed -i -e "s|url: .*|url: \"file://$tree.tar.gz\"|" \
            -e "s|sha256: .*|sha256: \"$(sha256sum <"$tree.tar.gz" | cut -d' ' -f1)\"|" "$recipe/conandata.yml"
        conan remote add xtn-recipes "$source" -t local-recipes-index
        "${conan_create[@]}"
        ;;
    conan_cppstd)
        export_system "${system[@]}" xtensor-blas/0.20.0
        if conan create "$source" -s compiler.cppstd=17 --build=missing >"$work/refusal" 2>&1; then
            return 1
        fi
        grep "lower than the required C++ standard (20)" "$work/refusal"
        ;;
    *) check "$way" ;;
    esac
}

if [[ " ${ways[*]}" == *" conan_"* ]] && ! conan --version >/dev/null 2>&1; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet "conan>=2.8,<3" || echo "check_install: pip cannot install Conan 2" >&2
    export PATH=$work/venv/bin:$PATH
fi

table=
failed=0
for way in "${ways[@]}"; do
    printf '%s ... ' "$way"
    start=$SECONDS
    # A shell of its own: errexit would be off in a function that stands in a condition.
    set +e
    (
        set -e
        run_way "$way"
    ) >"$work/log" 2>&1
    status=$?
    set -e
    if ((status == 0)); then
        result=passed
    else
        result=FAILED
        failed=1
    fi
    echo "$result"
    ((status == 0)) || tail -n 60 "$work/log"
    table+=$(printf '%-17s %-7s %4d s  %s' "$way" "$result" "$((SECONDS - start))" "${about[$way]}")$'\n'
done
printf '\n%s' "$table"
exit "$failed"
