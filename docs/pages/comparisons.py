# SPDX-License-Identifier: BSD-3-Clause
"""docs/comparisons.md, the measured part of README.md, and the tables beside the benches' records."""

import re

import benchmarks
from records import RESULTS, ROOT, read

# What the README shows of the peers' record.
SHOWN = ("dense layer, 512 x 512, 64 rows", "low-rank layer, 1024 x 1024, rank 32, 64 rows", "MPO layer, 512 x 128, bond 16, 64 rows",
         "MPO layer, 4096 x 4096, bond 4, 512 rows", "attention mix, 4 x 256 positions, 4 heads of 32",
         "DMRG two-site step, bond 64, MPO bond 5", "chain of three 4 x 4 matrices")

MEASURED = re.compile(r"(?<=<!-- measured: docs/pages -->\n).*?(?=<!-- measured: end -->)", re.DOTALL)


def record(name):
    return read(RESULTS / name)


def page():
    sections = [
        ("Other libraries",
         "The same contractions and gradients in PyTorch and NumPy: how many times longer they take than xtn.",
         "python3 bench/peers/compare.py build/gcc-release/bench/bench_peers --out docs/results/peers",
         benchmarks.peers_table(record("peers/results.json"))),
        ("Networks of any size",
         "Contraction orders as log10 of scalar multiplications and seconds of the search, beside cotengra's (128 random-greedy samples, "
         "subtrees of 8 re-searched 64 times); slices that keep to a quarter of the order's peak memory; and contractions beside PyTorch's, "
         "which goes along the best of both libraries' orders, where there are at most 10^10.5 multiplications. Where a cell is empty, no "
         "slices would do.",
         "python3 bench/peers/networks.py build/gcc-release/bench/bench_graph test/reference/networks --most 10.5 --out docs/results/networks",
         benchmarks.networks_table(record("networks/results.json"))),
        ("An MPO layer against the dense layer",
         "n x n matrix product operators of three sites applied to rows: how many times longer the dense product takes. The last column "
         "is the share of flops, for the most rows.",
         "build/gcc-release/bench/bench_apply --benchmark_out=docs/results/bench/apply.json",
         benchmarks.apply_table(record("bench/apply.json"))),
        ("Exact and randomised TT-SVD",
         "Two sites, truncated to the bond; relative errors of both.",
         "build/gcc-release/bench/bench_tt_svd --benchmark_out=docs/results/bench/tt_svd.json",
         benchmarks.table(record("bench/tt_svd.json"))),
        ("Engines for products",
         "GFLOP/s of float products of a training step of PicoGPT on one thread; ^T: the right factor is stored transposed. "
         "[Choose your BLAS](guide/15-blas.md) says how.",
         "bench/products.sh [MKL's prefix]",
         benchmarks.products_table([record(f"products/{name}.json") for name in ("openblas", "onednn", "blis", "mkl")])),
        ("Element-wise expressions",
         "Forward and backward of 256 x 512 elements, beside hand-written loops of the same and the expression with a name for every part.",
         "build/gcc-release/bench/bench_elementwise --benchmark_out=docs/results/bench/elementwise.json",
         benchmarks.table(record("bench/elementwise.json"))),
        ("Compile time",
         "Translation units against one that uses xtensor alone.",
         "python3 bench/compile/measure.py --compilers g++ clang++-14 --out docs/results/compile",
         benchmarks.compile_table(record("compile/results.json"))),
        ("Orders, chains, overhead, tiny products",
         "The planner against every other order of the same networks, a chain against the bare products of its steps, what an evaluation takes "
         "beyond the BLAS, and loops for tiny products; [speed](speed.md) explains the columns.",
         "build/gcc-release/bench/bench_contraction --benchmark_out=docs/results/bench/contraction.json",
         benchmarks.table(record("bench/contraction.json"))),
        ("Sums, copies, element-wise products",
         "Against the best order of plain loops, all orders tried, and against xtensor (`xt::sum`, `xt::transpose`): how many times longer "
         "they take than xtn.",
         "build/gcc-release/bench/bench_reductions --benchmark_out=docs/results/bench/reductions.json",
         benchmarks.reductions_table(record("bench/reductions.json"))),
    ]
    text = ("# Comparisons\n\nWritten by `python3 docs/pages` from the records in `docs/results`, each of which the command above its "
            "table makes. [Speed](speed.md) says what limits the figures.\n")
    for title, about, command, tables in sections:
        text += f"\n## {title}\n\n{about}\n\n```sh\n{command}\n```\n\n{tables.strip()}\n"
    return text


def readme():
    data = record("peers/results.json")
    by_name = {w["name"]: w for w in data["workloads"]}

    def ratio(workload, key, *peers):
        return benchmarks.times(min(workload["peers"][peer][key] for peer in peers) / workload["xtn"][key])

    lines = ["| how many times longer than xtn | PyTorch, values | PyTorch, values and gradients | NumPy, values |", "|---|--:|--:|--:|"]
    for name in SHOWN:
        cells = [ratio(by_name[name], key, "eager", "opt_einsum", "compile") for key in ("forward_seconds", "gradient_seconds")]
        lines.append(f"| {name} | " + " | ".join([*cells, ratio(by_name[name], "forward_seconds", "NumPy")]) + " |")
    v = data["versions"]
    lines.append(f"\nOne thread, single precision, {v['processor']}; PyTorch {v['torch']}, NumPy {v['numpy']}.")
    return "\n".join(lines) + "\n"


def files():
    """What should stand in each file."""
    front = ROOT / "README.md"
    made = {ROOT / "docs" / "comparisons.md": page(),
            front: MEASURED.sub(lambda _: readme(), front.read_text(encoding="utf-8"), count=1),
            RESULTS / "peers" / "results.md": benchmarks.peers_table(record("peers/results.json")),
            RESULTS / "networks" / "results.md": benchmarks.networks_table(record("networks/results.json")),
            RESULTS / "compile" / "results.md": benchmarks.compile_table(record("compile/results.json"))}
    tables = {"operators": lambda data: benchmarks.table(data) + "\n" + benchmarks.crossover_tables(data),
              "reductions": benchmarks.reductions_table}
    for path in sorted((RESULTS / "bench").glob("*.json")):
        made[path.with_suffix(".md")] = tables.get(path.stem, benchmarks.table)(read(path))
    return made
