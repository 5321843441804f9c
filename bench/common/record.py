# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of bench/ share: a record of measurements as JSON, from which docs/pages makes tables."""

import json
import pathlib
import sys


def add_option(parser):
    parser.add_argument("--out", type=pathlib.Path, help="directory for results.json [prints it]")


def publish(record, out):
    text = json.dumps(record, indent=1) + "\n"
    if not out:
        sys.stdout.write(text)
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(text, encoding="utf-8")
    print(f"written to {out / 'results.json'}")
