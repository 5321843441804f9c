#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Repeats the experiment of docs/experiments/mpo.md: the search, all trainings, compression, spectra and generation, two
# single-thread runs side by side, then the page. Interrupted, it goes on where it was; finished runs are not repeated.
# Usage: scripts/mpo_experiment.sh [DIRECTORY]   for weights, checkpoints and records [results/mpo]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-results/mpo}
programs=build/gcc-release/examples/picogpt
records=docs/results/mpo

cmake --preset gcc-release
cmake --build build/gcc-release --target picogpt_{mpo,grow,search,compress,spectrum,generation,flops}

# Commands from standard input, two at a time.
side_by_side() { xargs -P 2 -I {} sh -c "$programs/{} --threads 1 --resume --out $out/$1"; }

side_by_side search-800 <<'END'
picogpt_search --family dense
picogpt_search --family mpo
END
{
    for seed in 1 2 3; do
        for model in dense mpo-16 mpo-8-f2 mpo-8; do echo "picogpt_mpo --models $model --seed $seed"; done
    done
    for model in mpo-{32,10,6,4} mpo-8-{a3,a4-f4} mpo-16-f2-b1 mpo-6-l2 mpo-6-a3x16-f3x16-h2x8-shared low_rank-{17,7} kronecker-{19,8} dense-d{60,40}; do
        echo "picogpt_mpo --models $model"
    done
    echo "picogpt_grow --models mpo-4 mpo-8 --at 500"
} | side_by_side runs
for family in mpo low_rank kronecker; do
    case $family in mpo) sizes="8 16 32" ;; low_rank) sizes="7 17 49" ;; kronecker) sizes="8 19 55" ;; esac
    for size in $sizes; do
        echo "picogpt_compress --weights $out/runs/dense.safetensors --operator $family --size $size --lengths 0 100 500"
    done
done | side_by_side compress

"$programs/picogpt_flops" --out "$out/flops" --models dense mpo-{32,16,10,8,6,4} mpo-8-{f2,a3,a4-f4} mpo-6-l2 mpo-16-f2-b1 \
    mpo-6-a3x16-f3x16-h2x8-shared low_rank-{17,7} kronecker-{19,8} dense-d{60,40}
"$programs/picogpt_spectrum" --out "$out/spectrum"
"$programs/picogpt_spectrum" --weights "$out/runs/dense.safetensors" --label tuned --out "$out/spectrum"
"$programs/picogpt_generation" --out "$out/generation"

for part in search-800 runs compress flops spectrum generation; do
    mkdir -p "$records/$part"
    cp "$out/$part"/*.json "$records/$part"
done
scripts/pages.sh mpo
