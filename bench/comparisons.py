#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes docs/comparisons.md, and the measured part of README.md, from the records in docs/results.

    python3 bench/comparisons.py            writes both
    python3 bench/comparisons.py --check    fails if one is not what the records say"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path += [str(HERE), str(HERE / "peers"), str(HERE / "compile")]
import measure  # noqa: E402
import peers_table  # noqa: E402
import table as benchmark  # noqa: E402

# What the README shows of the peers' record.
SHOWN = ("dense layer, 512 x 512, 64 rows", "low-rank layer, 1024 x 1024, rank 32, 64 rows", "MPO layer, 512 x 128, bond 16, 64 rows",
         "MPO layer, 4096 x 4096, bond 4, 512 rows", "attention mix, 4 x 256 positions, 4 heads of 32",
         "DMRG two-site step, bond 64, MPO bond 5", "chain of three 4 x 4 matrices")


def record(name):
    return json.loads((ROOT / "docs" / "results" / name).read_text(encoding="utf-8"))


def times(ratio):
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def apply_table(data):
    """One row for each operator: times of the dense product over those of the operator, by the number of rows."""
    runs = {}
    for run in data["benchmarks"]:
        parts = dict(part.split(":") for part in run["name"].split("/") if ":" in part)
        n = int(run["name"].split("<")[1].split(">")[0])
        runs.setdefault((n, int(parts["bond"])), {})[int(parts["rows"])] = run
    rows = sorted({r for of in runs.values() for r in of})
    lines = ["| n | bond | " + " | ".join(f"{r} row{'s' * (r > 1)}" for r in rows) + " | flops of dense |",
             "|--:|--:|" + "--:|" * (len(rows) + 1)]
    for (n, bond), of in sorted(runs.items()):
        cells = [times(of[r]["against_dense"]) if r in of else "" for r in rows]
        largest = of[max(of)]["flop_ratio"]
        lines.append(f"| {n} | {bond} | " + " | ".join(cells) + f" | {largest:.2g} |")
    return "\n".join(lines) + "\n\n" + benchmark.machine(data)


def page():
    sections = [
        ("Other libraries",
         "The same contractions and gradients in PyTorch and NumPy: how many times longer they take than xtn.",
         "python3 bench/peers/compare.py build/gcc-release/bench/bench_peers --out docs/results/peers",
         peers_table.table(record("peers/results.json"))),
        ("An MPO layer against the dense layer",
         "n x n matrix product operators of three sites applied to rows: how many times longer the dense product takes. The last column "
         "is the share of flops, for the most rows.",
         "build/gcc-release/bench/bench_apply --benchmark_out=docs/results/bench/apply.json",
         apply_table(record("bench/apply.json"))),
        ("Exact and randomised TT-SVD",
         "Two sites, truncated to the bond; relative errors of both.",
         "build/gcc-release/bench/bench_tt_svd --benchmark_out=docs/results/bench/tt_svd.json",
         benchmark.table(record("bench/tt_svd.json"))),
        ("Compile time",
         "Translation units against one that uses xtensor alone.",
         "python3 bench/compile/measure.py --compilers g++ clang++-14 --out docs/results/compile",
         measure.table(record("compile/results.json"))),
        ("Orders, chains, overhead, tiny products",
         "The planner against every other order of the same networks, a chain against the bare products of its steps, what an evaluation takes "
         "beyond the BLAS, and loops for tiny products; [speed](speed.md) explains the columns.",
         "build/gcc-release/bench/bench_contraction --benchmark_out=docs/results/bench/contraction.json",
         benchmark.table(record("bench/contraction.json"))),
    ]
    text = ("# Comparisons\n\nWritten by `python3 bench/comparisons.py` from the records in `docs/results`, each of which the command above its "
            "table makes. [Speed](speed.md) says what limits the figures.\n")
    for title, about, command, tables in sections:
        text += f"\n## {title}\n\n{about}\n\n```sh\n{command}\n```\n\n{tables.strip()}\n"
    return text


def readme():
    data = record("peers/results.json")
    by_name = {w["name"]: w for w in data["workloads"]}

    def ratio(workload, key, *peers):
        return times(min(workload["peers"][peer][key] for peer in peers) / workload["xtn"][key])

    lines = ["| how many times longer than xtn | PyTorch, values | PyTorch, values and gradients | NumPy, values |", "|---|--:|--:|--:|"]
    for name in SHOWN:
        cells = [ratio(by_name[name], key, "eager", "opt_einsum", "compile") for key in ("forward_seconds", "gradient_seconds")]
        lines.append(f"| {name} | " + " | ".join([*cells, ratio(by_name[name], "forward_seconds", "NumPy")]) + " |")
    v = data["versions"]
    lines.append(f"\nOne thread, single precision, {v['processor']}; PyTorch {v['torch']}, NumPy {v['numpy']}.")
    return "\n".join(lines)


def with_measured(text):
    begin, end = "<!-- measured: bench/comparisons.py -->\n", "<!-- measured: end -->"
    before, rest = text.split(begin)
    return before + begin + readme() + "\n" + end + rest.split(end)[1]


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        raise SystemExit(__doc__)
    front = ROOT / "README.md"
    for path, text in ((ROOT / "docs" / "comparisons.md", page()), (front, with_measured(front.read_text(encoding="utf-8")))):
        if not sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{path} is not what the records say; run python3 bench/comparisons.py")


if __name__ == "__main__":
    main()
