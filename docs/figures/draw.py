#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws the tensor diagrams of the documentation: docs/figures/*.svg, readable on light and dark ground.

    python3 docs/figures/draw.py            writes them
    python3 docs/figures/draw.py --check    fails if a file is not what this draws"""

import pathlib
import sys

STYLE = """  <style>
    .line { stroke: #5f6b7a; stroke-width: 2; fill: none }
    .core { fill: #2f6fb3; stroke: none }
    .other { fill: #b3592f; stroke: none }
    .name { fill: #ffffff; font: 15px sans-serif; text-anchor: middle; dominant-baseline: central }
    .label { fill: #3b4552; font: italic 15px serif; text-anchor: middle; dominant-baseline: central }
    .text { fill: #3b4552; font: 14px sans-serif; text-anchor: middle; dominant-baseline: central }
    @media (prefers-color-scheme: dark) {
      .line { stroke: #9aa7b8 }
      .core { fill: #4d8fd6 }
      .other { fill: #d0764a }
      .label, .text { fill: #d5dde8 }
    }
  </style>
"""


class Diagram:
    """Tensors are boxes, indices are lines; a line that ends nowhere is an index of the result."""

    def __init__(self, width, height, title):
        self.size, self.title, self.lines, self.boxes, self.texts = (width, height), title, [], [], []

    def tensor(self, x, y, name, width=40, height=40, kind="core"):
        self.boxes.append(f'<rect class="{kind}" x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
                          f'height="{height:g}" rx="9"/>')
        self.texts.append(f'<text class="name" x="{x:g}" y="{y:g}">{name}</text>')

    def index(self, x1, y1, x2, y2, name="", dx=0.0, dy=0.0):
        self.lines.append(f'<path class="line" d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>')
        if name:
            self.texts.append(f'<text class="label" x="{(x1 + x2) / 2 + dx:g}" y="{(y1 + y2) / 2 + dy:g}">{name}</text>')

    def label(self, x, y, text):
        self.texts.append(f'<text class="text" x="{x:g}" y="{y:g}">{text}</text>')

    def svg(self):
        width, height = self.size
        content = "\n".join("  " + part for part in self.lines + self.boxes + self.texts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                f'viewBox="0 0 {width} {height}" role="img">\n  <title>{self.title}</title>\n{STYLE}{content}\n</svg>\n')


def mpo_layer():
    d = Diagram(620, 210, "A matrix product operator of three sites applied to a row x")
    for k, x in enumerate((120, 250, 380)):
        d.index(x, 85, x, 20, f"o{k + 1}", dx=16, dy=-14)
        d.index(x, 85, x, 165, f"i{k + 1}", dx=16, dy=-2)
        if k < 2:
            d.index(x, 85, x + 130, 85, f"r{k + 1}", dy=-12)
        d.tensor(x, 85, f"A{k + 1}")
    d.tensor(250, 168, "x", width=320, kind="other")
    d.index(90, 168, 40, 168, "b", dy=-12)
    d.label(520, 60, "a line is an index:")
    d.label(520, 84, "joined, it is summed,")
    d.label(520, 108, "open, it is kept")
    return d


def labels():
    d = Diagram(640, 150, "Four contractions: matrix product, trace, batched product, diagonal")
    for x, name in ((90, "ij,jk-&gt;ik"), (250, "ii-&gt;"), (400, "bij,bjk-&gt;bik"), (560, "ii-&gt;i")):
        d.label(x, 132, name)
    d.index(10, 70, 60, 70, "i", dx=-12, dy=-12)
    d.index(60, 70, 120, 70, "j", dy=-12)
    d.index(120, 70, 170, 70, "k", dx=12, dy=-12)
    d.tensor(60, 70, "A")
    d.tensor(120, 70, "B", kind="other")
    d.lines.append('<path class="line" d="M250 70C310 30 310 110 250 70"/>')
    d.texts.append('<text class="label" x="308" y="70">i</text>')
    d.tensor(250, 70, "A")
    d.index(325, 80, 370, 80, "i", dx=-11, dy=12)
    d.index(370, 80, 430, 80, "j", dy=12)
    d.index(430, 80, 475, 80, "k", dx=11, dy=12)
    d.lines.append('<path class="line" d="M370 80L400 35L430 80M400 35L400 10"/>')
    d.texts.append('<text class="label" x="412" y="20">b</text>')
    d.tensor(370, 80, "A")
    d.tensor(430, 80, "B", kind="other")
    d.lines.append('<path class="line" d="M550 80C530 40 555 35 560 35M570 80C590 40 565 35 560 35M560 35L560 10"/>')
    d.texts.append('<text class="label" x="572" y="20">i</text>')
    d.tensor(560, 80, "A")
    return d


def operators():
    d = Diagram(700, 160, "Operators as networks: dense, low rank, Kronecker, MPO, Tucker")

    def legs(x, y=75):
        d.index(x, y, x, y - 50)
        d.index(x, y, x, y + 50)

    for x, name in ((50, "dense"), (145, "low_rank"), (260, "kronecker"), (415, "mpo"), (600, "tucker")):
        d.label(x, 148, name)
    legs(50)
    d.tensor(50, 75, "W")
    d.index(145, 20, 145, 130)
    d.index(145, 50, 145, 100, "r", dx=12)
    d.tensor(145, 50, "L", height=30)
    d.tensor(145, 100, "R", height=30)
    for x in (235, 285):
        legs(x)
        d.tensor(x, 75, "A" if x == 235 else "B", width=34)
    for k, x in enumerate((355, 415, 475)):
        legs(x)
        if k < 2:
            d.index(x, 75, x + 60, 75)
        d.tensor(x, 75, f"A{k + 1}", width=36)
    for k, x in enumerate((560, 640)):
        d.index(x, 40, x, 10)
        d.index(x, 110, x, 135)
        d.index(x, 40, 600, 75)
        d.index(x, 110, 600, 75)
        d.tensor(x, 36, f"U{k + 1}", width=34, height=26)
        d.tensor(x, 114, f"V{k + 1}", width=34, height=26)
    d.tensor(600, 75, "G", width=44, height=32, kind="other")
    return d


def dmrg():
    d = Diagram(560, 190, "The local problem of two-site DMRG")
    for y, left, right in ((30, "a", "c"), (95, "w", "x"), (160, "b", "d")):
        d.index(70, y, 490, y)
        d.texts.append(f'<text class="label" x="120" y="{y - 12}">{left}</text>')
        d.texts.append(f'<text class="label" x="440" y="{y - 12}">{right}</text>')
    d.lines.pop(0)  # the upper line is open
    d.index(70, 30, 150, 30)
    d.index(410, 30, 490, 30)
    for x, up, down in ((220, "s", "S"), (340, "t", "T")):
        d.index(x, 95, x, 40, up, dx=12)
        d.index(x, 95, x, 160, down, dx=12)
        d.tensor(x, 95, "H")
    d.texts.append('<text class="label" x="280" y="83">v</text>')
    d.tensor(70, 95, "left", width=50, height=170, kind="other")
    d.tensor(490, 95, "right", width=50, height=170, kind="other")
    d.tensor(280, 160, "theta", width=180)
    return d


FIGURES = {"mpo_layer": mpo_layer, "labels": labels, "operators": operators, "dmrg": dmrg}


def main():
    folder = pathlib.Path(__file__).resolve().parent
    for name, draw in FIGURES.items():
        path, svg = folder / f"{name}.svg", draw().svg()
        if sys.argv[1:] != ["--check"]:
            path.write_text(svg, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != svg:
            raise SystemExit(f"{path} is not what {sys.argv[0]} draws; run it")


if __name__ == "__main__":
    main()
