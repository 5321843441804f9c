#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs the Debian packages that xtn's tests, benchmarks and examples need and that are not there yet.
# Usage: scripts/install_dependencies.sh           for one compiler
#        scripts/install_dependencies.sh --all     also clang, clang-format, pkg-config and what the Python module
#                                                  needs, and Doxygen, for the full test matrix
#        scripts/install_dependencies.sh --docs    Doxygen alone, for the documentation
#        scripts/install_dependencies.sh --mpi     also an MPI, for trainings on several machines (part of --all)
# Does nothing, and needs no rights, when all is there.
set -euo pipefail

case ${1-} in
'') full=no ;;
--all) full=yes ;;
--docs) full=docs ;;
--mpi) full=mpi ;;
*)
    sed -n '3,9s/^# //p' "$0" >&2
    exit 2
    ;;
esac

# A tool counts as present when it runs, wherever it comes from; a library counts when its package is installed.
declare -A tools=([g++]=g++ [cmake]=cmake [ninja]=ninja-build [ccache]=ccache
    [python3]=python3)
libraries=(libxtensor-dev libxtensor-blas-dev xtl-dev libxsimd-dev libopenblas-dev libdnnl-dev libboost-dev libboost-test-dev
    libbenchmark-dev nlohmann-json3-dev libcli11-dev python3-matplotlib)
if [[ $full == yes ]]; then
    tools+=([clang++-14]=clang-14 [clang-format-14]=clang-format-14 [pkg-config]=pkgconf [doxygen]=doxygen)
    libraries+=(libclang-rt-14-dev python3-dev python3-numpy pybind11-dev)
fi
if [[ $full == yes || $full == mpi ]]; then
    tools+=([mpirun]=mpich [mpicxx]=libmpich-dev)
elif [[ $full == docs ]]; then
    tools=([doxygen]=doxygen)
    libraries=()
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install_dependencies: not a Debian system; please make sure of these yourself: ${!tools[*]} ${libraries[*]}"
    exit 0
fi

missing=()
for tool in "${!tools[@]}"; do
    "$tool" --version >/dev/null 2>&1 || missing+=("${tools[$tool]}")
done
for package in "${libraries[@]}"; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi

if [[ $(id -u) == 0 ]]; then
    as_root=(env)
elif command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
else
    echo "install_dependencies: these packages are missing: ${missing[*]}" >&2
    echo "Please have them installed by an administrator:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
echo "install_dependencies: installing ${missing[*]}"
"${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 update
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 install \
    --no-install-recommends "${missing[@]}" </dev/null
