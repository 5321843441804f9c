#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Measures bench/products.cpp with every engine that is there, one after the other, into docs/results/products.
# Usage: bench/products.sh [PREFIX OF MKL]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=docs/results/products
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure NAME FLAGS...
measure() {
    local name=$1
    shift
    if ! g++ -std=c++20 -O3 -Iinclude -Iexamples bench/products.cpp -o "$work/$name" -lbenchmark "$@" -lpthread 2>"$work/log"; then
        echo "$name: not there ($(tail -n 1 "$work/log"))" >&2
        return
    fi
    "$work/$name" --benchmark_repetitions=9 --benchmark_min_time=0.05 --benchmark_enable_random_interleaving=true \
        --benchmark_report_aggregates_only=true --benchmark_out="$work/$name.json"
    python3 - "$work/$name.json" "$out/$name.json" <<'PYTHON'
import json
import sys

record = json.load(open(sys.argv[1], encoding="utf-8"))
record["context"] |= {"executable": "bench_products", "host_name": "localhost"}
record["benchmarks"] = [run for run in record["benchmarks"] if run["aggregate_name"] == "median"]
open(sys.argv[2], "w", encoding="utf-8").write(json.dumps(record, indent=2) + "\n")
PYTHON
}

measure openblas -lopenblas
measure onednn -DXTN_ONEDNN -ldnnl -lopenblas
measure blis -lblis
if (($# > 0)); then
    mkl=("$1"/lib/libmkl_{intel_lp64,sequential,core}.so*)
    measure mkl "${mkl[@]}" -Wl,-rpath,"$1/lib" -ldl
fi
