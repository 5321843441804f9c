#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks xtn's safetensors, .npy and .npz both ways against the Python packages: files that they write are read by
convert.cpp and written again in each format, and what they then read is what they wrote.

    python3 -m venv interop && interop/bin/pip install numpy safetensors      # torch, if there, adds BF16 and F8
    interop/bin/python bench/peers/interop.py build/gcc-release/bench/bench_convert

Prints a table and fails if a tensor, its dtype, its shape or the metadata differ."""

import argparse
import itertools
import pathlib
import subprocess
import sys
import tempfile

import numpy
import safetensors
import safetensors.numpy

try:
    import safetensors.torch
    import torch
except ImportError:
    torch = None

DTYPES = ["?", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8", "c8", "c16"]
SHAPES = [(), (1,), (7,), (3, 4), (2, 3, 4, 5), (0,), (3, 0, 2), (1, 1, 1)]


def random_array(generator, dtype, shape):
    """Any bit pattern of the dtype, NaN and infinity included."""
    count = int(numpy.prod(shape, dtype=int))
    if numpy.dtype(dtype).kind == "b":
        return (generator.integers(0, 2, count) == 1).reshape(shape)
    return numpy.frombuffer(generator.bytes(count * numpy.dtype(dtype).itemsize), dtype).reshape(shape)


def same(a, b):
    """Same dtype but for the byte order, same shape, same bits."""
    a, b = (numpy.ascontiguousarray(x.astype(x.dtype.newbyteorder("<"))) for x in (a, b))
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_dictionaries(a, b):
    return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)


class Checks:
    def __init__(self, convert, folder):
        self.convert, self.folder, self.rows = convert, folder, {}

    def run(self, source, target):
        subprocess.run([self.convert, source, target], check=True)
        return target

    def count(self, row, passed):
        done, right = self.rows.get(row, (0, 0))
        self.rows[row] = (done + 1, right + bool(passed))

    def npy(self, generator):
        for dtype, shape, big, order in itertools.product(DTYPES, SHAPES, (False, True), "CF"):
            a = random_array(generator, dtype, shape)
            if big:
                a = a.astype(a.dtype.newbyteorder(">"))
            numpy.save(self.folder / "in.npy", numpy.asarray(a, order=order))
            b = numpy.load(self.run(self.folder / "in.npy", self.folder / "out.npy"))
            self.count("numpy.save -> xtn -> numpy.load", same(a, b))

    def archives(self, generator):
        named = lambda dtypes: {f"{d} {s} \u00b5": random_array(generator, d, s) for d in dtypes for s in SHAPES}
        for writer in (numpy.savez, numpy.savez_compressed):
            arrays = named(DTYPES)
            arrays["repetitive"] = numpy.arange(300000) // 1000
            writer(self.folder / "in.npz", **arrays)
            with numpy.load(self.run(self.folder / "in.npz", self.folder / "out.npz")) as b:
                self.count(f"numpy.{writer.__name__} -> xtn -> numpy.load", same_dictionaries(arrays, dict(b)))

        storable = named([d for d in DTYPES if d not in ("c8", "c16")])
        path = self.folder / "in.safetensors"
        safetensors.numpy.save_file(storable, path, metadata={"format": "np", "note": "\"\u00b5\" \\ \n"})
        out = self.run(path, self.folder / "out.safetensors")
        with safetensors.safe_open(path, "np") as a, safetensors.safe_open(out, "np") as b:
            row = "safetensors -> xtn -> safetensors"
            self.count(row, a.metadata() == b.metadata())
            self.count(row, same_dictionaries(storable, {k: b.get_tensor(k) for k in b.keys()}))
        with numpy.load(self.run(path, self.folder / "out.npz")) as b:
            self.count("safetensors -> xtn -> numpy.load", same_dictionaries(storable, dict(b)))
        numpy.savez(self.folder / "in.npz", **storable)
        b = safetensors.numpy.load_file(self.run(self.folder / "in.npz", self.folder / "out.safetensors"))
        self.count("numpy.savez -> xtn -> safetensors", same_dictionaries(storable, b))

    def torch_only(self, generator):
        bits = lambda t: t.flatten().view(torch.uint8)
        tensors = {}
        for dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64):
            for shape in SHAPES[1:]:
                tensor = tensors[f"{dtype} {shape}"] = torch.empty(shape, dtype=dtype)
                bits(tensor).copy_(torch.from_numpy(random_array(generator, "u1", bits(tensor).shape).copy()))
        path = self.folder / "in.safetensors"
        safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
        b = safetensors.torch.load_file(self.run(path, self.folder / "out.safetensors"))
        for name, a in tensors.items():
            self.count("safetensors.torch -> xtn -> safetensors.torch (BF16, F8, C64)",
                       b[name].dtype == a.dtype and b[name].shape == a.shape and torch.equal(bits(b[name]), bits(a)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("convert", type=pathlib.Path, help="the program bench_convert")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(arguments.convert.resolve(), pathlib.Path(folder))
        generator = numpy.random.default_rng(1)
        checks.npy(generator)
        checks.archives(generator)
        if torch:
            checks.torch_only(generator)
    packages = [numpy, safetensors] + ([torch] if torch else [])
    print(", ".join(f"{p.__name__} {p.__version__}" for p in packages))
    for row, (done, right) in checks.rows.items():
        print(f"{row:70} {right:4} of {done:4} equal")
    return any(done != right for done, right in checks.rows.values())


if __name__ == "__main__":
    sys.exit(main())
