#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Random networks with hyperedges, traces and kept shared labels, and their values by opt_einsum on NumPy: values.json.

Entries are a formula that every language evaluates alike: entry k of tensor t is cos(0.7 k + 1.3 t + 0.1) / 1.1, and its
imaginary part sin(0.3 k - 0.9 t) / 1.4. Needs numpy and opt_einsum; run it in this folder.
"""
import json

import numpy as np
import opt_einsum


def tensor(t, shape):
    k = np.arange(int(np.prod(shape, dtype=int)))
    return (np.cos(0.7 * k + 1.3 * t + 0.1) / 1.1 + 1j * np.sin(0.3 * k - 0.9 * t) / 1.4).reshape(shape)


def network(rng, tensors):
    """A random tree of bonds, further bonds, hyperedges, traces, and an output of up to three labels."""
    inputs = [[] for _ in range(tensors)]
    sizes = {}

    def label(extent):
        name = opt_einsum.get_symbol(len(sizes))
        sizes[name] = int(extent)
        return name

    for i in range(1, tensors):
        l = label(rng.integers(2, 4))
        inputs[i].append(l)
        inputs[rng.integers(max(0, i - 4), i)].append(l)
    for _ in range(tensors // 4):
        l = label(rng.integers(1, 4))
        near = rng.integers(0, tensors)
        for i in {int(near), int(min(tensors - 1, near + rng.integers(1, 5)))}:
            inputs[i].append(l)
    for _ in range(max(1, tensors // 8)):
        l = rng.choice(list(sizes))
        inputs[rng.integers(0, tensors)].append(l)
    i = int(rng.integers(0, tensors))
    inputs[i] += [label(2)] * 2
    inputs[int(rng.integers(0, tensors))].append(label(3))
    output = [str(l) for l in rng.choice(list(sizes), size=int(rng.integers(0, 4)), replace=False)]
    return [[str(l) for l in t] for t in inputs], output, sizes


def main():
    rng = np.random.default_rng(7)
    cases = []
    for tensors in [3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 36, 42, 50, 60]:
        inputs, output, sizes = network(rng, tensors)
        arrays = [tensor(t, [sizes[l] for l in ls]) for t, ls in enumerate(inputs)]
        eq = ",".join("".join(t) for t in inputs) + "->" + "".join(output)
        value = opt_einsum.contract(eq, *arrays, optimize="greedy")
        cases.append({"inputs": inputs, "output": output, "size_dict": sizes, "equation": eq,
                      "real": value.real.ravel().tolist(), "imag": value.imag.ravel().tolist()})
    with open("values.json", "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")


main()
