# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of bench/ share: a record of measurements as JSON, and its table beside it."""

import json
import pathlib


def add_option(parser):
    parser.add_argument("--out", type=pathlib.Path, help="directory for results.json and results.md")


def publish(record, table, out):
    """Prints the table; with a directory writes both there."""
    print(table)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "results.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (out / "results.md").write_text(table, encoding="utf-8")
