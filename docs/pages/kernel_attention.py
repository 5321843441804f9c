# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/kernel_attention.md, from the records of picogpt_kernel, picogpt_kernel_error and bench_attention_step, and what is
asked of them: the claims of the paper (DiJiang, arXiv 2403.19928) and goals of our own, fixed before the runs."""

import math
import statistics

from figures import Axis, Figure
from page import Page, verdict
from records import Sample, load, of_program, points, read
from tables import DASH, Cell, Table, aligned, fixed, number

TEACHER = "dense.safetensors"
BUDGETS = (0, 40, 125, 500, 2000)
"""Batches that are read. The teacher has learnt from the last number of them; 125 and 40 are a sixteenth and a fiftieth."""
SIXTEENTH, FIFTIETH = 125, 40
KINDS = ("paper", "code", "prf", "pff", "hedgehog", "hedgehog-decay", "exponential", "exponential-decay", "retention")
"""Of linear attention, in the order of the tables; other forms follow. None has a softmax window."""
WAYS = {"next_token": "next tokens", "aligned": "aligned", "distilled": "distilled", "scratch": "from scratch"}

RATES = {"next_token_rate": "next tokens", "alignment_rate": "alignment", "finish_rate": "after it", "exchanged_rate": "times for what is new"}
"""Learning rates by their names in records."""

WITHIN = 1.0
"""Percent that a loss may lie above the teacher's."""
KEPT = 98.0
"""Percent of the teacher's accuracy that a fiftieth of its tokens is to keep."""
SLOPES = {"gaussian": ("between -0.6 and -0.4", lambda v: -0.6 <= v <= -0.4), "sobol": ("at most -0.9", lambda v: v <= -0.9)}
"""Of the error of the kernel against the number of features, both on a logarithmic scale: Monte Carlo -0.5, quasi-Monte Carlo -1."""
FEATURES = 32
"""A head has so many columns, and by default so many features."""

FORM = "paper"
"""Whose speed is asked for."""
SHORT_TRAINING, LONG_TRAINING, WRITING, CONSTANT, PRODUCTS = 0.9, 4.0, 10.0, 0.95, 0.7
"""Times softmax: tokens a second in training at 256 and 4,096, in writing at 8,192, 16 sequences; times its own in writing at 256;
share of bare products."""

RECORDS = ("kernel_attention",)

PROTOCOL = ("claim", "arXiv 2403.19928, 2402.04347, 2505.03005, 2307.08621, 2009.14794, 2404.07143, 2312.06635; 1/16, 1/50; 2,000 steps; 32 windows of 256 "
            "characters; 0, 40, 125, 500 and 2,000; 98 %, 1 %; 32 columns, 64 features; 8 to 512; -0.5, -1; 256, 1,024, 4,096, 8,192 and 32,768; "
            "1 and 16 sequences; chunks of 64")
"""Where the numbers of the page's prose come from: the part that holds the claims' figures, and the protocol."""


def loss(run):
    return run["results"]["val_loss"]


def kept(run):
    """The share of the teacher's accuracy, in percent."""
    return 100 * run["results"]["val_acc"] / run["results"]["teacher_acc"]


def above(run):
    """Percent that the loss lies above the teacher's."""
    return 100 * (loss(run) / run["results"]["teacher_loss"] - 1)


def windowed(kind):
    return any(part[:1] == "w" and part[1:].isdigit() for part in kind.split("-"))


def purely_linear(kind):
    return kind != "softmax" and not windowed(kind)


def called(best):
    """A form and how it was trained on, in words."""
    return f"{best[0]}, {WAYS[best[1]]}" if best else "the best"


def slope(steps, values):
    """Of the line of least squares through (log step, log value)."""
    return statistics.linear_regression([math.log(s) for s in steps], [math.log(v) for v in values]).slope


class Maker:
    def __init__(self, records, speed=None):
        """`speed` is the record of bench_attention_step."""
        self.page, self.speed = Page(), {}
        for run in (speed or {}).get("benchmarks", ()):
            self.speed[run["name"].split("/iterations")[0]] = run
        self.errors = next(iter(of_program(records, "picogpt_kernel_error")), None)
        runs = [r for r in of_program(records, "picogpt_kernel") if r["options"]["last"] and "val_acc" in r["results"]]
        self.trials = [r for r in runs if r["options"]["trial"]]
        self.runs = {}
        for r in runs:
            o = r["options"]
            if not o["trial"] and o["weights"] == TEACHER:
                self.runs.setdefault((o["model"], o["way"], o["budget"]), {})[r["seed"]] = r

    def sample(self, kind, way, budget, value):
        """The values of all seeds."""
        return Sample(value(run) for _, run in sorted(self.runs.get((kind, way, budget), {}).items()))

    def mean(self, kind, way, budget, value):
        """Over the seeds, or None."""
        found = self.sample(kind, way, budget, value)
        return found.mean() if found else None

    def kinds(self, wanted):
        """Of which there are runs, those first that KINDS has."""
        found = dict.fromkeys(kind for kind, _, _ in self.runs if wanted(kind))
        return [*(k for k in KINDS if k in found), *(k for k in found if k not in KINDS)]

    def best(self, budget, value):
        """Kind and way of training on of the purely linear form with the greatest mean value, or None."""
        found = [key for key in self.runs if key[2] == budget and purely_linear(key[0]) and key[1] != "scratch"]
        return max((key[:2] for key in found), key=lambda key: self.mean(*key, budget, value), default=None)

    def make(self):
        self.trials_part()
        self.conversion_part()
        self.error_part()
        self.speed_part()
        self.relations_part()
        self.figures()
        teacher = next(iter(self.runs.values()), None)
        results = teacher and teacher[min(teacher)]["results"]
        self.page.parts |= {"teacher.loss": fixed(results["teacher_loss"], 3) if results else DASH,
                            "teacher.accuracy": f"{fixed(100 * results['teacher_acc'], 1)} %" if results else DASH}
        return self.page

    def trials_part(self):
        table = Table("attention", "way", "budget", *RATES.values(), "loss", "kept")
        for r in sorted(self.trials, key=lambda r: (r["options"]["model"], r["options"]["way"], loss(r))):
            o = r["options"]
            table.add(o["model"], WAYS[o["way"]], o["budget"], *(aligned(f"{o[rate]:g}") for rate in RATES), Cell(loss(r), 3), Cell(kept(r), 1))
        self.page.table("trials", table)

    def conversion_part(self):
        def table_of(kinds, ways):
            budgets = [b for b in BUDGETS if any((kind, way, b) in self.runs for kind in kinds for way in ways)]
            table = Table("attention", "trained on", *(f"{what}, {b:,}" for what in ("loss", "kept") for b in budgets), "state, KiB")
            for kind in kinds:
                for way in ways:
                    seeds = [run for b in budgets for run in self.runs.get((kind, way, b), {}).values()]
                    if seeds:
                        table.add(kind, WAYS[way], *(aligned(self.sample(kind, way, b, loss).text(3)) for b in budgets),
                                  *(aligned(self.sample(kind, way, b, kept).text(1)) for b in budgets),
                                  Cell(seeds[0]["results"]["state_bytes"] / 1024, 1))
            return table

        converted = [way for way in WAYS if way != "scratch"]
        self.page.table("claim", table_of(["softmax", *self.kinds(purely_linear)], converted))
        self.page.table("windows", table_of(self.kinds(windowed), converted))
        self.page.table("scratch", table_of(["softmax", *self.kinds(purely_linear)], ["scratch"]))

    def error_part(self):
        series = self.errors["series"] if self.errors else {}
        sizes = points(self.errors, next(iter(series)))[0] if series else ()
        table = Table("vectors", "directions", *map(str, sizes), "slope")
        for name in series:
            table.add(*name.split(" "), *(Cell(v, 3) for v in points(self.errors, name)[1]), Cell(slope(*points(self.errors, name)), 2))
        self.page.table("error", table)

    def by_length(self, family, batch, counter=lambda kind: kind):
        """Pairs (length, value) of each kind that was measured."""
        found = {kind: [] for kind in ("softmax", *KINDS)}
        for name, run in self.speed.items():
            parts = name.split("/")
            if parts[0] == family and parts[2:] == batch:
                for kind, pairs in found.items():
                    if counter(kind) in run:
                        pairs.append((int(parts[1]), run[counter(kind)]))
        return {kind: pairs for kind, pairs in found.items() if pairs}

    def speed_part(self):
        def part(name, title, found, factor=1.0, decimals=0):
            table = Table(title, *(f"{n:,}" for n, _ in next(iter(found.values()), ())))
            for kind, pairs in found.items():
                table.add(kind, *(Cell(factor * value, decimals) for _, value in pairs))
            self.page.table(name, table)

        for name, family, batch in (("training", "training", []), ("reading", "reading", []), ("writing", "writing", ["1"]),
                                    ("writing-16", "writing", ["16"])):
            part(name, "attention", self.by_length(family, batch))
        part("state", "state of one sequence, KiB", self.by_length("writing", ["1"], lambda kind: f"{kind}_bytes"), 1 / 1024, 1)

    def relations_part(self):
        table = Table("relation", "asked", "measured", "verdict")

        def row(what, asked, measured, holds, decimals=2):
            table.add(what, asked, number(measured, decimals), DASH if measured is None else verdict(holds(measured)))

        for budget, share in ((SIXTEENTH, "1/16"), (FIFTIETH, "1/50")):
            for kind in ("paper", "code"):
                row(f"{kind}, next tokens, {share} of the tokens: loss above the teacher's, %", f"at most {WITHIN}",
                    self.mean(kind, "next_token", budget, above), lambda v: v <= WITHIN)
            best = self.best(budget, lambda r: -loss(r))
            row(f"best purely linear form ({called(best)}), {share}: loss above the teacher's, %", f"at most {WITHIN}",
                best and self.mean(*best, budget, above), lambda v: v <= WITHIN)
        best = self.best(FIFTIETH, kept)
        row(f"goal: best purely linear form ({called(best)}), 1/50: accuracy kept, %", f"at least {KEPT:g}",
            best and self.mean(*best, FIFTIETH, kept), lambda v: v >= KEPT)
        for worse, better in (("pff", "code"), ("prf", "pff"), ("retention", "code")):
            a, b = (self.mean(kind, "next_token", SIXTEENTH, loss) for kind in (worse, better))
            row(f"next tokens, 1/16: loss of {worse} less that of {better}", "above 0", None if a is None or b is None else a - b,
                lambda v: v > 0, 3)
        series = self.errors["series"] if self.errors else {}
        for vectors in ("gaussian", "trained"):
            for kind, (asked, holds) in SLOPES.items():
                name = f"{vectors} {kind}"
                row(f"error of the kernel, {vectors} vectors, {kind} directions: slope", asked,
                    slope(*points(self.errors, name)) if name in series else None, holds)
            for kind in ("orthogonal", "sobol", "dct"):
                values = [dict(zip(*points(self.errors, f"{vectors} {k}")))[FEATURES] if f"{vectors} {k}" in series else None
                          for k in (kind, "gaussian")]
                row(f"{vectors} vectors, {FEATURES} features: error of {kind} directions less that of gaussian ones", "below 0",
                    None if None in values else values[0] - values[1], lambda v: v < 0, 3)
        times = f"{FORM}_times"
        for what, name, asked in (("training at 256, times softmax", "training/256", SHORT_TRAINING),
                                  ("training at 4,096, times softmax", "training/4096", LONG_TRAINING),
                                  ("writing at 8,192, 16 sequences, times softmax", "writing/8192/16", WRITING)):
            row(f"{FORM}: {what}", f"at least {asked:g}", self.speed[name][times] if name in self.speed else None, lambda v, a=asked: v >= a)
        run = self.speed.get("constant/16")
        row(f"{FORM}: writing at 8,192, 16 sequences, times its own at 256", f"at least {CONSTANT:g}", run and run[FORM], lambda v: v >= CONSTANT)
        run = self.speed.get("evaluator/256")
        row("chunked evaluator at 256, share of its bare products", f"at least {PRODUCTS:g}", run and run["of_products"], lambda v: v >= PRODUCTS)
        self.page.table("relations", table)

    def figures(self):
        by_budget = Figure("Loss of converted models", Axis("batches read"), Axis("nats per character"))
        for kind in ("softmax", *self.kinds(purely_linear)):
            for way in WAYS:
                found = [(b, mean) for b in BUDGETS[1:] if (mean := self.mean(kind, way, b, loss)) is not None]
                if len(found) > 1 and way != "scratch":
                    by_budget.add(f"{kind}, {WAYS[way]}", *zip(*found))
        self.page.figure("conversion", by_budget)
        by_features = Figure("Error of the kernel", Axis("features", logarithmic=True), Axis("mean relative error", logarithmic=True))
        for name in self.errors["series"] if self.errors else ():
            by_features.add(name, *points(self.errors, name))
        self.page.figure("error", by_features)
        by_length = Figure("Characters written a second, 16 sequences", Axis("position", logarithmic=True), Axis("characters/s", logarithmic=True))
        for kind, pairs in self.by_length("writing", ["16"]).items():
            by_length.add(kind, *zip(*pairs))
        self.page.figure("writing", by_length)


def make(results):
    """The page, from the records below a directory. What has no record yet is a dash."""
    speed = results / "kernel_attention" / "speed.json"
    return Maker(load(*(results / name for name in RECORDS)), read(speed) if speed.exists() else None).make()
