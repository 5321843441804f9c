#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The workloads of workloads.cpp in xtn, PyTorch and NumPy, one thread, single precision.

    python3 -m venv peers && peers/bin/pip install torch numpy opt_einsum
    peers/bin/python bench/peers/compare.py build/release/bench/bench_peers --out docs/results/peers

writes a record, of which docs/pages makes a table. Peers:

    eager        torch.einsum, from left to right
    opt_einsum   torch.einsum along opt_einsum's optimal order
    compile      torch.compile of the latter
    NumPy        numpy.einsum along opt_einsum's optimal order, found beforehand

Times are medians; xtn runs before and after the others, and the mean of its two medians counts."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before the libraries load

import numpy
import opt_einsum
import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from record import add_option, publish  # noqa: E402


def median_seconds(call):
    """As in workloads.cpp."""
    for _ in range(3):
        call()
    start = time.perf_counter()
    call()
    block = max(1, int(2e-5 / max(1e-9, time.perf_counter() - start)))
    samples = []
    end = time.perf_counter() + 0.25
    while len(samples) < 20 or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(block):
            call()
        samples.append((time.perf_counter() - start) / block)
    return sorted(samples)[len(samples) // 2]


def torch_forward(labels, along_best_order):
    def run(*operands):
        with torch.backends.opt_einsum.flags(enabled=along_best_order, strategy="optimal" if along_best_order else None):
            return torch.einsum(labels, *operands)

    return run


def along_path(labels, shapes):
    """The same contraction as pairs along opt_einsum's optimal order, which torch.compile can trace."""
    expression = opt_einsum.contract_path(labels, *shapes, shapes=True, optimize="optimal")[1]
    steps = [(step[0], step[2]) for step in expression.contraction_list]

    def run(*operands):
        left = list(operands)
        for positions, pair in steps:
            left.append(torch.einsum(pair, *[left.pop(p) for p in positions]))
        return left[-1]

    return run


def torch_seconds(run, arrays):
    operands = [torch.from_numpy(a) for a in arrays]
    with torch.no_grad():
        forward = median_seconds(lambda: run(*operands))
    for o in operands:
        o.requires_grad_()
    seed = torch.ones_like(run(*operands))

    def both():
        torch.autograd.grad(run(*operands), operands, seed)

    return forward, median_seconds(both)


def numpy_seconds(labels, arrays):
    path = opt_einsum.contract_path(labels, *arrays, optimize="optimal")[0]
    return median_seconds(lambda: numpy.einsum(labels, *arrays, optimize=["einsum_path", *path])), None


def measure(workload):
    labels, shapes = workload["labels"], workload["shapes"]
    torch.compiler.reset()
    generator = numpy.random.default_rng(1)
    arrays = [generator.standard_normal(s, dtype=numpy.float32) for s in shapes]
    forms = {
        "eager": lambda: torch_seconds(torch_forward(labels, False), arrays),
        "opt_einsum": lambda: torch_seconds(torch_forward(labels, True), arrays),
        "compile": lambda: torch_seconds(torch.compile(along_path(labels, shapes), dynamic=False), arrays),
        "NumPy": lambda: numpy_seconds(labels, arrays),
    }
    return {name: dict(zip(("forward_seconds", "gradient_seconds"), form())) for name, form in forms.items()}


def processor():
    for line in open("/proc/cpuinfo", encoding="utf-8") if os.path.exists("/proc/cpuinfo") else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="bench_peers")
    add_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    def xtn():
        return json.loads(subprocess.run([arguments.program], check=True, capture_output=True, text=True).stdout)

    before = xtn()
    peers = []
    for workload in before:
        print(workload["name"], file=sys.stderr)
        peers.append(measure(workload))
    after = xtn()
    times = ("forward_seconds", "gradient_seconds")
    record = {
        "versions": {"processor": processor(), "torch": torch.__version__, "numpy": numpy.__version__,
                     "opt_einsum": opt_einsum.__version__},
        "workloads": [{**{k: a[k] for k in ("name", "labels", "shapes", "flops")},
                       "xtn": {t: (a[t] + b[t]) / 2 for t in times}, "peers": p}
                      for a, b, p in zip(before, after, peers)],
    }
    publish(record, arguments.out)


if __name__ == "__main__":
    main()
