#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the files of this folder with NumPy. Usage: make.py [FOLDER]"""
import pathlib
import struct
import sys
import zipfile

import numpy

DTYPES = ["?", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8", "c8", "c16"]


def array(dtype, shape, order="C"):
    """Element i in row-major order: (-1)^i (i + 1) / 2, in integers truncated towards 0; unsigned 7 i; bool whether i
    is odd; complex with the imaginary part i."""
    i = numpy.arange(numpy.prod(shape, dtype=int))
    kind = numpy.dtype(dtype).kind
    values = {"b": i % 2, "u": 7 * i}.get(kind, (-1.0) ** i * (i + 1) / 2)
    if kind == "c":
        values = values + 1j * i
    return numpy.asarray(values.astype(dtype).reshape(shape), order=order)


def main(folder):
    for dtype in DTYPES:
        name = numpy.dtype(dtype).name
        numpy.save(folder / f"{name}.npy", array(dtype, (2, 3, 2)))
        if numpy.dtype(dtype).itemsize > 1:
            numpy.save(folder / f"{name}_big.npy", array(">" + dtype, (2, 3, 2)))
    numpy.save(folder / "fortran.npy", array("f8", (2, 3, 4), order="F"))
    numpy.save(folder / "fortran_big.npy", array(">c8", (3, 5), order="F"))
    numpy.save(folder / "scalar.npy", array("f4", ()))
    numpy.save(folder / "vector.npy", array("i4", (3,)))
    numpy.save(folder / "empty.npy", array("f8", (3, 0, 2)))
    for version in ((2, 0), (3, 0)):
        with open(folder / f"version_{version[0]}.npy", "wb") as file:
            numpy.lib.format.write_array(file, array("f4", (2, 3)), version=version)

    arrays = {"a": array("f4", (2, 3)), "name with blanks/\u00b5": array("i8", (4,)), "scalar": array("c16", ())}
    numpy.savez(folder / "stored.npz", **arrays)
    # 20,000 numbers of which few differ: long copies, and codes that the compressor makes for them.
    numpy.savez_compressed(folder / "deflated.npz", ramp=numpy.arange(20000, dtype="i4") // 16, **arrays)
    # The compressor's other kinds of block: fixed codes for short members, stored ones at level 0.
    for level, name in ((9, "fixed"), (0, "blocks_stored")):
        with zipfile.ZipFile(folder / f"{name}.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            archive.write(folder / "vector.npy", "vector.npy")

    # Spellings that NumPy reads, if not writes: bytes of the header by hand.
    for name, descr, shape in (("native", "=f8", "(2L,)"), ("unordered", "f8", "(1L, 2L)"), ("letter", "d", "(2,)"),
                               ("word", "float64", "(2,)"), ("unicode", "<f8", "(2,)")):
        prefix = "u" if name == "unicode" else ""
        header = f"{{{prefix}'descr': {prefix}'{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + array("<f8", (2,)).tobytes()
        (folder / f"spelt_{name}.npy").write_bytes(content)
        assert numpy.array_equal(numpy.load(folder / f"spelt_{name}.npy").ravel(), array("f8", (2,)))

    # An archive of numbers and other things, like scipy.sparse.save_npz's with its "format".
    numpy.savez(folder / "others.npz", data=array("f4", (3,)), format=numpy.array(b"csr"), object=numpy.array([{}], object))
    with zipfile.ZipFile(folder / "others.npz", "a") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("notes.txt", b"no array", compress_type=zipfile.ZIP_BZIP2)

    # What is refused.
    numpy.save(folder / "refused_object.npy", numpy.array([{}], dtype=object))
    numpy.save(folder / "refused_record.npy", numpy.zeros(2, dtype=[("x", "f4"), ("y", "i4")]))
    numpy.save(folder / "refused_text.npy", numpy.array(["text"]))
    numpy.save(folder / "refused_date.npy", numpy.zeros(2, dtype="M8[s]"))
    numpy.save(folder / "refused_long_double.npy", numpy.zeros(2, dtype="g"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent))
