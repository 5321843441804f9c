# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/minimal.md, from the records of vit_minimal and picogpt_minimal, and what is asked of them: the relations that the
paper tells in words (arXiv 2410.13732; its tables are not to be had), with bounds fixed before the runs."""

from figures import Axis, Figure, Panels
from page import Page, verdict
from records import load, models, read
from tables import DASH, Cell, Table, aligned, fixed, number
from training import curves

FULL, MINIMUM = "full", "collapsed-no_vo-no_mlp"
VARIANTS = (FULL, "full-h4", "full-e12", "tied", "tied-h4", "collapsed", "collapsed-no_vo", "full-no_mlp", "full-no_mlp-h4",
            "full-no_mlp-e12", "tied-no_mlp", "tied-no_mlp-h4", "mirrored-no_mlp", "cholesky-no_mlp", "collapsed-no_mlp", MINIMUM)
"""In the order of the tables; other names follow."""

DATA = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
EPOCHS, LONG = 20, 200
"""The budget of every row, and that of a few."""
SHOWN = ("full-no_mlp", "tied-no_mlp")
"""Whose attention is looked at: free and symmetric scores."""
ERRING = "full"
"""Whose mistakes are shown."""

CLOSE = 1.0
"""Percent of accuracy that count as close."""
DEPTH = 0.5
"""Twelve blocks are better than six where they win by more percent than this."""
GOAL, GOAL_PARAMETERS = 97.5, 29000
"""Accuracy on MNIST from 8,500 images, of a model of at most so many parameters."""
BARE, PEER = 0.6, 1.3
"""Share of its bare matrix products that a training step reaches, and how many times PyTorch's images a second."""

RECORDS = ("minimal",)

PROTOCOL = ("images", "arXiv 2410.13732; 287,686 and 101,470 parameters on CIFAR-10, 279,106, 92,890, 70,930 and 27,010 on MNIST; 60 wide, 256, "
            "six blocks, 16 patches of 7 x 7 or 8 x 8 pixels, 10 classes; AdamW 1e-3, decay 1e-4, batch 256; "
            "20 and 200 epochs, 500 and 800 steps, 32 windows of 256, shifts by up to 3 pixels, crops of 80 %; 8,500 and 1,500 of the 10,000 test images, 60,000, 50,000; 90 % fewer; 808,448 "
            "parameters; W_q^T W_k, n (n + 1) / 2 numbers")
"""Where the numbers of the page's prose come from: the part that holds the counts, and the protocol."""


def epochs(record):
    options = record["options"]
    return options["steps"] * options["batch"] / options["train_images"]


class Maker:
    def __init__(self, records, speed=None, shown=None):
        """`speed` is the record of bench/peers/images.py, `shown` the results of vit_show by model."""
        self.page, self.records, self.speed, self.shown = Page(), records, speed, shown or {}

        def complete(data, budget):
            return lambda r: (r["program"] == "vit_minimal" and "ratio_q" in r["results"] and r["options"]["data"] == data and
                              round(epochs(r)) == budget and r["options"]["crop"] < 1 and not r["options"]["trial"])

        self.found = {data: models(records, complete(data, EPOCHS)) for data in DATA}
        self.long = {data: models(records, complete(data, LONG)) for data in DATA}
        self.text = models(records, lambda r: r["program"] == "picogpt_minimal" and "ratio_q" in r["results"])

    def make(self):
        self.recipe_part()
        self.images_part()
        self.long_part()
        self.speed_part()
        self.text_part()
        self.relations_part()
        self.figures()
        return self.page

    def value(self, data, name, result, factor=1):
        """The mean over the seeds, or None."""
        return self.found[data][name].of(result, factor).mean() if name in self.found[data] else None

    def gap(self, data, name, other, result, factor=1):
        """What one has more than another, or None."""
        a, b = self.value(data, name, result, factor), self.value(data, other, result, factor)
        return None if a is None or b is None else a - b

    def recipe_part(self):
        table = Table("peak", "decay", "steps", "loss", "accuracy")
        trials = [r for r in self.records if r["program"] == "vit_minimal" and r["options"]["trial"] and "ratio_q" in r["results"]]
        for r in sorted(trials, key=lambda r: (r["options"]["weight_decay"], r["options"]["learning_rate"])):
            table.add(f"{r['options']['learning_rate']:g}", f"{r['options']['weight_decay']:g}", r["options"]["steps"],
                      Cell(r["results"]["val_loss"], 3), Cell(100 * r["results"]["val_acc"], 1))
        self.page.table("recipe", table)

    def long_part(self):
        table = Table("images", "model", "parameters", "training loss", "loss", "accuracy")
        for data, title in DATA.items():
            for name, m in self.long[data].items():
                table.add(title, name, m.parameters, aligned(m.of("training_loss").text(3)), aligned(m.loss().text(3)),
                          aligned(m.accuracy().text(2)))
        self.page.table("long", table)

    def speed_part(self):
        table = Table("images a second, one thread", "asked", "measured", "verdict")
        found = self.speed and self.speed["images_per_second"]
        for name in ("xtn", "eager", "compile"):
            table.add(name if name == "xtn" else f"PyTorch, {name}", "", number(found and found[name], 0), "")
        for what, asked, measured in (("xtn, share of its bare products", BARE, found and self.speed["of_bare_products"]),
                                      ("xtn, times PyTorch's best", PEER,
                                       found and found["xtn"] / max(found["eager"], found["compile"]))):
            table.add(what, f"at least {asked}", number(measured, 2), DASH if measured is None else verdict(measured >= asked))
        self.page.table("speed", table)

    def images_part(self):
        for data, title in DATA.items():
            table = Table(title, "parameters", "of full", "Q", "training loss", "loss", "accuracy")
            found = self.found[data]
            for name in (*VARIANTS, *(n for n in found if n not in VARIANTS)):
                m = found.get(name)
                if m is None:
                    table.add(name, *([aligned(DASH)] * 6))
                    continue
                share = aligned(f"{fixed(100 * m.parameters / found[FULL].parameters, 1)} %") if FULL in found else aligned(DASH)
                table.add(name, m.parameters, share, Cell(m.of("ratio_q").mean(), 2), aligned(m.of("training_loss").text(3)),
                          aligned(m.loss().text(3)), aligned(m.accuracy().text(2)))
            self.page.table("images" if data == "mnist" else data, table)

    def text_part(self):
        table = Table("text", "parameters", "Q", "loss", "accuracy")
        for name, m in self.text.items():
            table.add(name, m.parameters, Cell(m.of("ratio_q").mean(), 2), aligned(m.loss().text(3)), aligned(m.accuracy().text(1)))
        self.page.table("text", table)

    def relations_part(self):
        table = Table("relation", "asked", "measured", "verdict")

        def row(what, asked, measured, holds, decimals=3):
            table.add(what, asked, number(measured, decimals), DASH if measured is None else verdict(holds(measured)))

        for data, title in DATA.items():
            row(f"{title}: accuracy that the minimum loses", f"at most {fixed(CLOSE, 1)} %", self.gap(data, FULL, MINIMUM, "val_acc", 100),
                lambda v: v <= CLOSE)
            row(f"{title}: accuracy that twelve blocks win over six", f"at most {fixed(DEPTH, 1)} %",
                self.gap(data, "full-e12", FULL, "val_acc", 100), lambda v: v <= DEPTH)
            row(f"{title}, no MLP: loss of tied scores less that of free ones", "below 0",
                self.gap(data, "tied-no_mlp", "full-no_mlp", "val_loss"), lambda v: v < 0)
            row(f"{title}: training loss without MLP less that with", "above 0", self.gap(data, "full-no_mlp", FULL, "training_loss"),
                lambda v: v > 0)
        tied, free = (self.text.get(name) for name in ("tied-no_mlp", "full-no_mlp"))
        row("text, no MLP: loss of tied scores less that of free ones", "below 0",
            tied.loss().mean() - free.loss().mean() if tied and free else None, lambda v: v < 0)
        for result, asked, worst in (("training_loss", "full has the best", min), ("val_loss", "full has the worst", max)):
            values = {name: m.of(result).mean() for name, m in self.found["cifar10"].items()}
            complete = FULL in values and MINIMUM in values
            what = "training loss" if result == "training_loss" else "validation loss"
            row(f"CIFAR-10: {what} of full less the {'best' if worst is min else 'worst'}", "0",
                values[FULL] - worst(values.values()) if complete else None, lambda v: v == 0)
        rows = (*self.found["mnist"].values(), *self.long["mnist"].values())
        small = [m.accuracy().mean() for m in rows if m.parameters <= GOAL_PARAMETERS]
        row(f"MNIST, goal: best accuracy of at most {GOAL_PARAMETERS:,} parameters", f"at least {GOAL} %", max(small, default=None),
            lambda v: v >= GOAL)
        unlifted = self.unlifted("cifar10")
        row("CIFAR-10, goal: models on the front of the variants that no operator's model beats", "0", unlifted, lambda v: v == 0, 0)
        self.page.table("relations", table)

    def unlifted(self, data):
        """How many of the variants that no smaller one beats are not beaten by a model of operators that is no larger; None without any."""
        rows = [(m.parameters, m.accuracy().mean(), "+" in name) for name, m in self.found[data].items()]
        variants = [(size, accuracy) for size, accuracy, of_operators in rows if not of_operators]
        operators = [(size, accuracy) for size, accuracy, of_operators in rows if of_operators]

        def beaten(point, by):
            return any(size <= point[0] and accuracy > point[1] for size, accuracy in by)

        front = [p for p in variants if not beaten(p, variants)]
        return sum(not beaten(p, operators) for p in front) if front and operators else None

    def figures(self):
        for data, title in DATA.items():
            found = self.found[data]
            by_size = Figure(f"{title}: accuracy after {EPOCHS} epochs", Axis("parameters", logarithmic=True), Axis("percent"))
            by_loss = Figure(f"{title}: loss after {EPOCHS} epochs", Axis("training loss"), Axis("validation loss"))
            for name, m in found.items():
                by_size.add(name, [m.parameters], [m.accuracy().mean()], line=False)
                by_loss.add(name, [m.of("training_loss").mean()], [m.loss().mean()], line=False)
            self.page.figure(f"{data}-size", by_size)
            self.page.figure(f"{data}-loss", by_loss)
            self.page.figure(f"{data}-curves", curves(f"{title}: validation loss", [(n, m.first()) for n, m in found.items()], markers=True,
                                                      unit="nats per image"))
        self.pictures()

    def pictures(self):
        maps = Panels("MNIST: who looks at whom in each block, for one image", 6)
        for name in SHOWN:
            for k, heads in enumerate(self.shown.get(name, {}).get("attention", ())):
                side = round(len(heads[0]) ** 0.5)
                greatest = max(heads[0])
                maps.add(f"{name}, {k + 1}", [[v / greatest for v in heads[0][row * side:(row + 1) * side]] for row in range(side)])
        self.page.figure("mnist-attention", maps)
        mistakes = Panels(f"MNIST: digits that {ERRING} mistakes", 8)
        for picture in self.shown.get(ERRING, {}).get("misclassified", ()):
            side = round(len(picture["pixels"]) ** 0.5)
            mistakes.add(f"{picture['label']} as {picture['found']}",
                         [[v / 255 for v in picture["pixels"][row * side:(row + 1) * side]] for row in range(side)])
        self.page.figure("mnist-mistakes", mistakes)


def make(results):
    """The page, from the records below a directory. What has no record yet is a dash."""
    directory = results / RECORDS[0]

    def optional(path):
        return read(path) if path.exists() else None

    shown = {name: optional(directory / "shown" / f"mnist-{name}.json") for name in (*SHOWN, ERRING)}
    return Maker(load(*(results / name for name in RECORDS)), optional(directory / "speed" / "results.json"),
                 {name: found["results"] for name, found in shown.items() if found}).make()
