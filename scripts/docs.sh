#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the documentation, guide and reference, as a site in build/docs/html; a warning is an error.
# Usage: scripts/docs.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh --docs
mkdir -p build/docs
version=$(sed -n 's/^project(xtn VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
{
    cat docs/Doxyfile
    echo "PROJECT_NUMBER = $version"
    echo "OUTPUT_DIRECTORY = build/docs"
} >build/docs/Doxyfile
doxygen build/docs/Doxyfile
find docs -name '*.svg' -exec cp --parents -t build/docs/html {} +
# Types and functions must have a docstring; members whose names say it all, such as size(), need none.
if grep -vE "Member .* of (class|struct) .* is not documented" build/docs/warnings.txt; then
    echo "docs: the warnings above must go" >&2
    exit 1
fi
echo "docs: build/docs/html/index.html"
