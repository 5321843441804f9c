#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A Markdown table of a Google Benchmark record, one row per benchmark, counters (ratios of medians) as columns.

    build/release/bench/bench_apply --benchmark_out=apply.json
    python3 bench/table.py apply.json > apply.md"""

import json
import sys

STANDARD = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "threads",
            "repetition_index", "iterations", "real_time", "cpu_time", "time_unit", "label", "aggregate_name"}
HOW = ("manual_time", "real_time", "min_time", "iterations")  # parts of a name that say how it was measured


def name_of(run):
    return " ".join(part for part in run["name"].split("/") if not part.startswith(HOW))


def table(record):
    lines = []
    families = {}
    for run in record["benchmarks"]:
        families.setdefault(run["name"].split("/")[0].split("<")[0], []).append(run)
    for family, runs in families.items():
        counters = [key for key in runs[0] if key not in STANDARD]
        labelled = any("label" in run for run in runs)
        header = [family, f"mean time, {runs[0]['time_unit']}", *counters] + (["order"] if labelled else [])
        lines += ["| " + " | ".join(header) + " |", "|---|" + "--:|" * (1 + len(counters)) + ("---|" if labelled else "")]
        for run in runs:
            cells = [name_of(run), f"{run['real_time']:.4g}"] + [f"{run[c]:.3g}" for c in counters]
            lines.append("| " + " | ".join(cells + ([run.get("label", "")] if labelled else [])) + " |")
        lines.append("")
    return "\n".join([*lines, machine(record)])


def machine(record):
    context = record["context"]
    return f"{context['num_cpus']} cores of {context['mhz_per_cpu']} MHz; {context['date'][:10]}."


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(table(json.load(file)))


if __name__ == "__main__":
    main()
