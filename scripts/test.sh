#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is missing, builds and runs the tests.
# Usage: scripts/test.sh           every test with g++
#        scripts/test.sh --all     the matrix: both compilers with warnings as errors, sanitizers, fuzz targets, format,
#                                  the documentation without warnings
# Build trees stay in build/test/, so a second run is short. JOBS=n overrides the number of parallel jobs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1-} in
'') matrix=no ;;
--all) matrix=yes ;;
*)
    sed -n '3,7s/^# //p' "$0" >&2
    exit 2
    ;;
esac
scripts/install_dependencies.sh "$@"

# One job per core, and 2 GB of memory for each.
memory=$(awk '/MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo 2>/dev/null || echo 1)
cores=$(nproc)
jobs=${JOBS:-$((memory < 1 ? 1 : memory < cores ? memory : cores))}

# Most of a build's time is parsing; what tests run of the programs is short, so more than this buys nothing.
light='-O1 -DNDEBUG'

failed=()
summary=
closing=
note() {
    summary+="$1: $2 (${SECONDS} s since the start)"$'\n'
    printf '\n== %s: %s\n' "$1" "$2"
}

# run NAME PRESET [CMAKE_OPTION...]: configures, builds and tests one configuration, and keeps ctest's closing lines.
run() {
    local name=$1 preset=$2 tree=build/test/$1 wrapper=() broken=0 result
    shift 2
    printf '\n== %s\n' "$name"
    mkdir -p "$tree" && rm -f "$tree/ctest.log"
    if ! { cmake --preset "$preset" -B "$tree" -DCMAKE_UNITY_BUILD=ON "$@" && cmake --build "$tree" -j "$jobs" -- -k 0; }; then
        broken=1
    fi
    # Address randomisation of some kernels overlaps the shadow memory of clang's sanitizers.
    if [[ $preset == *san* ]] && setarch -R true 2>/dev/null; then
        wrapper=(setarch -R)
    fi
    # The tests run even if something was not built, so that one run shows all there is to mend.
    "${wrapper[@]}" ctest --test-dir "$tree" -j "$jobs" --output-on-failure --no-tests=error </dev/null |
        tee "$tree/ctest.log" || broken=1
    ((broken == 0)) || failed+=("$name")
    # CMake 4 leaves out "0 tests failed"; the lines read the same for every version here.
    result=$(sed -n -e 's/^100% tests passed out of/100% tests passed, 0 tests failed out of/' \
        -e '/tests passed/,$p' "$tree/ctest.log")
    closing+="== $name"$'\n'${result:-ctest failed}$'\n'
    note "$name" "$(head -n 1 <<<"${result:-ctest failed}")"
}

if [[ $matrix == no ]]; then
    run gcc dev "-DCMAKE_CXX_FLAGS_RELEASE=$light"
else
    if scripts/format.sh --check; then
        note format "every file follows .clang-format"
    else
        failed+=(format)
        note format "run scripts/format.sh"
    fi
    if scripts/docs.sh; then
        note documentation "builds without warnings"
    else
        failed+=(documentation)
        note documentation "has warnings"
    fi
    run gcc gcc-release -DXTN_WERROR=ON "-DXTN_CHECK_COMPILERS=g++;clang++-14" "-DCMAKE_CXX_FLAGS_RELEASE=$light"
    # clang++ builds the tests with sanitizers; without them programs and benches, which need no speed, and the kernels and fused
    # loops, under the optimisations that assume finite numbers. Products of float are oneDNN's without sanitizers, the BLAS's with.
    run asan-ubsan clang-asan-ubsan -DXTN_WERROR=ON -DXTN_ONEDNN=OFF
    run clang clang-release -DXTN_WERROR=ON -DXTN_BUILD_CHECKS=OFF "-DCMAKE_CXX_FLAGS_RELEASE=-O0 -DNDEBUG" \
        "-DXTN_TEST_FOLDERS=backend;nn" -DXTN_TEST_OPTIMIZATION=-Ofast
    run tsan clang-tsan -DXTN_WERROR=ON -DXTN_ONEDNN=OFF
fi

printf '\n%s\n%s' "$summary" "$closing"
if ((${#failed[@]} > 0)); then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
