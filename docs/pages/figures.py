# SPDX-License-Identifier: BSD-3-Clause
"""Charts as SVG files: a light grid, a legend beside the data, and series that differ in colour, dashes and marker, so that they
survive a black and white printer. The colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart.

A file holds the digest of what it shows, so that a check needs no drawing and does not depend on matplotlib's version."""

import dataclasses
import hashlib
import json
import re

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9")
DASHES = (None, (7, 3), (2, 2.4), (9, 3, 2, 3), (14, 4), (9, 2.5, 2, 2.5, 2, 2.5))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MARKED = 30
"""Lines of more points have no markers."""


@dataclasses.dataclass
class Series:
    """Points that belong together."""
    label: str
    x: list
    y: list
    line: bool = True
    markers: bool = True


@dataclasses.dataclass
class Axis:
    label: str
    logarithmic: bool = False
    ticks: tuple = ()
    least: float | None = None


class Picture:
    """What draw() makes a file of."""

    def digest(self):
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()


@dataclasses.dataclass
class Figure(Picture):
    """A line or scatter chart."""
    title: str
    x: Axis
    y: Axis
    data: list = dataclasses.field(default_factory=list)

    def add(self, label, x, y, line=True, markers=True):
        self.data.append(Series(label, list(x), list(y), line, markers))

    def append(self, label, x, y, line=True):
        """One more point of the series of this label."""
        for s in self.data:
            if s.label == label:
                s.x.append(x)
                s.y.append(y)
                return
        self.add(label, [x], [y], line)


@dataclasses.dataclass
class Panels(Picture):
    """Small pictures side by side, each with a caption: rows of numbers from 0 (white) to 1 (black)."""
    title: str
    columns: int
    data: list = dataclasses.field(default_factory=list)

    def add(self, caption, rows):
        self.data.append((caption, [list(row) for row in rows]))


def look(k):
    """Colour, dashes and marker of the k-th series: 42 different looks."""
    return COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)], MARKERS[k % len(MARKERS)]


def digest_in(svg):
    """The digest that a file was drawn with, or None."""
    found = re.search(r"xtn figure ([0-9a-f]{64})", svg)
    return found and found[1]


def draw(figure, path):
    """Writes the SVG file."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    style = {"svg.fonttype": "none", "svg.hashsalt": "xtn", "font.family": "sans-serif", "font.size": 10, "axes.spines.top": False,
             "axes.spines.right": False, "axes.grid": True, "grid.color": "#e4e4e4", "axes.axisbelow": True}
    with pyplot.rc_context(style):
        picture = panels(pyplot, figure) if isinstance(figure, Panels) else chart(pyplot, figure)
        picture.savefig(path, format="svg", metadata={"Date": None, "Creator": None, "Title": figure.title,
                                                      "Description": f"xtn figure {figure.digest()}"})
        pyplot.close(picture)


def panels(pyplot, figure):
    rows = max(1, -(-len(figure.data) // figure.columns))
    picture, axes = pyplot.subplots(rows, figure.columns, figsize=(0.95 * figure.columns, 1.2 * rows + 0.4), layout="constrained",
                                    squeeze=False)
    picture.suptitle(figure.title, x=0.01, ha="left", fontweight="bold")
    for place in axes.flat:
        place.set_axis_off()
    for place, (caption, values) in zip(axes.flat, figure.data):
        place.imshow(values, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        place.set_title(caption, fontsize=8)
    return picture


def chart(pyplot, figure):
    from matplotlib import ticker
    picture, axes = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
    axes.set_title(figure.title, loc="left", fontweight="bold")
    for k, s in enumerate(figure.data):
        colour, dashes, marker = look(k)
        if not s.line:  # no dashes to tell those of one colour apart
            marker = MARKERS[(k + k // len(COLOURS)) % len(MARKERS)]
        marked = s.markers and (not s.line or len(s.x) <= MARKED)
        axes.plot(s.x, s.y, label=s.label, color=colour, linewidth=1.6, linestyle=(0, dashes) if s.line else "",
                  marker=marker if marked else "", markersize=7, markeredgecolor="white", markeredgewidth=0.8)
    for axis, description, scale, label in ((axes.xaxis, figure.x, axes.set_xscale, axes.set_xlabel),
                                            (axes.yaxis, figure.y, axes.set_yscale, axes.set_ylabel)):
        label(description.label)
        if description.logarithmic:
            scale("log")
        if description.ticks:
            axis.set_major_locator(ticker.FixedLocator(description.ticks))
            axis.set_minor_locator(ticker.NullLocator())
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}"))
        if description.logarithmic and not description.ticks:
            axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            axis.set_minor_formatter(ticker.NullFormatter())
    if figure.x.least is not None:
        axes.set_xlim(left=figure.x.least)
    if figure.y.least is not None:
        axes.set_ylim(bottom=figure.y.least)
    if len(figure.data) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, handlelength=4)
    return picture
