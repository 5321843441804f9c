#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/spectral.md: the search, all trainings, two single-thread runs side by side,
# then the times of a step, alone, and the page. Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/spectral_experiment.sh [--quick] [DIRECTORY]   for weights, checkpoints and records [results/spectral]
#        --quick trains three models in small, in minutes, and leaves page and records alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/experiment_options.sh
experiment_options spectral "$@"
programs=build/gcc-release/examples/picogpt

cmake --preset gcc-release
cmake --build build/gcc-release --target picogpt_{spectral,search,ranks,step_time}

if [ -n "$quick" ]; then
    "$programs/picogpt_spectral" --quick --resume --out "$out/quick"
    exit
fi

# The winner of the search is in the program already; a test says whether it still is the winner.
"$programs/picogpt_search" --family spectral --steps 400 --threads 1 --resume --out "$out/search"
{
    echo dense
    for share in 0.5 0.05 0.25 0.1; do
        for support in "" -rectangle -scattered -random_basis; do echo "spectral-$share$support"; done
        case $share in 0.5) echo low_rank-48 ;; 0.25) echo low_rank-24 ;; 0.1) echo low_rank-10 ;; 0.05) echo low_rank-5 ;; esac
    done
    for share in 0.5 0.25 0.1 0.05; do echo "spectral-$share-scaled_zigzag"; done
    for seed in 2 3; do
        for model in dense spectral-0.5; do echo "$model --seed $seed"; done
    done
} | xargs -P 2 -I {} sh -c "$programs/picogpt_spectral --models {} --threads 1 --resume --out $out/runs"
"$programs/picogpt_ranks" --out "$out/ranks"
"$programs/picogpt_step_time" --out "$out/time"

mkdir -p "$records"/{search,runs,ranks,time}
cp "$out"/search/*.json "$records/search"
cp "$out"/runs/*.json "$records/runs"
cp "$out"/ranks/*.json "$records/ranks"
cp "$out"/time/*.json "$records/time"
scripts/pages.sh spectral
