# SPDX-License-Identifier: BSD-3-Clause
"""What pages of trained models share: the table of a search, whether a run has the recipe that a search chose, learning curves, and
the results of one directory of runs."""

import records as run_records
from figures import Axis, Figure
from tables import Cell, Table, aligned, number


def search_table(record):
    """The trials of a picogpt_search that came to its end."""
    table = Table("trial", "learning rate", "sigma", "decay on", "loss", "accuracy", "")
    for k, trial in enumerate(record["results"]["trials"], 1):
        diverged = trial["loss"] is None
        table.add(k, trial["learning_rate"], Cell(trial["sigma"], 2), trial["decayed"], "diverged" if diverged else trial["loss"],
                  number(None if diverged else 100 * trial["accuracy"], 1), "chosen" if trial == record["results"]["winner"] else "")
    return table


def searches(records):
    """Those that came to their end."""
    return [r for r in run_records.of_program(records, "picogpt_search") if "winner" in r["results"]]


def has_recipe(options, winner):
    return all(options[key] == winner[key] for key in ("learning_rate", "sigma", "decayed"))


def curves(title, runs, series="val_loss", markers=False, unit="nats per character"):
    """A series of several runs, given as (label, record), against the step."""
    figure = Figure(title, Axis("step"), Axis(unit))
    for label, record in runs:
        figure.add(label, *run_records.points(record, series), markers=markers)
    return figure


def results(directory):
    """The table and the training curves of the finished runs that a program left in a directory."""
    table = Table("model", "parameters", "ratio", "val loss", "val accuracy", "tokens/s")
    finished = [(p.stem, run_records.read(p)) for p in sorted(directory.glob("*.json"))]
    finished = [(name, r) for name, r in finished if isinstance(r, dict) and "val_loss" in r.get("results", {})]
    finished.sort(key=lambda run: -run[1]["results"]["parameters"])
    for name, r in finished:
        found = r["results"]
        table.add(name, found["parameters"], Cell(finished[0][1]["results"]["parameters"] / found["parameters"], 1), found["val_loss"],
                  Cell(100 * found["val_acc"], 2), aligned(f"{found['tokens_per_second']:,.0f}"))
    return table, curves("Training loss", finished, "train_loss")
