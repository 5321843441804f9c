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
kinds="paper code prf pff hedgehog hedgehog-decay exponential exponential-decay retention"
{
    trial="--trial --budgets 40 --kinds"
    for rate in 0.0003 0.001 0.003; do echo "$trial paper --ways next_token --learning-rate $rate --out $out/trials-next-$rate"; done
    taught="$trial exponential-decay --ways distilled"
    for rate in 0.003 0.006; do echo "$taught --alignment-rate $rate --out $out/trials-alignment-$rate"; done
    for rate in 0.0001 0.00003; do echo "$taught aligned --finish-rate $rate --out $out/trials-finish-$rate"; done
    echo "$taught --exchanged-rate 3 --out $out/trials-exchanged-3"

    for seed in 1 2 3; do echo "--kinds exponential-decay --ways distilled --budgets 40 --seed $seed --out $out"; done
    for kind in softmax $kinds; do echo "--kinds $kind --budgets 0 40 125 --out $out"; done
    for kind in $kinds; do echo "--kinds $kind --ways distilled --budgets 40 125 --out $out"; done
    for kind in hedgehog exponential-decay; do echo "--kinds $kind --ways aligned --budgets 40 125 --out $out"; done
    for kind in paper hedgehog softmax; do echo "--kinds $kind-w16 --ways distilled --budgets 0 40 125 --out $out"; done
    for kind in softmax $kinds; do echo "--kinds $kind --ways scratch --budgets 125 --out $out"; done
    for kind in softmax paper code exponential-decay; do echo "--kinds $kind --budgets 500 --out $out"; done
    echo "--kinds exponential-decay --ways distilled --budgets 500 --out $out"
} | xargs -P 2 -I {} sh -c "$programs/picogpt_kernel --weights $out/teacher/dense.safetensors --threads 1 --resume {}"
"$programs/picogpt_kernel_error" --weights "$out/teacher/dense.safetensors" --out "$out"
build/gcc-release/bench/bench_attention_step --benchmark_out="$out/speed.json"

cp "$out"/*.json "$records"
for trial in "$out"/trials-*; do
    mkdir -p "$records/$(basename "$trial")"
    cp "$trial"/*.json "$records/$(basename "$trial")"
done
scripts/pages.sh kernel_attention
