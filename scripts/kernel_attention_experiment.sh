#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/kernel_attention.md: the teacher, all conversions, two single-thread runs side by side, the
# errors of the kernel, then, alone on the machine, speeds, and the page.
# Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/kernel_attention_experiment.sh [--quick] [DIRECTORY]   for weights, checkpoints and records [results/kernel_attention]
#        --quick trains a teacher in small and converts it to two kinds, and leaves page and records alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/experiment_options.sh
experiment_options kernel_attention "$@"
programs=build/gcc-release/examples/picogpt

cmake --preset gcc-release
cmake --build build/gcc-release --target picogpt_{mpo,kernel,kernel_error} bench_attention_step

if [ -n "$quick" ]; then
    "$programs/picogpt_mpo" --quick --models dense --resume --out "$out/quick"
    "$programs/picogpt_kernel" --weights "$out/quick/dense.safetensors" --kinds paper hedgehog --ways distilled --quick --resume --out "$out/quick"
    exit
fi

"$programs/picogpt_mpo" --models dense --threads 1 --resume --out "$out/teacher"
pure="paper code prf pff hedgehog retention"
{
    for alignment in 0.0005 0.002 0.008; do
        for exchanged in 3 10 30; do
            echo "--trial --kinds hedgehog --ways distilled --budgets 40 --alignment-rate $alignment --exchanged-rate $exchanged --out $out/trials-$alignment-$exchanged"
        done
    done
    for kind in softmax $pure; do echo "--kinds $kind --budgets 0 40 125 500 --out $out"; done
    for way in aligned distilled; do
        for kind in $pure; do echo "--kinds $kind --ways $way --budgets 40 125 500 --out $out"; done
    done
    for kind in paper hedgehog softmax; do echo "--kinds $kind-w16 --ways distilled --budgets 0 40 125 500 --out $out"; done
    for kind in softmax $pure; do echo "--kinds $kind --ways scratch --budgets 40 125 500 --out $out"; done
} | xargs -P 2 -I {} sh -c "$programs/picogpt_kernel --weights $out/teacher/dense.safetensors --threads 1 --resume {}"
"$programs/picogpt_kernel_error" --weights "$out/teacher/dense.safetensors" --out "$out"
build/gcc-release/bench/bench_attention_step --benchmark_out="$out/speed.json"

cp "$out"/*.json "$records"
for trial in "$out"/trials-*; do
    mkdir -p "$records/$(basename "$trial")"
    cp "$trial"/*.json "$records/$(basename "$trial")"
done
scripts/pages.sh kernel_attention
