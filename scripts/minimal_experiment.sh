#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/minimal.md: all trainings, two single-thread runs side by side, then the page. Its speed is
# measured by bench/peers/images.py.
# Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/minimal_experiment.sh [--quick] [DIRECTORY]   for weights, checkpoints and records [results/minimal]
#        --quick trains two models for an epoch of MNIST, and leaves page and records alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/experiment_options.sh
experiment_options minimal "$@"
programs=build/gcc-release/examples

cmake --preset gcc-release
cmake --build build/gcc-release --target vit_minimal vit_show picogpt_minimal

if [ -n "$quick" ]; then
    "$programs/vit/vit_minimal" --quick --resume --out "$out/quick"
    exit
fi

variants="full full-h4 full-e12 tied tied-h4 collapsed collapsed-no_vo full-no_mlp full-no_mlp-h4 full-no_mlp-e12 tied-no_mlp tied-no_mlp-h4
    mirrored-no_mlp cholesky-no_mlp collapsed-no_mlp collapsed-no_vo-no_mlp full+mpo-8-a3 full+low_rank-8 full+spectral-0.1-scattered"
{
    for recipe in "0.0005 0.0001" "0.001 0.0001" "0.002 0.0001" "0.004 0.0001" "0.002 0.01" "0.002 0.1"; do
        echo "vit/vit_minimal --images cifar10 --models full --trial --steps 800 --learning-rate ${recipe% *} --weight-decay ${recipe#* } --out $out"
    done
    for images in mnist cifar10; do
        for model in $variants; do echo "vit/vit_minimal --images $images --models $model --out $out"; done
        for seed in 2 3; do
            for model in full full-no_mlp tied-no_mlp collapsed-no_vo-no_mlp; do
                echo "vit/vit_minimal --images $images --models $model --seed $seed --out $out"
            done
        done
    done
    for model in full tied collapsed collapsed-no_vo full-no_mlp tied-no_mlp collapsed-no_mlp collapsed-no_vo-no_mlp; do
        echo "picogpt/picogpt_minimal --models $model --steps 500 --out $out/text"
    done
    for images in mnist cifar10; do
        for model in full collapsed-no_vo-no_mlp; do
            echo "vit/vit_minimal --images $images --models $model --epochs 200 --out $out/long"
        done
    done
    echo "vit/vit_minimal --images mnist --models full-h4-e3+mpo-6 --epochs 200 --out $out/long"
} | xargs -P 2 -I {} sh -c "$programs/{} --threads 1 --resume"
for model in full full-no_mlp tied-no_mlp; do
    "$programs/vit/vit_show" --images mnist --weights "$out/mnist-$model.safetensors" --out "$out/shown"
done

for folder in . long shown text; do
    mkdir -p "$records/$folder"
    cp "$out/$folder"/*.json "$records/$folder"
done
scripts/pages.sh minimal
