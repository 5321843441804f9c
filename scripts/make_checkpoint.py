#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a sharded safetensors checkpoint of GPT-2's tensors with random numbers, to try programs on files of any size.

    scripts/make_checkpoint.py --out model --layers 48 --width 1600 --dtype F32      # GPT-2 XL: 6.2 GB

The numbers are three million normal ones over and over."""

import argparse
import array
import json
import pathlib
import random
import struct


def numbers(count, dtype):
    """Normal numbers of standard deviation 0.02 in the bytes of a dtype."""
    generator = random.Random(1)
    values = array.array("f", (generator.gauss(0, 0.02) for _ in range(count)))
    if dtype == "F32":
        return values.tobytes()
    if dtype == "F16":
        return struct.pack(f"<{count}e", *values)
    bits = array.array("I", values.tobytes())  # BF16: the upper half, rounded to nearest
    return array.array("H", ((b + 0x7FFF + (b >> 16 & 1)) >> 16 for b in bits)).tobytes()


def tensors(width, layers, vocabulary, context):
    """Names and shapes; GPT-2's matrices are (in, out)."""
    yield "wte.weight", (vocabulary, width)
    yield "wpe.weight", (context, width)
    for l in range(layers):
        for norm in ("ln_1", "ln_2"):
            yield f"h.{l}.{norm}.weight", (width,)
            yield f"h.{l}.{norm}.bias", (width,)
        for layer, rows, columns in (("attn.c_attn", width, 3 * width), ("attn.c_proj", width, width),
                                     ("mlp.c_fc", width, 4 * width), ("mlp.c_proj", 4 * width, width)):
            yield f"h.{l}.{layer}.weight", (rows, columns)
            yield f"h.{l}.{layer}.bias", (columns,)
    yield "ln_f.weight", (width,)
    yield "ln_f.bias", (width,)


def write(path, entries, dtype, block):
    size = {"F32": 4, "F16": 2, "BF16": 2}[dtype]
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in entries:
        end = offset + size * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        while offset > 0:
            file.write(block[:offset])
            offset -= len(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="directory")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--vocabulary", type=int, default=50257)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--dtype", choices=["F32", "F16", "BF16"], default="F32")
    parser.add_argument("--shards", type=int, default=4)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    block = numbers(3_000_017, arguments.dtype)  # a prime: rows do not repeat in step
    entries = list(tensors(arguments.width, arguments.layers, arguments.vocabulary, arguments.context))
    weight_map, each = {}, -(-len(entries) // arguments.shards)
    for s in range(arguments.shards):
        name = f"model-{s + 1:05}-of-{arguments.shards:05}.safetensors"
        part = entries[s * each : (s + 1) * each]
        write(arguments.out / name, part, arguments.dtype, block)
        weight_map.update({tensor: name for tensor, _ in part})
    index = {"metadata": {}, "weight_map": weight_map}
    (arguments.out / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main()
