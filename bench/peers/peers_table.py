# SPDX-License-Identifier: BSD-3-Clause
"""The table of a record of compare.py."""


def table(record):
    columns = ["eager", "opt_einsum", "compile", "NumPy"]
    lines = []
    for key, title in (("forward_seconds", "value"), ("gradient_seconds", "value and all gradients")):
        shown = [c for c in columns if record["workloads"][0]["peers"][c][key]]
        lines += [f"| {title} | xtn, us | " + " | ".join(shown) + " |", "|---|--:|" + "--:|" * len(shown)]
        for w in record["workloads"]:
            ratios = [w["peers"][c][key] / w["xtn"][key] for c in shown]
            lines.append(f"| {w['name']} | {1e6 * w['xtn'][key]:.1f} | " + " | ".join(f"{r:.2f}" for r in ratios) + " |")
        lines.append("")
    v = record["versions"]
    lines.append(f"Times of the others relative to xtn. One thread, single precision, {v['processor']}; PyTorch {v['torch']}, "
                 f"NumPy {v['numpy']}, opt_einsum {v['opt_einsum']}.")
    return "\n".join(lines) + "\n"
