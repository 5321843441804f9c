#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs docs/pages, which makes tables and figures from records, with a Python that has matplotlib.
# Usage: scripts/pages.sh [OPTION...]   see python3 docs/pages --help
set -euo pipefail
root=$(dirname "${BASH_SOURCE[0]}")/..
for python in python3 /usr/bin/python3; do
    if "$python" -c 'import matplotlib' 2>/dev/null; then
        exec "$python" "$root/docs/pages" "$@"
    fi
done
echo "pages: figures need Python 3 with matplotlib (Debian: python3-matplotlib)" >&2
exit 1
