# SPDX-License-Identifier: BSD-3-Clause
"""A table: as Markdown to be read, as CSV (RFC 4180, with line feeds) to be computed with."""

import csv
import io
import numbers

DASH = "–"
"""What stands where there is no record yet."""


def fixed(value, decimals):
    """With exactly so many digits after the point and commas between thousands."""
    return f"{value:,.{decimals}f}"


class Cell:
    """Text or a number; numbers are shown rounded and kept in full. `aligned` puts text in a column of numbers."""

    def __init__(self, value, decimals=4, aligned=False):
        number = isinstance(value, numbers.Real)
        self.number = number or aligned
        self.full = repr(value) if number else value
        self.shown = f"{value:,}" if isinstance(value, int) else fixed(value, decimals) if number else value


def number(value, decimals=4):
    """A number with so many decimals, or a dash for None."""
    return Cell(DASH, aligned=True) if value is None else Cell(value, decimals)


def aligned(text):
    """Text, such as "51.9 ± 0.2", that stands in a column of numbers."""
    return Cell(text, aligned=True)


class Table:
    """Rows of cells under named columns; anything that is no cell becomes one."""

    def __init__(self, *columns):
        self.columns, self.rows = columns, []

    def add(self, *cells):
        if len(cells) != len(self.columns):
            raise ValueError(f"expected {len(self.columns)} cells in a row of ({', '.join(self.columns)}), found {len(cells)}")
        self.rows.append([c if isinstance(c, Cell) else Cell(c) for c in cells])

    def markdown(self):
        """Columns aligned in the source too, those of numbers to the right; a dash for a table without rows."""
        if not self.rows:
            return DASH + "\n"
        texts = [[_field(c) for c in self.columns]] + [[_field(c.shown) for c in row] for row in self.rows]
        right = [all(row[k].number for row in self.rows) for k in range(len(self.columns))]
        widths = [max(3, *(len(t[k]) for t in texts)) for k in range(len(self.columns))]
        texts.insert(1, ["-" * (w - 1) + ":" if r else "-" * w for w, r in zip(widths, right)])
        return "".join("| " + " | ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in zip(line, widths, right)) + " |\n"
                       for line in texts)

    def csv(self):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([c.full for c in row] for row in self.rows)
        return text.getvalue()


def _field(text):
    return text.replace("|", "\\|").replace("\n", " ").replace("\r", " ")
