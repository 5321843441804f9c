#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A training step of the full vision transformer of docs/experiments/minimal.md on 256 CIFAR-10 images in PyTorch, one thread, single
precision, beside bench_image_step.

    python3 -m venv peers && peers/bin/pip install torch numpy
    peers/bin/python bench/peers/images.py build/release/bench/bench_image_step --out docs/results/minimal/speed

writes a record, of which docs/pages makes a table. PyTorch trains eagerly and compiled on images that lie ready; xtn reads and augments
its own, and runs before and after: the mean of its two medians counts."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before the libraries load

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "common"))
from record import add_option, publish  # noqa: E402

BATCH, TOKENS, WIDTH, HIDDEN, PIXELS, CLASSES, BLOCKS = 256, 16, 60, 256, 192, 10, 6


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.queries, self.keys, self.values, self.output = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x):
        mixed = nn.functional.scaled_dot_product_attention(self.queries(x), self.keys(x), self.values(x))
        x = self.first(x + self.output(mixed))
        return self.second(x + self.down(nn.functional.gelu(self.up(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.head = nn.Linear(PIXELS, WIDTH), nn.Linear(WIDTH, CLASSES)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        place = torch.arange(TOKENS)[:, None] / 10000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
        self.register_buffer("positions", torch.stack((place.sin(), place.cos()), -1).reshape(TOKENS, WIDTH))

    def forward(self, images):
        rows = images.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 1, 4, 5).reshape(-1, TOKENS, PIXELS)
        return self.head(self.blocks(self.patches(rows) + self.positions).mean(1))


def images_per_second(compiled):
    torch.manual_seed(1)
    model = Transformer()
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == 287686, parameters
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    images, labels = torch.randn(BATCH, 3, 32, 32), torch.randint(CLASSES, (BATCH,))

    def loss_of(images, labels):
        return nn.functional.cross_entropy(model(images), labels)

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss_of(images, labels).backward()
        optimizer.step()

    for _ in range(3):
        step()
    samples = []
    for _ in range(30):
        start = time.perf_counter()
        step()
        samples.append(time.perf_counter() - start)
    return BATCH / sorted(samples)[len(samples) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="bench_image_step")
    add_option(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    def xtn():
        found = subprocess.run([arguments.program, "--benchmark_format=json", "1"], check=True, text=True, stdout=subprocess.PIPE).stdout
        return json.loads(found)["benchmarks"][0]

    runs = [xtn()]
    measured = {"eager": images_per_second(False), "compile": images_per_second(True)}
    runs.append(xtn())
    publish({"torch": torch.__version__, "images_per_second": {"xtn": sum(r["images_per_second"] for r in runs) / 2, **measured},
             "of_bare_products": sum(r["gemm_reference_ratio"] for r in runs) / 2}, arguments.out)


if __name__ == "__main__":
    main()
