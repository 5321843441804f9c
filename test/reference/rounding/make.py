#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes rounding.npz with NumPy and ml_dtypes: what the 256 patterns of each 8-bit float mean, and the 16-bit patterns
nearest to some numbers. Usage: make.py [FOLDER]"""
import pathlib
import sys

import ml_dtypes
import numpy

FLOAT8 = {
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E8M0": ml_dtypes.float8_e8m0fnu,
    "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}


def main(folder):
    patterns = numpy.arange(256, dtype=numpy.uint8)
    arrays = {name: patterns.view(dtype).astype(numpy.float32) for name, dtype in FLOAT8.items()}
    generator = numpy.random.default_rng(1)
    # Over all exponents of binary16 and beyond, and around each of a few ties.
    numbers = generator.standard_normal(1000) * 2.0 ** generator.integers(-30, 20, 1000)
    ties = numpy.array([1 + 2.0**-11, 1 + 3 * 2.0**-11, 1 + 2.0**-8, 1 + 3 * 2.0**-8, 2.0**-25, 3 * 2.0**-25, 65504, 65519.99])
    numbers = numpy.concatenate([numbers, ties, numpy.nextafter(ties, 0), numpy.nextafter(ties, 1e9), [0.0, -0.0]])
    # Numbers of single precision: ml_dtypes rounds doubles to that first.
    numbers = numbers.astype(numpy.float32)
    with numpy.errstate(over="ignore"):
        arrays["F16"] = numbers.astype(numpy.float16).view(numpy.uint16)
    arrays["BF16"] = numbers.astype(ml_dtypes.bfloat16).view(numpy.uint16)
    numpy.savez_compressed(folder / "rounding.npz", numbers=numbers, **arrays)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent))
