# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/spectral.md, from the records of picogpt_spectral, picogpt_search, picogpt_ranks and picogpt_step_time, and what is
asked of them: the figures of the paper (arXiv 2604.04440, second version) and the relations between them, fixed before the runs."""

import math

from figures import Axis, Figure
from page import Page, verdict
from records import Sample, load, models, of_program
from tables import DASH, Cell, Table, aligned, fixed, number
from training import curves, has_recipe, search_table, searches

PRINTED = {"dense": 1.580, "spectral-0.5": 1.604, "low_rank-48": 1.801}
"""Validation losses that the abstract of the second version prints."""

NOISE = 0.03
"""Half of the coefficients cost at most this: the paper calls its gap of 0.024 within the variation of the dense run's last epochs."""
LOW_RANK_GAP = (0.1, 0.4)
"""Rank 48 costs "of the order of 0.2"."""
WAY = 0.5
"""Zigzags of a tenth come this far from dense to the line of rank 48."""
SLOW_DOWN = 1.2
"""A step may take 20 % longer (the paper's first version)."""

STEPS, BATCH = 2000, 64
"""The budget of every row."""
DENSE_NUMBERS = 786432
"""In the 16 dense matrices of the blocks."""

RANKS = {"0.5": 48, "0.25": 24, "0.1": 10, "0.05": 5}
"""Shares of the coefficients, and the uniform rank with the number of parameters next to it."""
SUPPORTS = {"": "zigzag, u + v", "-rectangle": "rectangle", "-scattered": "random support", "-random_basis": "random basis, zigzag",
            "-scaled_zigzag": "zigzag, u/m + v/n"}
"""Where the coefficients lie, by what names have; a random basis has the first one's."""

RECORDS = ("spectral",)

PROTOCOL = ("printed", "arXiv 2604.04440; 826,368 parameters, 826K, 16 matrices, 65 characters, 128 wide, 384 x 128, 52 %, 29 %; 2,000 "
            "steps of 64 windows of 128 characters, 90 % of them to train on, 871 windows of the validation split; rank 48, 24, 10 and 5; "
            "a half, 1/2, 1/4, 1/10, 1/20; s_1 / 1000; 20 % slower; trials of 400 steps")
"""Where the numbers of the page's prose come from: the part that holds the paper's, and the protocol."""


class Maker:
    def __init__(self, records):
        self.page, self.records = Page(), records
        winners = [r["results"]["winner"] for r in searches(records)]

        def complete(r):
            return (r["program"] == "picogpt_spectral" and "stable_rank" in r["results"] and
                    (r["options"]["steps"], r["options"]["batch"]) == (STEPS, BATCH) and has_recipe(r["options"], winners[-1]))

        self.models = models(records, complete) if winners else {}

    def make(self):
        self.page.parts["search"] = DASH
        for r in searches(self.records):
            self.page.table("search", search_table(r))
        self.printed_part()
        self.models_part()
        self.ceilings_part()
        self.relations_part()
        self.time_part()
        self.figures()
        return self.page

    def loss(self, name):
        """The mean loss of a model, or None."""
        return self.models[name].loss().mean() if name in self.models else None

    def gap(self, name, other):
        """The loss of a model less another's, or None."""
        return self.loss(name) - self.loss(other) if name in self.models and other in self.models else None

    def printed_part(self):
        table = Table("model", "loss, printed", "loss", "gap to dense, printed", "gap to dense")
        for name, printed in PRINTED.items():
            table.add(name, Cell(printed, 3), number(self.loss(name), 3), Cell(printed - PRINTED["dense"], 3),
                      number(self.gap(name, "dense"), 3))
        self.page.table("printed", table)

    def models_part(self):
        table = Table("model", "in blocks", "share", "parameters", "loss", "gap", "perplexity", "accuracy", "stable rank",
                      "numerical rank")
        names = ["dense"]
        for share, rank in RANKS.items():
            names += [f"spectral-{share}{support}" for support in SUPPORTS] + [f"low_rank-{rank}"]
        for name in names:
            m = self.models.get(name)
            if m is None:
                table.add(name, *([aligned(DASH)] * 9))
                continue
            losses, dense = m.loss(), self.loss("dense")
            gap = Sample(loss - dense for loss in losses if dense is not None)
            table.add(name, int(m.of("block_parameters").mean()), aligned(f"{fixed(100 * share_of(m), 1)} %"), m.parameters,
                      aligned(losses.text(3)), aligned(gap.text(3)), aligned(Sample(map(math.exp, losses)).text(2)),
                      aligned(m.accuracy().text(1)), aligned(m.of("stable_rank").text(1)), aligned(m.of("numerical_rank").text(1)))
        self.page.table("models", table)

    def ceilings_part(self):
        table = Table("matrix", "support", *(f"share {share}" for share in RANKS))
        for r in of_program(self.records, "picogpt_ranks"):
            for row in r["results"]["supports"]:
                table.add(f"{row['out']} x {row['in']}", SUPPORTS[row["support"]], *(row["ranks"].get(share, DASH) for share in RANKS))
        self.page.table("ceilings", table)

    def relations_part(self):
        table = Table("relation", "asked", "measured", "verdict")

        def row(what, asked, measured, holds):
            table.add(what, asked, number(measured), DASH if measured is None else verdict(holds(measured)))

        row("half of the coefficients, zigzag: gap to dense", f"at most {fixed(NOISE, 2)}", self.gap("spectral-0.5", "dense"),
            lambda v: v <= NOISE)
        line = self.gap("low_rank-48", "dense")
        row("rank 48, as many parameters: gap to dense", " to ".join(fixed(b, 2) for b in LOW_RANK_GAP), line,
            lambda v: LOW_RANK_GAP[0] <= v <= LOW_RANK_GAP[1])
        row("half, random basis: loss less that of the cosine basis", f"within {fixed(NOISE, 2)}",
            self.gap("spectral-0.5-random_basis", "spectral-0.5"), lambda v: abs(v) <= NOISE)
        for share in ("0.1", "0.05"):
            zigzag, scattered = f"spectral-{share}", f"spectral-{share}-scattered"
            gap = self.gap(zigzag, "dense")
            row(f"share {share}, zigzag: part of the way from dense to rank 48", f"at least {fixed(WAY, 2)}",
                gap / line if gap is not None and line is not None else None, lambda v: v >= WAY)
            row(f"share {share}, random support: loss less that of rank 48", "below 0", self.gap(scattered, "low_rank-48"),
                lambda v: v < 0)
            row(f"share {share}, random support: loss less that of the zigzag", "below 0", self.gap(scattered, zigzag),
                lambda v: v < 0)
        times = self.step_times()
        row("half, zigzag: time of a step against dense", f"at most {fixed(SLOW_DOWN, 2)}",
            times["spectral-0.5"] / first(times) if "spectral-0.5" in times else None, lambda v: v <= SLOW_DOWN)
        self.page.table("relations", table)

    def step_times(self):
        """Seconds per step by model, the yardstick first."""
        return {m["model"]: m["seconds"] for r in of_program(self.records, "picogpt_step_time") for m in r["results"]["models"]}

    def time_part(self):
        table = Table("model", "ms per step", "against dense")
        times = self.step_times()
        for name, seconds in times.items():
            table.add(name, Cell(1000 * seconds, 0), Cell(seconds / first(times), 3))
        self.page.table("time", table)

    def figures(self):
        shown = ("dense", "spectral-0.5", "spectral-0.5-random_basis", "low_rank-48", "spectral-0.05", "spectral-0.05-scattered",
                 "low_rank-5")
        runs = [(name, self.models[name].first()) for name in shown if name in self.models]
        self.page.figure("loss", curves("Validation loss", runs, markers=True))
        by_share = Figure("Validation loss after 2,000 steps",
                          Axis("share of the numbers in dense matrices", logarithmic=True, ticks=(0.05, 0.1, 0.25, 0.5, 1)),
                          Axis("nats per character"))
        by_rank = Figure("Validation loss and stable rank", Axis("stable rank, mean of the block matrices"), Axis("nats per character"))
        families = {"dense": ["dense"]}
        families |= {label: [f"spectral-{share}{support}" for share in RANKS] for support, label in SUPPORTS.items()}
        families["low rank"] = [f"low_rank-{rank}" for rank in RANKS.values()]
        for label, names in families.items():
            found = [self.models[name] for name in names if name in self.models]
            if found:
                losses = [m.loss().mean() for m in found]
                by_share.add(label, map(share_of, found), losses)
                by_rank.add(label, [m.of("stable_rank").mean() for m in found], losses, line=False)
        self.page.figure("share", by_share)
        self.page.figure("rank", by_rank)


def first(times):
    return next(iter(times.values()))


def share_of(model):
    """Of the numbers in the dense matrices of the blocks."""
    return model.of("block_parameters").mean() / DENSE_NUMBERS


def make(results):
    """The page, from the records below a directory. What has no record yet is a dash."""
    return Maker(load(*(results / name for name in RECORDS))).make()
