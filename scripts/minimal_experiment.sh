#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/minimal.md: all trainings, two single-thread runs side by side, then the page.
# Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/minimal_experiment.sh [--quick] [DIRECTORY]   for weights, checkpoints and records [results/minimal]
#        --quick trains two models for an epoch of MNIST, and leaves page and records alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/experiment_options.sh
experiment_options minimal "$@"
programs=build/gcc-release/examples

cmake --preset gcc-release
cmake --build build/gcc-release --target vit_minimal picogpt_minimal

if [ -n "$quick" ]; then
    "$programs/vit/vit_minimal" --quick --resume --out "$out/quick"
    exit
fi

variants="full full-h4 full-e12 tied tied-h4 collapsed collapsed-no_vo full-no_mlp full-no_mlp-h4 full-no_mlp-e12 tied-no_mlp tied-no_mlp-h4
    mirrored-no_mlp cholesky-no_mlp collapsed-no_mlp collapsed-no_vo-no_mlp full+mpo-8-a3 full+low_rank-8 full+spectral-0.1-scattered"
{
    for images in mnist cifar10; do
        for model in $variants; do echo "vit/vit_minimal --images $images --models $model"; done
        for seed in 2 3; do
            for model in full full-no_mlp tied-no_mlp collapsed-no_vo-no_mlp; do
                echo "vit/vit_minimal --images $images --models $model --seed $seed"
            done
        done
    done
    for model in full tied collapsed collapsed-no_vo full-no_mlp tied-no_mlp collapsed-no_mlp collapsed-no_vo-no_mlp; do
        echo "picogpt/picogpt_minimal --models $model"
    done
} | xargs -P 2 -I {} sh -c "$programs/{} --threads 1 --resume --out $out"

mkdir -p "$records"
cp "$out"/*.json "$records"
scripts/pages.sh minimal
