#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Networks of any size beside cotengra (orders) and PyTorch (contractions in single precision), one thread.

    python3 -m venv peers && peers/bin/pip install torch numpy cotengra cotengrust opt_einsum einsum-benchmark
    peers/bin/python bench/peers/networks.py build/release/bench/bench_graph test/reference/networks --out docs/results/networks

writes a record, of which docs/pages makes a table. Networks are the JSON files of the folder, as cotengra stores them, and seeded
instances of einsum-benchmark's generators. cotengra samples 128 random-greedy trees and re-searches subtrees of 8, 64 times; it
counts xtn's orders as well: both must agree. PyTorch contracts along the best of cotengra's order and two of xtn's (least
multiplications; least time), pair by pair with torch.einsum or by cotengra's expression: its fastest time counts. xtn runs before
and after, and the mean of its two medians counts. Times are those of the processor."""

import argparse
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before the libraries load

import cotengra
import numpy
import torch
from einsum_benchmark.generators.language_model import p_first_and_last, sliding_likelihood
from einsum_benchmark.generators.quantum_computing.mps_product import matrix_product_state
from einsum_benchmark.generators.structured.matrix_chain import generate_mcm

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from record import add_option, publish  # noqa: E402


def from_equation(equation, shapes):
    terms, output = equation.replace(" ", "").split("->")
    inputs = [list(term) for term in terms.split(",")]
    sizes = {label: int(extent) for term, shape in zip(inputs, shapes) for label, extent in zip(term, shape)}
    return {"inputs": inputs, "output": list(output), "size_dict": sizes}


def networks(folder):
    """Network by name."""
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "size_dict" in content:
            yield path.stem, content
    yield "chain of 100 matrices", from_equation(*generate_mcm(100, 10, 400, seed=1))
    yield "MPS norm, 100 sites", from_equation(*matrix_product_state(100, 10, 40, 32, seed=1))
    yield "MERA, first and last", from_equation(*p_first_and_last(3, 4, 6))
    yield "MERA likelihood, 64 rows", from_equation(*sliding_likelihood(3, 4, 6, 64))


def by_cotengra(net):
    start = time.process_time()
    search = cotengra.RandomGreedyOptimizer(max_repeats=128, seed=0, accel=True, parallel=False)
    path = search.ssa_path(net["inputs"], net["output"], net["size_dict"])
    tree = tree_of(net, path)
    tree.subtree_reconfigure_(subtree_size=8, maxiter=64, seed=0)
    return tree, time.process_time() - start


def tree_of(net, ssa_path):
    return cotengra.ContractionTree.from_path(net["inputs"], net["output"], net["size_dict"], ssa_path=ssa_path)


def pairs(net, ssa_path):
    """The contraction step by step with torch.einsum: a function of the list of tensors."""
    uses = {}
    for labels in (*net["inputs"], net["output"]):
        for label in set(labels):
            uses[label] = uses.get(label, 0) + 1
    terms, steps = [list(labels) for labels in net["inputs"]], []
    for k, (i, j) in enumerate(ssa_path):
        touched = list(dict.fromkeys(terms[i] + terms[j]))
        for label in set(terms[i]) & set(terms[j]):
            uses[label] -= 1
        kept = list(net["output"]) if k + 1 == len(ssa_path) else [label for label in touched if uses[label] > 1]
        number = {label: n for n, label in enumerate(touched)}
        steps.append((i, j, *([number[label] for label in labels] for labels in (terms[i], terms[j], kept))))
        terms.append(kept)

    def run(tensors):
        left = list(tensors)
        for i, j, a, b, c in steps:
            left.append(torch.einsum(left[i], a, left[j], b, c))
            left[i] = left[j] = None
        return left[-1]

    return run


def median_seconds(call):
    call()
    samples, end = [], time.process_time() + 0.5
    while len(samples) < 3 or time.process_time() < end:
        start = time.process_time()
        call()
        samples.append(time.process_time() - start)
    return sorted(samples)[len(samples) // 2]


def torch_seconds(net, paths):
    """Of the fastest way along any of these orders."""
    generator = torch.Generator().manual_seed(1)
    shapes = [tuple(net["size_dict"][label] for label in labels) for labels in net["inputs"]]
    tensors = [torch.randn(s, generator=generator) * max(1, math.prod(s)) ** -0.25 for s in shapes]
    found = []
    for path in paths:
        run = pairs(net, path)
        expression = cotengra.array_contract_expression(net["inputs"], net["output"], net["size_dict"], optimize=tree_of(net, path))
        found += [median_seconds(lambda: run(tensors)), median_seconds(lambda: expression(*tensors))]
    return min(found)


def processor():
    for line in open("/proc/cpuinfo", encoding="utf-8") if os.path.exists("/proc/cpuinfo") else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def measure(program, name, net, most):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"{name}.json"
        path.write_text(json.dumps(net), encoding="utf-8")

        def xtn():
            return json.loads(subprocess.run([program, str(path)], check=True, text=True, stdout=subprocess.PIPE).stdout)

        entry = xtn()
        path_of_xtn = entry.pop("ssa_path")
        counted = math.log10(tree_of(net, path_of_xtn).contraction_cost())
        assert abs(counted - entry["multiplications"]) < 1e-6, (name, counted, entry["multiplications"])
        tree, entry["cotengra_seconds"] = by_cotengra(net)
        entry["cotengra"] = math.log10(tree.contraction_cost())
        if entry["run"] and entry["run"]["multiplications"] > most:
            entry["run"] = None
        if run := entry["run"]:
            run["torch_seconds"] = torch_seconds(net, [path_of_xtn, run.pop("ssa_path"), tree.get_ssa_path()])
            run["seconds"] = (run["seconds"] + xtn()["run"]["seconds"]) / 2
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="bench_graph")
    parser.add_argument("folder", help="networks as JSON")
    parser.add_argument("--most", type=float, default=11.5, help="log10 of multiplications beyond which nothing is contracted [11.5]")
    add_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measured = []
    with torch.no_grad():
        for name, net in networks(arguments.folder):
            print(name, file=sys.stderr)
            measured.append(measure(arguments.program, name, net, arguments.most))
    versions = {"processor": processor(), "torch": torch.__version__, "numpy": numpy.__version__, "cotengra": cotengra.__version__}
    publish({"versions": versions, "networks": measured}, arguments.out)


if __name__ == "__main__":
    main()
