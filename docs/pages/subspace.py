# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/subspace.md, from the records of picogpt_subspace, picogpt_mpo and picogpt_generation, and what is asked of
them: the claim of the paper (arXiv 2308.16475) and goals of our own, fixed before the runs."""

from figures import Axis, Figure
from page import Page, verdict
from records import load, of_program, read
from tables import DASH, Cell, Table, fixed, number

TEACHER, MPO_TEACHER = "dense.safetensors", "mpo-16.safetensors"
REFERENCE_TEACHER = "picogpt_dense.safetensors"

LOST = 1.6
"""Percent of its accuracy that a model may lose."""
CLAIM, GOAL = 0.44, 0.25
"""Shares of the parameters removed: what the paper says, and what is to go without training on."""
SHARES = (0.1, 0.2, GOAL, 0.3, CLAIM)
WITHIN = 0.015
"""A width takes away a share where it takes away that much or by at most this more: of the smallest steps, the next."""
STEPS = (0, 200, 1000)
"""Of training on."""
WINDOWS, SIZES = 32, (16, 32, 64, 128, 256, 512, 1024)
"""Of calibration text: for all tables but one, and for that."""
SECONDS = 5.0
"""Folding and calibration on that many windows may take."""
LOSS_ERROR = 2e-4
"""From the losses that PyTorch computed in double."""

SUBSPACES = {"stacked": "stacked", "balanced": "balanced", "sensitive": "sensitive", "per_site": "one for each site",
             "coordinates": "coordinates", "random": "random"}

RECORDS = ("subspace", "mpo/runs")

PROTOCOL = ("claim", "arXiv 2308.16475, 2401.15024; 44 %, 1.6 %, 25 %; 128 wide, 127; 32 windows of 256 characters; 0, 200 and 1,000 steps; "
            "2,000 steps; 1, 2, 3; 4 of the width, 16 neurons, 2 keys; 16 to 1,024 windows; χ = 16; batch 1 and 64; nine places, four blocks; "
            "multiples of 8; 9 to 10 %; 90 %; 5 s; 2,200")
"""Where the numbers of the page's prose come from: the part that holds the claims' figures, and the protocol."""


def percent(share):
    return f"{100 * share:.0f} %"


def removed(run):
    return 1 - run["results"]["parameters"] / run["results"]["teacher_parameters"]


def kept(run):
    """The share of the teacher's accuracy, in percent."""
    return 100 * run["results"]["val_acc"] / run["results"]["teacher_acc"]


def loss(run):
    return run["results"]["val_loss"]


def width(run):
    return int(run["options"]["model"].split("-")[0][1:])


def by_width_alone(run):
    return "share_removed" not in run["options"] and run["options"]["model"].endswith("-n512-k32-v32")


def share_of(run):
    """Which of the SHARES a width takes away, or None."""
    return next((s for s in SHARES if s <= removed(run) < s + WITHIN), None)


class Maker:
    def __init__(self, records, reference=None):
        self.page, self.reference = Page(), reference
        self.all = [r for r in of_program(records, "picogpt_subspace") if "val_acc" in r["results"]]
        self.others = records

    def runs(self, weights=TEACHER, windows=WINDOWS, second=False, steps=0, **options):
        """The runs from a teacher with that calibration and these options."""
        return [r for r in self.all if r["options"]["weights"] == weights and r["options"]["calibration"] == windows and
                (r["options"]["calibration_from"] > 0) == second and r["options"]["steps"] == steps and
                all(r["options"].get(name) == value for name, value in options.items())]

    def by_width(self, kind, share, **which):
        """The run that takes away a share by width alone, or None."""
        return next((r for r in self.runs(subspace=kind, **which) if by_width_alone(r) and share_of(r) == share), None)

    def searched(self, kind, share, steps=0):
        """The run of what the greedy search found, or None."""
        return next(iter(self.runs(subspace=kind, share_removed=share, steps=steps)), None)

    def best_search(self, share):
        """The subspace whose search ended with the lower loss on the calibration windows, or None."""
        found = [r for kind in SUBSPACES if (r := self.searched(kind, share)) is not None]
        return min(found, key=lambda r: r["results"]["calibration_loss"])["options"]["subspace"] if found else None

    def make(self):
        self.claim_part()
        self.relations_part()
        self.field_part()
        self.sizes_part()
        self.mpo_part()
        self.speed_part()
        self.reference_part()
        self.figures()
        return self.page

    def claim_part(self):
        table = Table("removed", "found by", "subspace", "width", "neurons", "keys", "values", "parameters",
                      *(f"{what}, {steps:,} steps" for what in ("loss", "kept") for steps in STEPS))

        def row(label, method, kind, find):
            found = [find(steps) for steps in STEPS]
            first = next((r for r in found if r is not None), None)
            if first is None:
                return
            shape = [int(part[1:]) for part in first["options"]["model"].split("-")]
            table.add(label, method, kind, *shape, first["results"]["parameters"],
                      *(number(r and loss(r), 3) for r in found), *(number(r and kept(r), 1) for r in found))

        row("nothing", "", "", lambda steps: next((r for r in self.runs(subspace="stacked", model="w128-n512-k32-v32", steps=steps)), None))
        for share in (GOAL, CLAIM):
            label = percent(share)
            for kind, name in SUBSPACES.items():
                row(label, "width", name, lambda steps: self.by_width(kind, share, steps=steps))
            for kind, name in SUBSPACES.items():
                row(label, "search", name, lambda steps: self.searched(kind, share, steps))
        self.page.table("claim", table)
        whole = self.by_width("stacked", CLAIM)
        self.page.parts |= {
            "teacher.loss": fixed(whole["results"]["teacher_loss"], 3) if whole else DASH,
            "teacher.accuracy": f"{fixed(100 * whole['results']['teacher_acc'], 1)} %" if whole else DASH,
            "teacher.parameters": f"{whole['results']['teacher_parameters']:,}" if whole else DASH}

    def relations_part(self):
        table = Table("relation", "asked", "measured", "verdict")

        def row(what, asked, measured, holds, decimals=2):
            table.add(what, asked, number(measured, decimals), DASH if measured is None else verdict(holds(measured)))

        def lost(what, run):
            row(f"{what}: accuracy lost, %", f"at most {LOST}", None if run is None else 100 - kept(run), lambda v: v <= LOST)

        for steps in STEPS:
            lost(f"44 % by width alone, stacked, {steps:,} steps", self.by_width("stacked", CLAIM, steps=steps))
        best = self.best_search(CLAIM)
        for steps in STEPS:
            goal = ", goal" if steps == 200 else ""
            lost(f"44 % by search, {steps:,} steps{goal}", self.searched(best, CLAIM, steps))
        lost("25 % by width alone, stacked, 0 steps", self.by_width("stacked", GOAL))
        lost("25 % by search, 0 steps, goal", self.searched(self.best_search(GOAL), GOAL))
        recovered, narrow = self.searched(best, CLAIM, 200), self.narrow()
        row("44 % by search, 200 steps: loss less that of a narrow model from scratch", "below 0",
            loss(recovered) - loss(narrow) if recovered and narrow else None, lambda v: v < 0, 3)
        seconds = [r["results"]["calibration_seconds"] for r in self.runs()]
        row(f"folding and calibration on {WINDOWS} windows, seconds, the slowest run", f"at most {SECONDS}", max(seconds, default=None),
            lambda v: v <= SECONDS)
        self.page.table("relations", table)
        self.page.parts["best"] = SUBSPACES[best] if best else DASH

    def narrow(self):
        """The narrow model that was trained from scratch for as many steps as the teacher and 200 more, or None."""
        return next((r for r in of_program(self.others, "picogpt_mpo") if r["options"]["steps"] == 2200 and "val_loss" in r["results"]), None)

    def field_part(self):
        columns = [percent(share) for share in SHARES]
        for name, value, decimals in (("field-loss", loss, 3), ("field", kept, 1)):
            table = Table("calibration", "subspace", *columns)
            for second, text in ((False, "first"), (True, "second")):
                for kind, label in SUBSPACES.items():
                    found = [self.by_width(kind, share, second=second) for share in SHARES]
                    table.add(text, label, *(number(r and value(r), decimals) for r in found))
            self.page.table(name, table)
        table = Table("subspace", *columns)
        for kind, label in SUBSPACES.items():
            table.add(label, *(number(r and width(r)) for r in (self.by_width(kind, share) for share in SHARES)))
        self.page.table("widths", table)

    def sizes_part(self):
        table = Table("windows", *(f"{SUBSPACES[kind]}, {percent(share)}" for kind in ("stacked", "sensitive")
                                   for share in (GOAL, CLAIM)), "seconds")
        for windows in SIZES:
            found = [self.by_width(kind, share, windows=windows) for kind in ("stacked", "sensitive") for share in (GOAL, CLAIM)]
            seconds = next((r["results"]["calibration_seconds"] for r in found if r), None)
            table.add(f"{windows:,}", *(number(r and loss(r), 3) for r in found), number(seconds, 1))
        self.page.table("sizes", table)

    def mpo_part(self):
        table = Table("model", "parameters", "removed %", "loss", "kept, %")
        rows = sorted(self.runs(weights=MPO_TEACHER, subspace="stacked"), key=lambda r: -r["results"]["parameters"])
        if rows:
            first = rows[0]["results"]
            table.add("χ = 16", first["teacher_parameters"], Cell(0.0, 1), Cell(first["teacher_loss"], 3), Cell(100.0, 1))
        for r in rows:
            table.add(f"χ = 16, width {width(r)}", r["results"]["parameters"], Cell(100 * removed(r), 1), Cell(loss(r), 3), Cell(kept(r), 1))
        self.page.table("mpo", table)

    def speed_part(self):
        table = Table("model", "weights, KiB", "written/s, batch 1", "batch 64", "read/s, batch 1", "batch 64")
        for r in of_program(self.others, "picogpt_generation"):
            for m in r["results"]["models"]:
                written, seen = m["characters_per_second"], m["read_per_second"]
                table.add(m["model"], Cell(m["weight_bytes"] / 1024, 0), *(Cell(rate[b], 0) for rate in (written, seen) for b in ("1", "64")))
        self.page.table("speed", table)

    def reference_part(self):
        table = Table("width", "loss, PyTorch", "loss", "error", "verdict")
        runs = {width(r): r for r in self.runs(weights=REFERENCE_TEACHER, subspace="stacked") if by_width_alone(r)}
        for r, (expected, _) in (self.reference or {}).get("loss_accuracy", {}).items():
            found = runs.get(int(r))
            error = found and abs(loss(found) - expected)
            table.add(int(r), Cell(expected, 6), number(found and loss(found), 6), number(error, 6),
                      DASH if found is None else verdict(error <= LOSS_ERROR))
        self.page.table("reference", table)

    def figures(self):
        by_size = Figure("Loss of smaller models", Axis("parameters"), Axis("nats per character"))
        by_share = Figure("Share of the second moment", Axis("width"), Axis("share of the sum of squares of the stream"))
        for kind, label in SUBSPACES.items():
            runs = sorted((r for r in self.runs(subspace=kind) if by_width_alone(r)), key=width)
            if not runs:
                continue
            shown = [r for r in runs if loss(r) < 4]
            by_size.add(f"{label}, 0 steps", [r["results"]["parameters"] for r in shown], [loss(r) for r in shown])
            by_share.add(label, [width(r) for r in runs], [r["results"]["share_of_moment"] for r in runs])
        for steps in STEPS[1:]:
            runs = sorted((r for r in self.runs(subspace="stacked", steps=steps) if by_width_alone(r)), key=width)
            if runs:
                by_size.add(f"stacked, {steps:,} steps", [r["results"]["parameters"] for r in runs], [loss(r) for r in runs])
        for steps in STEPS:
            runs = [r for share in SHARES if (r := self.searched(self.best_search(share), share, steps)) is not None]
            if runs:
                by_size.add(f"search, {steps:,} steps", [r["results"]["parameters"] for r in runs], [loss(r) for r in runs])
        scratch = sorted((r for r in of_program(self.others, "picogpt_mpo") if r["seed"] == 1 and "val_loss" in r["results"] and
                          r["options"]["model"].startswith("dense")), key=lambda r: r["results"]["parameters"])
        if scratch:
            by_size.add("from scratch", [r["results"]["parameters"] for r in scratch], [loss(r) for r in scratch])
        self.page.figure("loss", by_size)
        self.page.figure("share", by_share)


def make(results):
    """The page, from the records below a directory. What has no record yet is a dash."""
    reference = results / "subspace" / "reference.json"
    return Maker(load(*(results / name for name in RECORDS)), read(reference) if reference.exists() else None).make()
