#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program and compares what it prints with a text.

    expect.py EXPECTED.txt PROGRAM [ARGUMENT...]

Fails if the program does, or if the texts differ. They agree where their words do: numbers with a decimal point or an
exponent to 2 %, and below 1e-6 they count as rounding; other words exactly, blanks do not count. A word "..."
matches any word, "...," any that ends in a comma, a line "..." any lines."""

import pathlib
import re
import subprocess
import sys

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?")


def words_agree(expected, found):
    if expected.startswith("...") and found.endswith(expected[3:]) or expected == found:
        return True
    # Brackets and commas stay with their word: the numbers inside are compared, the text around them must be equal.
    if NUMBER.sub("#", expected) != NUMBER.sub("#", found):
        return False
    for a, b in zip(NUMBER.finditer(expected), NUMBER.finditer(found)):
        a, b = a.group(), b.group()
        if a == b:
            continue
        if not re.search(r"[.e]", a + b):
            return False
        x, y = float(a), float(b)
        if abs(x - y) > 0.02 * max(abs(x), abs(y)) and max(abs(x), abs(y)) > 1e-6:
            return False
    return True


def lines_agree(expected, found):
    a, b = expected.split(), found.split()
    return len(a) == len(b) and all(map(words_agree, a, b))


def difference(expected, found):
    """The first line that does not agree, as a message; None if all do. Blank lines at the end do not count."""
    a, b = expected.rstrip().splitlines(), found.rstrip().splitlines()
    at = 0
    for i, line in enumerate(a):
        if line.strip() == "...":
            rest = a[i + 1:]
            if not rest:
                return None
            while at < len(b) and difference("\n".join(rest), "\n".join(b[at:])):
                at += 1
            return None if at < len(b) else f"what follows \"...\" is not there:\n  {rest[0]}"
        if at == len(b):
            return f"the output ends where this is expected:\n  {line}"
        if not lines_agree(line, b[at]):
            return f"line {at + 1}: expected\n  {line}\nfound\n  {b[at]}"
        at += 1
    return None if at == len(b) else f"the output goes on:\n  {b[at]}"


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    run = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, check=False)
    print(run.stdout, end="")
    if run.returncode != 0:
        raise SystemExit(f"expect: the program failed ({run.returncode})")
    if wrong := difference(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), run.stdout):
        raise SystemExit(f"expect: {sys.argv[1]}: {wrong}")


if __name__ == "__main__":
    main()
