#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""From a record of bench_operators, the rows for which an operator beats the dense product: one table for the forward
product and one with its gradients. Between measured numbers of rows the speed-up is interpolated, both on logarithmic
scales.

    python3 bench/crossover.py operators.json"""

import json
import math
import re
import sys

COUNTERS = {"forward": "forward", "both": "forward and backward"}


def winning_rows(speed_ups):
    """The rows for which the speed-up exceeds 1, as text, from (rows, speed-up) in ascending order."""
    if all(s > 1 for _, s in speed_ups):
        return "all"
    if all(s <= 1 for _, s in speed_ups):
        return "none"
    spans, start = [], None if speed_ups[0][1] <= 1 else ""
    for (rows, before), (next_rows, after) in zip(speed_ups, speed_ups[1:]):
        if (before > 1) == (after > 1):
            continue
        share = math.log(before) / (math.log(before) - math.log(after))
        crossing = f"{rows * (next_rows / rows) ** share:.2g}"
        crossing = f"{float(crossing):.0f}"
        if after > 1:
            start = crossing
        else:
            spans.append(f"{start} to {crossing}" if start else f"up to {crossing}")
            start = None
    if start is not None:
        spans.append(f"from {start}")
    return ", ".join(spans)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        runs = json.load(file)["benchmarks"]
    measured = {}
    for run in runs:
        family, n, rows = re.match(r"(\w+)/n:(\d+)/rows:(\d+)", run["name"]).groups()
        measured.setdefault(family, {}).setdefault(int(n), []).append((int(rows), run))
    sizes = sorted({n for by_size in measured.values() for n in by_size})
    for counter, title in COUNTERS.items():
        print(f"| {title}: faster than dense for rows | " + " | ".join(f"n = {n}" for n in sizes) + " |")
        print("|---|" + "--:|" * len(sizes))
        for family, by_size in measured.items():
            cells = [winning_rows([(rows, run[counter]) for rows, run in sorted(by_size[n], key=lambda r: r[0])])
                     if n in by_size else "" for n in sizes]
            print(f"| {family} | " + " | ".join(cells) + " |")
        print()


if __name__ == "__main__":
    main()
