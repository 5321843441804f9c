# SPDX-License-Identifier: BSD-3-Clause
"""Run records, as the programs leave them, and what several runs of one model say together."""

import json
import pathlib
import statistics

from tables import DASH, fixed

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"


def read(path):
    """A JSON file. Raises ValueError, naming it, where it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as found:
        raise ValueError(f"{path}: expected a record as JSON, found {found}") from None


def load(*directories):
    """The run records below these directories, sorted by path; other JSON files are passed over."""
    for directory in directories:
        if not directory.is_dir():
            raise ValueError(f"{directory} is no directory of run records")
    everything = [read(path) for path in sorted(p for d in directories for p in d.rglob("*.json"))]
    return [r for r in everything if isinstance(r, dict) and "program" in r and "results" in r]


def of_program(records, *programs):
    return [r for r in records if r["program"] in programs]


def points(record, name):
    """The steps and values of a series; empty where the record has none of this name."""
    series = record["series"].get(name, {"step": [], "value": []})
    return series["step"], series["value"]


class Sample(list):
    """Values of several seeds."""

    def mean(self):
        return statistics.fmean(self)

    def text(self, decimals):
        """Mean and standard deviation: "51.9 ± 0.2", or "51.9" for one value, or a dash."""
        if not self:
            return DASH
        return fixed(self.mean(), decimals) + (f" ± {fixed(statistics.stdev(self), decimals)}" if len(self) > 1 else "")


class Model:
    """All runs of one model under one recipe, by seed."""

    def __init__(self, name, parameters):
        self.name, self.parameters, self.runs = name, parameters, {}

    def of(self, result, factor=1):
        return Sample(factor * run["results"][result] for _, run in sorted(self.runs.items()))

    def accuracy(self):
        """In percent."""
        return self.of("val_acc", 100)

    def loss(self):
        return self.of("val_loss")

    def first(self):
        """The run of the smallest seed."""
        return self.runs[min(self.runs)]


def model_of(options):
    """The model of a run, or how it grew."""
    return options.get("grown", options["model"])


def models(records, wanted, name_of=model_of):
    """The models of those records that are `wanted`, by name, largest first."""
    found = {}
    for r in filter(wanted, records):
        name = name_of(r["options"])
        found.setdefault(name, Model(name, r["results"]["parameters"])).runs[r["seed"]] = r
    return dict(sorted(sorted(found.items()), key=lambda m: -m[1].parameters))
