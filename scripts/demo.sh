#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is missing, builds the PicoGPT programs, trains PicoGPT dense and as an MPO (chi = 16) on Tiny
# Shakespeare for a few minutes, and prints the table and a sample of text. An interrupted run goes on where it was; a
# finished one is shown again.
# Usage: scripts/demo.sh [OPTION...]   further options go to picogpt_mpo (see its --help)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh
cmake --preset dev -DXTN_BUILD_TESTS=OFF -B build/demo
cmake --build build/demo --target picogpt_mpo picogpt_eval picogpt_sample
build/demo/examples/picogpt/picogpt_mpo --quick --resume --out results/demo "$@"
scripts/pages.sh --runs results/demo
