#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compile time and memory of small translation units, relative to one that uses xtensor alone.

    python3 bench/compile/measure.py --compilers g++ clang++-14 --out docs/results/compile

XTN_COMPILED is what the CMake target xtn::compiled defines. Each unit is compiled --repeat times in turn with the others, with the flags of --flags; medians of the processor time,
maxima of the memory. docs/pages makes a table of the record."""

import argparse
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "common"))
from record import add_option, publish  # noqa: E402

UNITS = [("bare_xtensor", []), ("xtensor_blas", [])] + [
    (unit, defines) for unit in ("contraction", "gradient", "umbrella") for defines in ([], ["-DXTN_COMPILED"])] + [
    ("static_chain", ["-DXTN_COMPILED", f"-DOPERANDS={n}"]) for n in (2, 4, 6, 8)]


def compile_once(command):
    """Processor seconds and peak MiB."""
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit("failed: " + shlex.join(command))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    parser.add_argument("--flags", default="-O2")
    parser.add_argument("--repeat", type=int, default=5)
    add_option(parser)
    arguments = parser.parse_args()

    names = [" ".join([unit, *(d.removeprefix("-D") for d in defines)]) for unit, defines in UNITS]
    record = {"flags": arguments.flags, "repeat": arguments.repeat, "units": names, "compilers": []}
    for compiler in arguments.compilers:
        command = [compiler, "-std=c++20", *shlex.split(arguments.flags), f"-I{HERE.parents[1] / 'include'}", "-c",
                   "-o", os.devnull]
        samples = [[] for _ in UNITS]
        for _ in range(arguments.repeat):
            for i, (unit, defines) in enumerate(UNITS):
                samples[i].append(compile_once([*command, *defines, str(HERE / f"{unit}.cpp")]))
        version = subprocess.run([compiler, "--version"], check=True, capture_output=True, text=True).stdout
        record["compilers"].append({
            "name": compiler, "version": version.splitlines()[0],
            "units": [{"seconds": statistics.median(s for s, _ in runs), "mebibytes": max(m for _, m in runs)}
                      for runs in samples]})
    publish(record, arguments.out)


if __name__ == "__main__":
    main()
