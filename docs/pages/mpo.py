# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/mpo.md, from the records of picogpt_mpo, picogpt_search, picogpt_compress, picogpt_grow, picogpt_spectrum and
picogpt_generation."""

import re

from figures import Axis, Figure
from page import Page, verdict
from records import Sample, load, model_of, models, of_program, points
from tables import DASH, Cell, Table, aligned, fixed, number
from training import curves, has_recipe, search_table, searches

PRINTED = (("dense", 1020224, 1.860, 52.8), ("mpo-4", 78336, 2.220, 36.8), ("mpo-8", 110592, 1.950, 46.8),
           ("mpo-16", 191872, 1.850, 51.6), ("mpo-32", 408832, 1.850, 52.4))
"""What the paper printed (arXiv 2603.28534, table 4): model, parameters, loss in nats, accuracy in percent."""

PRINTED_ERRORS = {4: 0.395, 8: 0.261, 16: 0.135, 32: 0.065}
"""The relative errors, by bond, that the paper printed for W_q of a "randomly initialised" model."""

CLAIMED_KEPT, CLAIMED_DENSE = 97.7, 52.8
"""The claim: χ = 16 keeps this much of the accuracy of a dense model that reaches so much, in percent."""

STEPS, BATCH = 2000, 32
"""The budget of every row."""

TRIAL_STEPS = 800
"""The budget of the trials of small models: of those whose blocks take turns, and of those of small bonds."""

SMALL_BOND = 8
"""Up to this bond an MPO counts as small."""

TRIALS_DIFFER = 0.01
"""Trials whose losses, in nats, differ by less are equal, and the lowest rate of them is chosen."""

RECORDS = ("mpo", "mpo_published")

PROTOCOL = ("published", "arXiv 2603.28534, GPT-2; 2,000 steps of 32 windows of 256 characters, 90 % of them to train on, 435 windows of "
            "the validation split; 3e-4, 0.1; trials of 300 and of 800 steps; 100 and 500 steps of fine-tuning; batch 64; 20 batches; "
            "seed 1; chi = 16")
"""Where the numbers of the page's prose come from: the part that holds the paper's, and the protocol."""


def takes_turns(model):
    """Whether blocks have operators in common, as the name of a representation says."""
    return re.search(r"-b\d+(-|$)", model) is not None


def is_small(model):
    """Whether a model is an MPO of small bonds whose blocks have operators of their own."""
    found = re.match(r"mpo-(\d+)", model)
    return found is not None and int(found[1]) <= SMALL_BOND and not takes_turns(model)


def chosen(trials):
    """The trial of the lowest rate among the best."""
    least = min((r["results"]["val_loss"] for r in trials), default=None)
    return min((r for r in trials if r["results"]["val_loss"] < least + TRIALS_DIFFER), key=lambda r: r["options"]["learning_rate"],
               default=None)


def kept(model, dense):
    """The share of the dense accuracy that a model keeps, in percent: seed by seed where both have the seed, else against the mean."""
    return Sample(100 * run["results"]["val_acc"] /
                  (dense.runs[seed]["results"]["val_acc"] if seed in dense.runs else dense.accuracy().mean() / 100)
                  for seed, run in sorted(model.runs.items()))


def by_family(figure, name, x, y):
    """A point in the series of the model's family: MPOs in the paper's sites and others apart."""
    family, plain = name.split("-")[0], name.count("-") <= 1 and "rate" not in name
    label = {"mpo": "MPO" if plain else "MPO, higher rate" if "rate" in name else "MPO, other forms", "dense": "dense, by width", "low_rank": "low rank",
             "kronecker": "Kronecker sums"}.get(family, family)
    figure.append(label, x, y, line=plain)


class Maker:
    def __init__(self, records):
        self.page, self.records = Page(), records
        self.winners = {}  # of the longest trials, by family
        for r in sorted(searches(records), key=lambda r: r["options"]["steps"]):
            self.winners[r["options"]["family"]] = r["results"]["winner"]
        trials = sorted((r for r in of_program(records, "picogpt_mpo") if r["options"]["steps"] == TRIAL_STEPS and "val_acc" in r["results"]),
                        key=lambda r: [r["options"][key] for key in ("model", "recipe", "learning_rate", "sigma")])
        self.turn_trials = [r for r in trials if takes_turns(r["options"]["model"])]
        self.small_trials = [r for r in trials if is_small(r["options"]["model"])]
        self.flops = {m["model"]: m["flops"] for r in of_program(records, "picogpt_flops") if r["options"]["batch"] == BATCH
                      for m in r["results"]["models"]}
        self.published, self.tuned = self.trained("published"), self.trained("tuned")

    def complete(self, r):
        return (r["program"] in ("picogpt_mpo", "picogpt_grow") and "val_acc" in r["results"] and
                (r["options"]["steps"], r["options"]["batch"]) == (STEPS, BATCH) and "precision" not in r["options"])

    def current(self, options):
        """Whether a run has the recipe of its family or, of a small model, that of its trials."""
        return any(winner is not None and has_recipe(options, winner) for winner in self.recipes_for(options["model"]))

    def recipes_for(self, model):
        """First the one that the model's name stands for."""
        by_trial = [None if r is None else r["options"] for r in (chosen(self.turn_trials), chosen(self.small_trials))]
        if takes_turns(model):
            return by_trial[:1]
        family = self.winners.get("dense" if model.startswith("dense") else "mpo")
        return [family] + (by_trial[1:] if is_small(model) else [])

    def row_of(self, options):
        """The name of a run's row: the model's, and its rate where that is not the family's."""
        first = self.recipes_for(options["model"])[0]
        of_family = first is None or has_recipe(options, first)
        return model_of(options) + ("" if of_family else f", rate {options['learning_rate']}")

    def trained(self, recipe):
        """The complete runs of a recipe, largest model first."""
        if recipe == "published":
            return models(self.records, lambda r: self.complete(r) and r["options"]["recipe"] == recipe)
        return models(self.records, lambda r: self.complete(r) and r["options"]["recipe"] == recipe and self.current(r["options"]),
                      self.row_of)

    def make(self):
        for name in ("search-dense-300", "search-mpo-300", "search-dense-800", "search-mpo-800", "spectrum-random", "spectrum-tuned",
                     "spectrum-published", "claim.kept", "claim.dense", "claim.loss.mpo", "claim.verdict.kept", "claim.verdict.dense"):
            self.page.parts[name] = DASH
        self.published_part()
        self.search_part()
        self.claim_part()
        self.models_part()
        self.trials_part()
        self.compression_part()
        self.spectrum_part()
        self.generation_part()
        runs = [(f"{name}, {recipe}", found[name].first()) for recipe, found in (("published", self.published), ("tuned", self.tuned))
                for name in ("dense", "mpo-16", "mpo-8", "mpo-4") if name in found]
        self.page.figure("loss", curves("Validation loss", runs))
        return self.page

    def published_part(self):
        table = Table("model", "parameters, printed", "parameters", "loss, printed", "loss", "accuracy, printed", "accuracy",
                      "kept, printed", "kept")
        dense = self.published.get("dense")
        for name, parameters, loss, accuracy in PRINTED:
            m = self.published.get(name)
            table.add(name, parameters, number(m and m.parameters), Cell(loss, 3), aligned(m.loss().text(3) if m else DASH),
                      Cell(accuracy, 1), aligned(m.accuracy().text(1) if m else DASH), Cell(100 * accuracy / PRINTED[0][3], 1),
                      aligned(kept(m, dense).text(1) if m and dense else DASH))
        self.page.table("published", table)
        for name in ("dense", "mpo-16"):
            m = self.published.get(name)
            self.page.parts[f"published.{name}.accuracy"] = f"{m.accuracy().text(1)} %" if m else DASH

    def search_part(self):
        for r in searches(self.records):
            self.page.table(f"search-{r['options']['family']}-{r['options']['steps']}", search_table(r))
        table = Table("model", "seed", "learning rate", "sigma", "decay on", "loss", "accuracy")
        for r in filter(self.complete, self.records):
            o = r["options"]
            if o["recipe"] == "tuned" and not self.current(o):
                table.add(o["model"], r["seed"], o["learning_rate"], Cell(o["sigma"], 2), o["decayed"],
                          Cell(r["results"]["val_loss"], 3), Cell(100 * r["results"]["val_acc"], 1))
        self.page.table("first-search", table)

    def claim_part(self):
        dense, mpo = self.tuned.get("dense"), self.tuned.get("mpo-16")
        table = Table("seed", "dense loss", "dense accuracy", "χ = 16 loss", "χ = 16 accuracy", "kept")
        if dense and mpo:
            for seed in sorted(dense.runs.keys() & mpo.runs.keys()):
                a, b = dense.runs[seed]["results"], mpo.runs[seed]["results"]
                table.add(seed, a["val_loss"], Cell(100 * a["val_acc"], 2), b["val_loss"], Cell(100 * b["val_acc"], 2),
                          Cell(100 * b["val_acc"] / a["val_acc"], 2))
            share, base = kept(mpo, dense), dense.accuracy()
            self.page.parts |= {"claim.kept": f"{share.text(1)} %", "claim.dense": f"{base.text(1)} %",
                                "claim.loss.mpo": mpo.loss().text(3), "claim.verdict.kept": verdict(share.mean() >= CLAIMED_KEPT),
                                "claim.verdict.dense": verdict(base.mean() >= CLAIMED_DENSE)}
        self.page.table("claim", table)

    def models_part(self):
        dense = self.tuned.get("dense")
        table = Table("model", "parameters", "ratio", "GFLOP a step", "seeds", "loss", "accuracy", "kept", "Pareto, parameters",
                      "Pareto, flops")
        figure = Figure("Validation accuracy after 2,000 steps", Axis("parameters", logarithmic=True), Axis("accuracy, %"))
        smallest = None
        for m in self.tuned.values():
            accuracy, flops = m.accuracy().mean(), self.flops_of(m)
            better = [o for o in self.tuned.values() if o.accuracy().mean() > accuracy]
            smaller = any(o.parameters <= m.parameters for o in better)
            cheaper = flops is None or any(f is not None and f <= flops for f in map(self.flops_of, better))
            table.add(m.name, m.parameters, Cell(dense.parameters / m.parameters, 1) if dense else DASH,
                      number(flops and flops / 1e9, 0), len(m.runs), aligned(m.loss().text(3)), aligned(m.accuracy().text(1)),
                      aligned(kept(m, dense).text(1) if dense else DASH), "" if smaller else "yes", "" if cheaper else "yes")
            if dense and kept(m, dense).mean() >= CLAIMED_KEPT and (smallest is None or m.parameters < smallest.parameters):
                smallest = m
            by_family(figure, m.name, m.parameters, accuracy)
        self.page.table("models", table)
        self.page.figure("accuracy", figure)
        self.page.parts |= {
            "smallest.name": smallest.name if smallest else DASH,
            "smallest.parameters": f"{smallest.parameters:,}" if smallest else DASH,
            "smallest.ratio": fixed(dense.parameters / smallest.parameters, 1) if smallest else DASH,
            "smallest.kept": f"{kept(smallest, dense).text(1)} %" if smallest else DASH,
            "smallest.seeds": str(len(smallest.runs)) if smallest else DASH}

    def flops_of(self, m):
        """Of a step of a model's row; nothing where it grew."""
        return self.flops.get(m.first()["options"]["model"]) if "grown" not in m.first()["options"] else None

    def trials_part(self):
        for name, trials in (("turn-trials", self.turn_trials), ("small-trials", self.small_trials)):
            table = Table("model", "parameters", "recipe", "learning rate", "sigma", "loss", "accuracy", "")
            for r in trials:
                o, found = r["options"], r["results"]
                table.add(o["model"], found["parameters"], o["recipe"], o["learning_rate"], Cell(o["sigma"], 2), found["val_loss"],
                          number(100 * found["val_acc"], 1), "chosen" if r is chosen(trials) else "")
            self.page.table(name, table)

    def compression_part(self):
        found = {}  # results by model, then by steps
        for r in of_program(self.records, "picogpt_compress"):
            if "val_acc" in r["results"]:
                found.setdefault(r["options"]["model"], {})[r["options"]["steps"]] = r["results"]
        table = Table("model", "parameters", "accuracy, 0 steps", "100 steps", "500 steps", "loss, 0 steps", "100 steps", "500 steps")
        figure = Figure("Compressed, then fine-tuned for 500 steps", Axis("parameters", logarithmic=True), Axis("accuracy, %"))
        rows = sorted(((runs[min(runs)]["parameters"], name, runs) for name, runs in found.items()), reverse=True)
        for parameters, name, runs in rows:
            table.add(name, parameters, *(number(100 * runs[s]["val_acc"] if s in runs else None, 1) for s in (0, 100, 500)),
                      *(number(runs[s]["val_loss"] if s in runs else None, 3) for s in (0, 100, 500)))
            if 500 in runs:
                by_family(figure, name, parameters, 100 * runs[500]["val_acc"])
        self.page.table("compression", table)
        self.page.figure("compression", figure)

    def spectrum_part(self):
        bonds = (4, 8, 16, 32)
        columns = [f"χ = {b}" for b in bonds]
        figure = Figure("Relative error of the TT-SVD, all layers",
                        Axis("bond", logarithmic=True, ticks=(1, 2, 4, 8, 16, 32, 64)), Axis("relative Frobenius error", least=0))
        overall = Table("weights", *columns)
        overall.add("printed", *(Cell(PRINTED_ERRORS[b], 3) for b in bonds))
        for r in sorted(of_program(self.records, "picogpt_spectrum"), key=lambda r: r["options"]["weights"]):
            weights, errors = r["options"]["weights"], {kind: dict(zip(*points(r, kind))) for kind in r["series"]}
            table = Table("layer", *columns)
            for kind, error in errors.items():
                table.add("all layers" if kind == "all" else kind, *(number(error.get(b), 3) for b in bonds))
            self.page.table(f"spectrum-{weights}", table)
            overall.add(weights, *(number(errors["attn.W_q"].get(b), 3) for b in bonds))
            figure.add(weights, *points(r, "all"))
        figure.add("printed for W_q", PRINTED_ERRORS.keys(), PRINTED_ERRORS.values())
        self.page.table("spectrum", overall)
        self.page.figure("error", figure)

    def generation_part(self):
        table = Table("model", "weights, KiB", "characters/s, batch 1", "characters/s, batch 64")
        self.page.parts["generation.cache"] = DASH
        for r in of_program(self.records, "picogpt_generation"):
            for m in r["results"]["models"]:
                speed = m["characters_per_second"]
                table.add(m["model"], Cell(m["weight_bytes"] / 1024, 0), Cell(speed["1"], 0), Cell(speed["64"], 0))
            self.page.parts["generation.cache"] = f"{fixed(r['results']['cache_bytes'] / 1024, 0)} KiB"
        self.page.table("generation", table)


def make(results):
    """The page, from the records below a directory. What has no record yet is a dash."""
    return Maker(load(*(results / name for name in RECORDS))).make()
