# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Read by the experiments' scripts, in the project's directory: `experiment_options NAME [--quick] [DIRECTORY]` sets quick, empty or
# 1, out, the directory for weights, checkpoints and records, and records, where the page reads them.
experiment_options() {
    local name=$1
    shift
    quick=
    if [ "${1:-}" = --quick ]; then
        quick=1
        shift
    fi
    out=${1:-results/$name}
    records=docs/results/$name
}
