#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Checks that a mistake is refused with one readable error.
# Usage: check.sh COMPILER INCLUDE_DIR WORK_DIR          precompiles <xtn/xtn.hpp> for the cases
#        check.sh COMPILER INCLUDE_DIR WORK_DIR CASE     checks one case
# A case is a source file with
#   // expect: SENTENCE    the error message contains it; there is exactly one error
#   // mention: TEXT       (any number) occurs somewhere in the diagnostics, for example a label or an extent
#   // <- here             at the end of one line, which the diagnostics must name
#   #ifdef XTN_VALID       the corrected code, which must compile
set -euo pipefail

export LC_ALL=C # the messages are read below
compiler=$1 include=$2 work=$3
compile=("$compiler" -std=c++20 -I"$include" -fdiagnostics-color=never)
mkdir -p "$work"

if (($# == 3)); then
    # What the header uses is instantiated here, where the compiler knows how to, not again for every case.
    if "$compiler" --version | grep -q clang; then compile+=(-fpch-instantiate-templates); fi
    echo '#include <xtn/xtn.hpp>' >"$work/umbrella.hpp"
    exec "${compile[@]}" -x c++-header "$work/umbrella.hpp" -o "$work/umbrella.hpp.gch"
fi

case=$4
name=$(basename "$case")
output=
fail() {
    echo "$name with $compiler: $1" >&2
    [[ -z $output ]] || printf '%s\n' '--- diagnostics ---' "$output" >&2
    exit 1
}

sentence=$(sed -n 's|^// expect: *||p' "$case")
[[ -n $sentence && $sentence != *$'\n'* ]] || fail "wants exactly one line '// expect: <sentence>'"
line=$(grep -n '// <- here$' "$case" | cut -d: -f1) || true
[[ $line =~ ^[0-9]+$ ]] || fail "wants exactly one line that ends in '// <- here'"

compile+=(-include "$work/umbrella.hpp" -fsyntax-only)
output=$("${compile[@]}" -DXTN_VALID "$case" 2>&1) || fail "the corrected code (-DXTN_VALID) does not compile"

! output=$("${compile[@]}" "$case" 2>&1) || fail "compiles, but must be refused with: $sentence"
errors=$(grep -E '(^|: )(fatal )?error: ' <<<"$output") || fail "fails without an error message"
(($(wc -l <<<"$errors") == 1)) || fail "gives $(wc -l <<<"$errors") errors instead of one"
grep -qF -- "$sentence" <<<"$errors" || fail "the error does not contain: $sentence"
grep -qE "(^|[ /])${name//./\\.}:$line:" <<<"$output" || fail "the diagnostics do not name line $line, the user's line"
while read -r text; do
    grep -qF -- "$text" <<<"$output" || fail "the diagnostics do not mention: $text"
done < <(sed -n 's|^// mention: *||p' "$case")
