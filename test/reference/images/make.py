#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the files of this folder with Python's gzip, struct and zlib. Usage: make.py [FOLDER]"""
import gzip
import pathlib
import struct
import sys
import zlib


def byte(i):
    """Byte i of all that is made here."""
    return (7 * i + i * i // 5) % 256


def idx(code, letter, shape, values):
    """An IDX file: the elements are big-endian."""
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + struct.pack(
        f">{len(values)}{letter}", *values)


def gzip_member(content, extra=b"", name=b"", comment=b"", header_crc=False, level=9):
    """RFC 1952 by hand, with what gzip.compress leaves out."""
    flags = (4 if extra else 0) | (8 if name else 0) | (16 if comment else 0) | (2 if header_crc else 0)
    header = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<IBB", 0, 0, 255)
    if extra:
        header += struct.pack("<H", len(extra)) + extra
    if name:
        header += name + b"\0"
    if comment:
        header += comment + b"\0"
    if header_crc:
        header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    packed = deflate.compress(content) + deflate.flush()
    return header + packed + struct.pack("<II", zlib.crc32(content), len(content))


def main(folder):
    shape = (6, 4, 5)
    images = idx(0x08, "B", shape, [byte(i) for i in range(120)])
    labels = idx(0x08, "B", (6,), [3, 0, 9, 1, 1, 7])
    (folder / "images-idx3-ubyte").write_bytes(images)
    (folder / "labels-idx1-ubyte").write_bytes(labels)
    with open(folder / "images-idx3-ubyte.gz", "wb") as file:
        with gzip.GzipFile("images-idx3-ubyte", "wb", 9, file, mtime=0) as packed:
            packed.write(images)
    (folder / "labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels, mtime=0))
    for code, letter, name in ((0x09, "b", "int8"), (0x0B, "h", "int16"), (0x0C, "i", "int32"), (0x0D, "f", "float32"),
                               (0x0E, "d", "float64")):
        (folder / f"{name}.idx").write_bytes(idx(code, letter, (2, 3), [(-1) ** i * (i + 1) for i in range(6)]))
    (folder / "scalar.idx").write_bytes(idx(0x08, "B", (), [5]))

    cifar = b"".join(bytes([label]) + bytes(byte(3072 * i + k) for k in range(3072)) for i, label in enumerate((4, 0, 9)))
    (folder / "cifar.bin.gz").write_bytes(gzip.compress(cifar, mtime=0))

    # One text in several members, every optional field, a stored block, zeros after the end.
    text = b"".join(b"line %d\n" % (i * i) for i in range(2000))
    (folder / "text.gz").write_bytes(gzip_member(text[:5000], extra=b"ab\x02\x00xy", name=b"text", comment=b"made by hand",
                                                 header_crc=True) + gzip_member(b"") +
                                     gzip_member(text[5000:], name=b"rest", level=0) + bytes(7))
    assert gzip.decompress((folder / "text.gz").read_bytes()) == text


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent))
