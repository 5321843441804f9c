# SPDX-License-Identifier: BSD-3-Clause
"""A page as Doxygen reads it (FILTER_PATTERNS of Doxyfile): links to files that are no part of the site become their names, links to
headings lose their file, and figures are where scripts/docs.sh copies them."""

import pathlib
import re
import sys

PAGES = (".md", ".cpp", ".hpp")


def link(page, match):
    image, text, target = match.groups()
    if image:
        path = (page.parent / target).resolve().relative_to(pathlib.Path.cwd())
        return f'<img src="{path.as_posix()}" alt="{text}">'
    if re.match("https?:", target):
        return match[0]
    path, _, _ = target.partition("#")
    if path and (not path.endswith(PAGES) or "results/" in path):
        return text
    return f"[{text}]({path})" if path else text


def main():
    page = pathlib.Path(sys.argv[1])
    text = page.read_text(encoding="utf-8")
    if page.name == "README.md":  # the site's first page is called so already
        text = text.replace("# xtn\n", "# Overview and installation\n", 1)
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", lambda m: link(page, m), parts[i])
    sys.stdout.write("".join(parts))


if __name__ == "__main__":
    main()
