# SPDX-License-Identifier: BSD-3-Clause
"""All tables, figures and numbers of the documentation, from the records in docs/results:

    python3 docs/pages                  writes the experiments' pages, docs/comparisons.md and the tables of README.md
    python3 docs/pages mpo spectral     these pages alone
    python3 docs/pages --check          fails if a file is not what the records say; draws nothing
    python3 docs/pages --runs DIR       the results of the runs in a directory: prints the table, writes results.md, results.csv
                                        and loss.svg there

A page's prose stays as it is. Figures need matplotlib."""

import argparse
import pathlib
import sys

import comparisons
import figures
import kernel_attention
import minimal
import mpo
import page
import processes
import spectral
import subspace
import training
from records import RESULTS, ROOT

EXPERIMENTS = {"mpo": mpo, "spectral": spectral, "minimal": minimal, "subspace": subspace, "kernel_attention": kernel_attention,
               "processes": processes}


def wanted_files(names):
    """What should stand in each file: text, or a figure."""
    files = {}
    for name in names:
        if name == "comparisons":
            files |= comparisons.files()
            continue
        module, path = EXPERIMENTS[name], ROOT / "docs" / "experiments" / f"{name}.md"
        made, beside = module.make(RESULTS), RESULTS / module.RECORDS[0]
        files[path] = page.filled(path.read_text(encoding="utf-8"), made.parts, path.name)
        files |= {beside / f"{table}.csv": text for table, text in made.tables.items()}
        files |= {beside / f"{figure}.svg": drawing for figure, drawing in made.figures.items()}
    return files


def is_current(path, content):
    if not path.exists():
        return False
    found = path.read_text(encoding="utf-8")
    return figures.digest_in(found) == content.digest() if isinstance(content, figures.Picture) else found == content


def write(path, content):
    if isinstance(content, figures.Picture):
        figures.draw(content, path)
    else:
        path.write_text(content, encoding="utf-8")


def show_runs(directory):
    table, curves = training.results(directory)
    if not table.rows:
        raise SystemExit(f"{directory} has no record of a finished run")
    (directory / "results.md").write_text(table.markdown(), encoding="utf-8")
    (directory / "results.csv").write_text(table.csv(), encoding="utf-8")
    figures.draw(curves, directory / "loss.svg")
    print(table.markdown())
    print(f"results.md, results.csv and loss.svg are in {directory.resolve()}")


def main():
    everything = [*EXPERIMENTS, "comparisons"]
    parser = argparse.ArgumentParser(prog="docs/pages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="page", help=f"some of {', '.join(everything)}")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--runs", type=pathlib.Path, metavar="DIR", help="the results of the runs in this directory")
    options = parser.parse_args()
    if unknown := set(options.pages) - set(everything):
        parser.error(f"expected some of {', '.join(everything)}, found {', '.join(sorted(unknown))}")
    if options.runs:
        return show_runs(options.runs)
    stale = {path: content for path, content in wanted_files(options.pages or everything).items() if not is_current(path, content)}
    for path, content in stale.items():
        if not options.check:
            write(path, content)
        print(f"{path.relative_to(ROOT)} {'is not what the records say; run python3 docs/pages' if options.check else 'written'}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
