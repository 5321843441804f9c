#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/subspace.md: the teachers, all projections and trainings, each on one thread, speeds,
# then the page. Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/subspace_experiment.sh [--quick] [DIRECTORY]   for weights, checkpoints and records [results/subspace]
#        --quick trains a teacher in small and cuts it to two widths, and leaves page and records alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/experiment_options.sh
experiment_options subspace "$@"
programs=build/gcc-release/examples/picogpt

cmake --preset gcc-release
cmake --build build/gcc-release --target picogpt_{mpo,subspace,generation}

cut_down() { "$programs/picogpt_subspace" --threads 1 --resume "$@"; }

if [ -n "$quick" ]; then
    "$programs/picogpt_mpo" --quick --models dense --resume --out "$out/quick"
    cut_down --weights "$out/quick/dense.safetensors" --width 96 64 --quick --out "$out/quick"
    exit
fi

"$programs/picogpt_mpo" --models dense mpo-16 --threads 1 --resume --out "$out/teacher"
"$programs/picogpt_mpo" --models dense-d96 --steps 2200 --threads 1 --resume --out "$out/narrow"

# The widths that take away 10, 20, 25, 30 and 44 % of the parameters, and the multiples of 8 nearby; a basis for each site has maps
# on the residual paths, and takes away less.
widths="112 100 96 93 87 72 69"
site_widths="100 89 84 79 64"
kinds="stacked balanced sensitive coordinates random"
dense="--weights $out/teacher/dense.safetensors --out $out/dense"
{
    for from in 0 500000; do
        echo "$dense --width $widths --subspace $kinds --calibration-from $from"
        echo "$dense --width $site_widths --subspace per_site --calibration-from $from"
    done
    for windows in 16 64 128 256 512 1024; do
        echo "$dense --width 93 69 --subspace stacked sensitive --calibration $windows"
    done
    echo "$dense --remove 0.25 0.44 --subspace per_site balanced sensitive stacked"
    echo "$dense --remove 0.44 --subspace per_site --recovery 200 1000"
    echo "$dense --width 128 69 --recovery 0 200"
    echo "$dense --width 69 --recovery 1000"
    echo "--weights $out/teacher/mpo-16.safetensors --out $out/mpo-16 --width $widths"
    if [ -n "${XTN_TRAINED:-}" ]; then # weights trained by the MPO paper's code, which docs/results/subspace/reference.json is about
        echo "--weights $XTN_TRAINED --out $out/reference --width 128 127 112 96 72 64 48 32"
    fi
} | while read -r options; do
    # shellcheck disable=SC2086 # options are words
    cut_down $options
done

"$programs/picogpt_generation" --out "$out/speed" --weights "$out"/teacher/dense.safetensors \
    "$out"/dense/{w{112,100,96,93,72,69}-n512-k32-v32-stacked-c32-recovered0,w*-per_site-c32-recovered1000}.safetensors

for part in narrow dense mpo-16 speed ${XTN_TRAINED:+reference}; do
    mkdir -p "$records/$part"
    cp "$out/$part"/*.json "$records/$part"
done
scripts/pages.sh subspace
