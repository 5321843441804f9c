#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Checks every header of xtn on its own:
#   - it compiles as the only include of a translation unit, included twice, with warnings as errors;
#   - it includes, directly or not, only folders that stand above its own in the house order, and core and plan include
#     the standard library alone;
#   - outside of backend it neither includes xtensor, xsimd, BLAS or LAPACK itself nor calls the latter two.
# Usage: check.sh COMPILER INCLUDE_DIR WORK_DIR [MPI_INCLUDE_DIR]
# xtn/mpi.hpp is checked if it is said where MPI is. A header that passed is checked again only when something it includes has
# changed.
set -euo pipefail

readonly house="core plan backend expr ad graph scheme tt op init nn io train mpi"

check_header() {
    local compiler=$1 include=$2 work=$3 mpi=$4 header=$5
    local stamp=$work/${header//\//_} folder=${header#xtn/}
    if [[ -e $stamp.ok ]] && [[ -z $(find -L $(<"$stamp.ok") -newer "$stamp.ok" 2>&1) ]]; then
        return 0
    fi
    rm -f "$stamp.ok"
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$stamp.cpp"
    if ! "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror \
        -I"$include" ${mpi:+-isystem "$mpi"} -MD -MF "$stamp.d" "$stamp.cpp"; then
        echo "$header does not compile on its own with $compiler" >&2
        return 1
    fi
    local dependencies
    dependencies=$(sed -e 's/^[^:]*://' -e 's/\\$//' "$stamp.d" | tr -s ' \n' '\n\n' | sed '/^$/d')

    # An umbrella (xtn/io.hpp) counts as its folder; the one of all folders may include any of them.
    folder=${folder%%/*}
    folder=${folder%.hpp}
    local found=no above=" xtn " name outside
    for name in $house; do
        above+="$name "
        [[ $name == "$folder" ]] && found=yes && break
    done
    if [[ $found == no && $folder != xtn ]]; then
        echo "$header: $folder is not a folder of the house ($house)" >&2
        return 1
    fi
    [[ $folder == xtn ]] && above=" $house "
    for name in $(grep -o "^$include/xtn/[^/]*/" <<<"$dependencies" | sort -u | sed 's|/$||; s|.*/||'); do
        if [[ $above != *" $name "* ]]; then
            echo "$header includes the folder $name, which does not stand above $folder ($house)" >&2
            return 1
        fi
    done
    if [[ $folder == core || $folder == plan ]]; then
        outside=$(grep -E '/(xtensor|xtensor-blas|xtl|xsimd|xflens|boost|nlohmann)/' <<<"$dependencies" | head -n 1) || true
        if [[ -n $outside ]]; then
            echo "$header includes $outside, but $folder needs the standard library only" >&2
            return 1
        fi
    fi
    if [[ $folder != backend ]]; then
        outside=$(grep -nE '#include <(xtensor|xtensor-blas|xtl|xsimd|xflens|cblas|lapacke?)[./]|(cxxblas|cxxlapack|xt::blas|xt::linalg)::' \
            "$header" | head -n 1) || true
        if [[ -n $outside ]]; then
            echo "$header:$outside: only backend sees xtensor's headers, xsimd, BLAS and LAPACK" >&2
            return 1
        fi
    fi
    echo "$dependencies" >"$stamp.ok"
}
export -f check_header
export house

compiler=$1 include=$2 work=$3 mpi=${4-}
mkdir -p "$work"
cd "$include"
headers=$(find xtn -name '*.hpp' | sort)
[[ -n $mpi ]] || headers=$(grep -v '^xtn/mpi.hpp$' <<<"$headers")
if [[ -z $headers ]]; then
    echo "no headers in $include" >&2
    exit 1
fi
jobs=$(nproc)
xargs -P "$((jobs < 2 ? jobs : 2))" -I{} bash -c 'check_header "$@"' _ "$compiler" "$include" "$work" "$mpi" {} <<<"$headers"
echo "$(wc -l <<<"$headers") headers compile alone with $compiler"
