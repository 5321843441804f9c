# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiments/processes.md, from two records of bench_shared_step: what sharing a training among processes costs on one machine, and a model of
how far it goes on many."""

import dataclasses
import statistics

from figures import Axis, Figure
from page import Page, verdict
from records import read
from tables import Table, fixed, number

NODES = (1, 2, 4, 8, 16, 32, 64)
SHOWN = (8, 64)
"""Of these in the table."""
CORES = 32
"""Of a node, each as fast as one of the record."""
NETWORKS = {"10 Gbit/s": (10e9 / 8, 25e-6), "100 Gbit/s": (100e9 / 8, 5e-6)}
"""Bytes a second that a node sends while it receives, and seconds until a message arrives."""
SLOW = "10 Gbit/s"
DRAWN = ("PicoGPT dense", "PicoGPT mpo-16", "PicoGPT mpo-4", "GPT-2 dense", "GPT-2 mpo-16", "GPT-2 mpo-4")
SEQUENCES, LENGTH = 64, 1024
"""Of a GPT-2's step."""
WINDOWS, CONTEXT = 64, 256
"""Of a PicoGPT's step in the model: one for each lane."""
PASSES = 3
"""Forward, and two products backward for each one forward."""
PICOGPT_FLOPS = 2 * (4 * (4 * 128 * 128 + 2 * 128 * 512) + 128 * 65) + 4 * 4 * CONTEXT * 128
"""Of a character, forward: two for each number of the matrices, and for each block four for each column and position of attention."""

TOGETHER, EXCHANGE = 0.95, 3.0
"""Two processes of one thread against one of two, in tokens a second, at least; the exchange, percent of a step, at most."""

RECORDS = ("processes",)
MODELS = ("dense", "mpo-16", "mpo-8", "mpo-4")
PROTOCOL = ("bounds", "32 windows of 256 characters; 8 lanes; 12 blocks, 768 wide; 64 sequences of 1,024 tokens; 64 windows; 32 cores; 10 and 100 Gbit/s; "
            "25 and 5 microseconds; 1 to 64 nodes; 50,304; bond 16; 2; 0.95; 3 %")


@dataclasses.dataclass
class Work:
    """A step of a model: seconds on one node, and the numbers of its gradient."""
    model: str
    operators: str
    seconds: float
    numbers: float


def benchmarks(directory, kind):
    """The runs of several records of Google Benchmark by their names: medians of what they counted."""
    found = {}
    for path in sorted(directory.glob(f"{kind}-*.json")):
        for run in read(path)["benchmarks"]:
            found.setdefault(run["name"].split("/iterations")[0], []).append(run)
    return {name: {key: statistics.median(run[key] for run in runs) for key in runs[0] if isinstance(runs[0][key], float)}
            for name, runs in found.items()}


def ways(model):
    """How the operators of a model are multiplied with: their names in tables, and in the records."""
    return {"": ""} if model == "dense" else {"matrices once a step": "", "as they are": "/operators_alone"}


def exchange_seconds(nodes, numbers, network):
    """Each node sends its share of the sum to every other one, and then the sum of its own share: 2 (P - 1) / P gradients."""
    rate, latency = network
    return 2 * (nodes - 1) * (latency + 4 * numbers / nodes / rate)


def speed_ups(compute, numbers, network):
    """Of one node that computes so many seconds, shared by each of NODES."""
    return [compute / (compute / p + exchange_seconds(p, numbers, network)) for p in NODES]


def make(results):
    one, two = (benchmarks(results / RECORDS[0], kind) for kind in ("one", "two"))
    page = Page()
    show_steps(page, one, two)
    show_growth(page, one, two)
    page.parts["bounds"] = f"at least {fixed(TOGETHER, 2)} times, and at most {fixed(EXCHANGE, 0)} %"
    return page


def show_steps(page, one, two):
    """What was measured on one machine."""
    steps = Table("model", "operators", "tokens/s, one process", "two processes", "ratio", "sent by each, KiB", "sum, ms", "% of a step")
    ratios, shares = [], []
    for model in MODELS:
        for shown, suffix in ways(model).items():
            alone, shared = one[f"step/{model}{suffix}"], two[f"step/{model}{suffix}"]
            ratios.append(shared["tokens_per_second"] / alone["tokens_per_second"])
            shares.append(100 * shared["sum_ms"] / shared["median_ms"])
            steps.add(model, shown, round(alone["tokens_per_second"]), round(shared["tokens_per_second"]), number(ratios[-1], 2),
                      round(shared["sent_bytes"] / 1024), number(shared["sum_ms"], 2), number(shares[-1], 2))
    page.table("steps", steps)
    page.parts["together"] = f"{fixed(min(ratios), 2)} to {fixed(max(ratios), 2)}"
    page.parts["together.verdict"] = verdict(min(ratios) >= TOGETHER)
    page.parts["share"] = f"{fixed(max(shares), 1)} %"
    page.parts["share.verdict"] = verdict(max(shares) <= EXCHANGE)

    messages = Table("bytes each way", "microseconds", "GB/s")
    for name, run in two.items():
        if name.startswith("message/"):
            messages.add(int(name.split("/")[1]), number(run["median_us"], 1), number(run["GB/s"], 2))
    page.table("messages", messages)


def works(one, two):
    """The steps whose growth is modelled, and the rate of a core in a dense one, in flops a second."""
    core = one["step/dense"]["tokens_per_second"] / one["step/dense"]["threads"]
    rate = core * PASSES * PICOGPT_FLOPS
    found = []
    for model in MODELS:
        for shown, suffix in ways(model).items():
            run = one[f"step/{model}{suffix}"]
            seconds = WINDOWS * CONTEXT / (run["tokens_per_second"] / run["threads"] * CORES)
            sent = two[f"step/{model}{suffix}"]["sent_bytes"] / 4  # two processes send half of their numbers twice
            found.append(Work(f"PicoGPT {model}", shown, seconds, sent))
    for model in ("dense", "mpo-16", "mpo-4"):
        counted = two[f"gpt2/{model}"]
        for shown, suffix in ways(model).items():
            matrices = shown.startswith("matrices")
            flops = counted["flops_per_token_with_matrices" if matrices else "flops_per_token"]
            numbers = counted["parameters"] + matrices * counted["matrix_elements"]
            found.append(Work(f"GPT-2 {model}", shown, PASSES * flops * SEQUENCES * LENGTH / (rate * CORES), numbers))
    return found, rate


def show_growth(page, one, two):
    """The model of many machines."""
    found, rate = works(one, two)
    page.parts["rate"] = f"{fixed(rate / 1e9, 0)} GFLOP/s"
    table = Table("model", "operators", "step on one node, s", "gradient, MB", *(f"{p} nodes, {name}" for name in NETWORKS for p in SHOWN))
    figure = Figure("Speed-up over one node, 10 Gbit/s", Axis("nodes", True, NODES), Axis("times", True, NODES))
    figure.add("ideal", NODES, NODES)
    for w in found:
        curves = {name: speed_ups(w.seconds, w.numbers, network) for name, network in NETWORKS.items()}
        table.add(w.model, w.operators, number(w.seconds, 3), number(4e-6 * w.numbers, 1),
                  *(number(curve[NODES.index(p)], 1) for curve in curves.values() for p in SHOWN))
        if w.operators != "matrices once a step" and w.model in DRAWN:
            figure.add(w.model, NODES, curves[SLOW])
    page.table("growth", table)
    page.figure("growth", figure)

    def gained(model, operators=""):
        w = next(w for w in found if (w.model, w.operators) == (model, operators))
        return fixed(speed_ups(w.seconds, w.numbers, NETWORKS[SLOW])[-1], 1)
    page.parts["gpt2.dense"], page.parts["gpt2.mpo"] = gained("GPT-2 dense"), gained("GPT-2 mpo-16", "as they are")
    page.parts["gpt2.matrices"] = gained("GPT-2 mpo-16", "matrices once a step")
    page.parts["gpt2.share"] = fixed(two["gpt2/dense"]["parameters"] / two["gpt2/mpo-16"]["parameters"], 1)
    page.parts["slower"] = fixed(one["step/mpo-16/operators_alone"]["median_ms"] / one["step/mpo-16"]["median_ms"], 1)
