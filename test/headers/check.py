# SPDX-License-Identifier: BSD-3-Clause
"""Every header of xtn on its own:

- it compiles as the only include of a translation unit, included twice, with warnings as errors;
- it includes, directly or not, only folders that stand above its own in the house order, and core and plan include the
  standard library alone;
- outside of backend it neither includes xtensor, xsimd, BLAS or LAPACK itself nor calls the latter two.

    python3 check.py COMPILER INCLUDE_DIR WORK_DIR [MPI_INCLUDE_DIR]

xtn/mpi.hpp is checked if it is said where MPI is. A header that passed is checked again when it or one that it includes has
changed.

Most of the time would go into reading the same headers again. So clang reads a header after the largest of BASES that it
includes anyway, precompiled; which tells as much: its own text comes after all that it includes, and those are checked
themselves. For the same reason functions that stand in a header of their own (XTN_INLINE) are only declared."""

import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HOUSE = "core plan backend expr ad graph scheme tt op init nn io train mpi".split()
BASES = ["xtn/core/error.hpp", "xtn/core/network.hpp", "xtn/plan/plan.hpp", "xtn/backend/xtensor.hpp", "xtn/backend/contract.hpp",
         "xtn/expr/einsum.hpp", "xtn/graph/plan.hpp", "xtn/op/apply.hpp", "xtn/nn/transformer/body.hpp", "xtn/io/safetensors.hpp",
         "xtn/io/operators.hpp"]
FLAGS = "-std=c++20 -DXTN_COMPILED -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror".split()
OURS = re.compile(r"^#include <(xtn/[^>]+)>", re.M)
NOT_STANDARD = re.compile(r"^#include <(?!xtn/)[^>]*[./].*", re.M)
BACKEND_ONLY = re.compile(
    r"#include <(xtensor|xtensor-blas|xtl|xsimd|xflens|cblas|lapacke?)[./].*|(cxxblas|cxxlapack|xt::blas|xt::linalg)::.*")

compiler, include, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
mpi = sys.argv[4:]
if "clang" in subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout:
    FLAGS.append("-fpch-instantiate-templates")
else:
    BASES.clear()
headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp"))
if not mpi:
    headers.remove("xtn/mpi.hpp")
text = {header: (include / header).read_text() for header in headers}
includes = {header: set(OURS.findall(text[header])) for header in headers}


def closure(header):
    """The headers of ours that it includes, directly or not."""
    found, left = set(), [header]
    while left:
        new = includes[left.pop()] - found
        found |= new
        left += new
    return found


closures = {header: closure(header) for header in headers}
bases = {header: max((base for base in BASES if base in closures[header]), key=lambda base: len(closures[base]), default=None)
         for header in headers}


def folder(header):
    """An umbrella (xtn/io.hpp) counts as its folder."""
    return header.split("/")[1].removesuffix(".hpp")


def file(header, suffix):
    return work / (header.replace("/", "_") + suffix)


def mistake(header):
    """What is wrong with it as text, or None."""
    own = folder(header)
    if own != "xtn" and own not in HOUSE:
        return f"{own} is not a folder of the house ({' '.join(HOUSE)})"
    above = HOUSE if own == "xtn" else HOUSE[:HOUSE.index(own) + 1]  # the umbrella of all may include any of them
    for other in sorted(closures[header]):
        if other.count("/") > 1 and folder(other) not in above:
            return f"includes {other}, but {folder(other)} does not stand above {own} ({' '.join(HOUSE)})"
    if own in ("core", "plan") and (found := NOT_STANDARD.search(text[header])):
        return f"{found[0]}: {own} needs the standard library only"
    if own != "backend" and (found := BACKEND_ONLY.search(text[header])):
        return f"{found[0]}: only backend sees xtensor's headers, xsimd, BLAS and LAPACK"
    return None


def passed_before(header):
    stamp, made = file(header, ".ok"), file(header, ".pch")
    return (stamp.exists() and (header not in BASES or made.exists()) and
            all(os.path.getmtime(include / other) < os.path.getmtime(stamp) for other in closures[header] | {header}))


def check(header):
    """What is wrong with it, or None."""
    if passed_before(header):
        return None
    if found := mistake(header):
        return found
    source, stamp = file(header, ".cpp"), file(header, ".ok")
    stamp.unlink(missing_ok=True)
    source.write_text(f"#include <{header}>\n#include <{header}>\n")
    command = [compiler, *FLAGS, f"-I{include}", *[flag for path in mpi for flag in ("-isystem", path)]]
    if header in BASES:
        command += ["-x", "c++-header", source, "-o", file(header, ".pch")]
    else:
        command += ["-fsyntax-only", source, *(["-include-pch", file(bases[header], ".pch")] if bases[header] else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return f"does not compile on its own with {compiler}\n{done.stderr}"
    stamp.touch()
    return None


def main():
    work.mkdir(parents=True, exist_ok=True)
    wrong = {}
    with ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
        for part in (BASES, [header for header in headers if header not in BASES]):
            wrong |= dict(zip(part, pool.map(check, part)))
    for header, what in wrong.items():
        if what:
            print(f"{header}: {what}", file=sys.stderr)
    if any(wrong.values()):
        sys.exit(1)
    print(f"{len(headers)} headers compile alone with {compiler}")


main()
