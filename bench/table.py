#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Markdown table of a Google Benchmark record, one row per benchmark, counters as columns.

    build/release/bench/bench_apply --benchmark_out=apply.json
    python3 bench/table.py apply.json > apply.md"""

import json
import sys

STANDARD = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "threads",
            "repetition_index", "iterations", "real_time", "cpu_time", "time_unit", "label", "aggregate_name"}


def name_of(run):
    parts = [p for p in run["name"].split("/") if p not in ("manual_time", "real_time") and not p.startswith("min_time")]
    return " ".join(parts)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        record = json.load(file)
    family = None
    for run in record["benchmarks"]:
        counters = [key for key in run if key not in STANDARD]
        title = run["name"].split("/")[0].split("<")[0]
        if title != family:
            family = title
            print(f"\n| {family} | time, {run['time_unit']} | " + " | ".join(counters) + " |")
            print("|---|--:|" + "--:|" * len(counters))
        print(f"| {name_of(run)} | {run['real_time']:.4g} | " + " | ".join(f"{run[c]:.3g}" for c in counters) + " |")
    context = record["context"]
    print(f"\n{context['num_cpus']} cores of {context['mhz_per_cpu']} MHz; {context['date'][:10]}.")


if __name__ == "__main__":
    main()
