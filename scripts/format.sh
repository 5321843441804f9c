#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Formats every C++ file by .clang-format. Usage: scripts/format.sh [--check]
# --check changes nothing, names the files that differ, and fails if there are any.
# The version is fixed: two versions of clang-format seldom agree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folders=()
for folder in include test bench examples test_package; do
    [[ ! -d $folder ]] || folders+=("$folder")
done
sources() { find "${folders[@]}" \( -name '*.hpp' -o -name '*.cpp' \) -print0 | sort -z; }

if [[ ${1-} == --check ]]; then
    status=0
    while IFS= read -rd '' file; do
        clang-format-14 --dry-run -Werror "$file" 2>/dev/null || { echo "not formatted: $file" && status=1; }
    done < <(sources)
    exit "$status"
fi
sources | xargs -0 clang-format-14 -i
