# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the benches' records: Google Benchmark's, the peers' (bench/peers/compare.py, networks.py) and the compile times'
(bench/compile/measure.py). Ratios in them are those of medians."""

import math
import re

STANDARD = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "threads", "repetition_index",
            "iterations", "real_time", "cpu_time", "time_unit", "label", "aggregate_name"}
HOW = ("manual_time", "real_time", "min_time", "iterations")
"""Parts of a name that say how it was measured."""

COUNTERS = {"forward": "forward", "both": "forward and backward"}
"""Speed-ups over the dense product that bench_operators records."""


def times(ratio):
    """How many times, to two digits or three."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"


def rule(columns):
    return "|---|" + "--:|" * columns


def line(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def machine(record):
    context = record["context"]
    return f"{context['num_cpus']} cores of {context['mhz_per_cpu']} MHz; {context['date'][:10]}."


def table(record):
    """One row per benchmark of a Google Benchmark record, counters as columns."""
    lines, families = [], {}
    for run in record["benchmarks"]:
        families.setdefault(run["name"].split("/")[0].split("<")[0], []).append(run)
    for family, runs in families.items():
        counters = [key for key in runs[0] if key not in STANDARD]
        labelled = any("label" in run for run in runs)
        lines += [line(family, f"mean time, {runs[0]['time_unit']}", *counters, *(["order"] if labelled else [])),
                  rule(1 + len(counters)) + ("---|" if labelled else "")]
        for run in runs:
            name = " ".join(part for part in run["name"].split("/") if not part.startswith(HOW))
            lines.append(line(name, f"{run['real_time']:.4g}", *(f"{run[c]:.3g}" for c in counters),
                              *([run.get("label", "")] if labelled else [])))
        lines.append("")
    return "\n".join([*lines, machine(record)]) + "\n"


def apply_table(record):
    """One row for each operator: times of the dense product over those of the operator, by the number of rows."""
    runs = {}
    for run in record["benchmarks"]:
        parts = dict(part.split(":") for part in run["name"].split("/") if ":" in part)
        n = int(run["name"].split("<")[1].split(">")[0])
        runs.setdefault((n, int(parts["bond"])), {})[int(parts["rows"])] = run
    rows = sorted({r for of in runs.values() for r in of})
    lines = [line("n", "bond", *(f"{r} row{'s' * (r > 1)}" for r in rows), "flops of dense"), "|--:" + rule(len(rows) + 2)[4:]]
    for (n, bond), of in sorted(runs.items()):
        lines.append(line(n, bond, *(times(of[r]["against_dense"]) if r in of else "" for r in rows), f"{of[max(of)]['flop_ratio']:.2g}"))
    return "\n".join(lines) + "\n\n" + machine(record) + "\n"


def reductions_table(record):
    """From a record of bench_reductions, for each family and rank a row for the labels and a column for the extents."""
    families = {}
    for run in record["benchmarks"]:
        family, labels, extents = run["name"].split("/")[:3]
        rank = extents.count("x") + 1
        cell = times(run["of_loop"]) + (f" | {times(run['of_xtensor'])}" if "of_xtensor" in run else "")
        families.setdefault((family, rank), {}).setdefault(labels, {})[extents] = f"{run['real_time']:.3g} | {cell}"
    lines = []
    for (family, _), rows in families.items():
        columns = list(dict.fromkeys(extents for cells in rows.values() for extents in cells))
        others = next(iter(rows.values()))[columns[0]].count("|")
        title = " | ".join(["{}, us", "loop", "xtensor"][:others + 1])
        lines += [line(family, *(title.format(extents) for extents in columns)), rule(len(columns) * (others + 1))]
        lines += [line(f"`{labels}`", *(cells.get(extents, " | " * others) for extents in columns)) for labels, cells in rows.items()]
        lines.append("")
    return "\n".join([*lines, machine(record)]) + "\n"


def products_table(records):
    """From records of bench_products, a row for each product and a column for each engine."""
    engines = [r["context"]["engine"] for r in records]
    lines = [line("rows x columns x terms", *engines), rule(len(engines))]
    rates = [{run["run_name"].removeprefix("engine/"): run["flop/s"] for run in r["benchmarks"] if run["run_name"].startswith("engine/")}
             for r in records]
    by_size = sorted(rates[0], key=lambda name: (math.prod(map(int, name.removesuffix("^T").split("x"))), name))
    lines += [line(name, *(f"{rate[name] / 1e9:.1f}" for rate in rates)) for name in by_size]
    return "\n".join([*lines, "", machine(records[0])]) + "\n"


def crossover_tables(record):
    """From a record of bench_operators, the rows for which an operator beats the dense product: forward, and with its gradients.
    Between measured numbers of rows the speed-up is interpolated, both on logarithmic scales."""
    measured = {}
    for run in record["benchmarks"]:
        family, n, rows = re.match(r"(\w+)/n:(\d+)/rows:(\d+)", run["name"]).groups()
        measured.setdefault(family, {}).setdefault(int(n), []).append((int(rows), run))
    sizes = sorted({n for by_size in measured.values() for n in by_size})
    lines = []
    for counter, title in COUNTERS.items():
        lines += [line(f"{title}: faster than dense for rows", *(f"n = {n}" for n in sizes)), rule(len(sizes))]
        for family, by_size in measured.items():
            cells = [winning_rows([(rows, run[counter]) for rows, run in sorted(by_size[n], key=lambda r: r[0])])
                     if n in by_size else "" for n in sizes]
            lines.append(line(family, *cells))
        lines.append("")
    return "\n".join(lines)


def winning_rows(speed_ups):
    """The rows for which the speed-up exceeds 1, as text, from (rows, speed-up) in ascending order."""
    if all(s > 1 for _, s in speed_ups):
        return "all"
    if all(s <= 1 for _, s in speed_ups):
        return "none"
    spans, start = [], None if speed_ups[0][1] <= 1 else ""
    for (rows, before), (next_rows, after) in zip(speed_ups, speed_ups[1:]):
        if (before > 1) == (after > 1):
            continue
        share = math.log(before) / (math.log(before) - math.log(after))
        crossing = f"{float(f'{rows * (next_rows / rows) ** share:.2g}'):.0f}"
        if after > 1:
            start = crossing
        else:
            spans.append(f"{start} to {crossing}" if start else f"up to {crossing}")
            start = None
    if start is not None:
        spans.append(f"from {start}")
    return ", ".join(spans)


def peers_table(record):
    """Times of the others relative to xtn."""
    columns = ["eager", "opt_einsum", "compile", "NumPy"]
    lines = []
    for key, title in (("forward_seconds", "value"), ("gradient_seconds", "value and all gradients")):
        shown = [c for c in columns if record["workloads"][0]["peers"][c][key]]
        lines += [line(title, "xtn, us", *shown), rule(1 + len(shown))]
        for w in record["workloads"]:
            lines.append(line(w["name"], f"{1e6 * w['xtn'][key]:.1f}", *(f"{w['peers'][c][key] / w['xtn'][key]:.2f}" for c in shown)))
        lines.append("")
    v = record["versions"]
    lines.append(f"Times of the others relative to xtn. One thread, single precision, {v['processor']}; PyTorch {v['torch']}, "
                 f"NumPy {v['numpy']}, opt_einsum {v['opt_einsum']}.")
    return "\n".join(lines) + "\n"


def compile_table(record):
    """Seconds of translation units, and their ratio to the first."""
    lines = [line("unit", *(f"{c['name']}, s | ratio | MiB" for c in record["compilers"])), rule(3 * len(record["compilers"]))]
    for i, unit in enumerate(record["units"]):
        cells = []
        for c in record["compilers"]:
            u, base = c["units"][i], c["units"][0]
            cells.append(f"{u['seconds']:.2f} | {u['seconds'] / base['seconds']:.2f} | {u['mebibytes']:.0f}")
        lines.append(line(unit, *cells))
    return "\n".join(lines) + f"\n\nFlags {record['flags']}; medians of {record['repeat']}.\n"


def networks_table(record):
    """Orders and contractions of large networks, from a record of bench/peers/networks.py."""
    lines = [line("network", "tensors", "xtn", "cotengra", "xtn, s", "cotengra, s", "slices in a quarter", "times the work"), rule(7)]
    for n in record["networks"]:
        sliced = [f"{n['sliced']['slices']:.0f}", f"{n['sliced']['times']:.2f}"] if n["sliced"] else ["", ""]
        lines.append(line(n["network"], n["tensors"], f"{n['multiplications']:.2f}", f"{n['cotengra']:.2f}", f"{n['search_seconds']:.2f}",
                          f"{n['cotengra_seconds']:.2f}", *sliced))
    lines += ["", line("contraction", "multiplications", "planned in, s", "xtn, ms", "PyTorch, ms", "PyTorch / xtn"), rule(5)]
    runs = [(n["network"], n["run"]) for n in record["networks"] if n["run"]]
    ratios = [run["torch_seconds"] / run["seconds"] for _, run in runs]
    for (name, run), ratio in zip(runs, ratios):
        lines.append(line(name, f"10^{run['multiplications']:.2f}", f"{run['planning_seconds']:.2f}", f"{1e3 * run['seconds']:.3g}",
                          f"{1e3 * run['torch_seconds']:.3g}", f"{ratio:.2f}"))
    lines.append(line("geometric mean", "", "", "", "", f"{math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}"))
    v = record["versions"]
    lines += ["", f"Seconds of the processor, one thread, single precision, {v['processor']}; cotengra {v['cotengra']}, PyTorch {v['torch']}."]
    return "\n".join(lines) + "\n"
