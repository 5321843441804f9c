#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the documentation: what a page shows is compiled, run, and there.

    check.py extract PAGE.md OUT.cpp    one translation unit of the page's cpp blocks
    check.py run PAGE.md PROGRAM        runs it; text blocks are what the blocks before them print (see expect.py)
    check.py refused PAGE.md COMPILER FLAG...   blocks that must not compile, and the sentence that says why
    check.py names ROOT PAGE.md...      files, flags and presets in sh blocks; links; blocks that are a file

How blocks are read:

* The cpp blocks of a "##" section are one function, in order. Definitions (a block that starts with template, struct,
  class, or a function) stand before it; a block with main() is a program, called at its place. <xtn/xtn.hpp>,
  <xtn/io.hpp> and <xtn/train.hpp> are there, and xtensor's printing and complex functions.
* A text block that follows a cpp block is the output of all cpp blocks since the text block before.
* An HTML comment before a block adds what the reader need not see:
      <!-- example: CODE -->        CODE, of any number of lines, at this place
      <!-- refused: SENTENCE -->    the next block must not compile, with this sentence
      <!-- file: PATH -->           the next block is that file, without the comment at its beginning"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from expect import difference

DEFINITION = re.compile(r"(template|struct|class)\b|namespace \w+ \{|[\w:<>,&* ]+ [\w:]+\([^()]*\)( const)? \{$")
STATEMENT = re.compile(r"(for|if|while|else|return|do|switch|const auto|auto)\b")
MARK = "\x1e"
HEADERS = ["xtn/xtn.hpp", "xtn/io.hpp", "xtn/train.hpp", "iostream", "cmath", "cstdio", "complex", "span", "tuple",
           "xtensor/xcomplex.hpp", "xtensor/xio.hpp"]


class Block:
    """A piece of a page: its language (or "example", "heading"), lines, first line number and directives."""

    def __init__(self, language, line, directives=None):
        self.language, self.line, self.lines, self.directives = language, line, [], directives or {}

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


def blocks(page):
    found, current, comment, directives, in_fence = [], None, None, {}, False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if in_fence:
            if line.strip() == "```":
                in_fence = False
            else:
                current.lines.append(line)
        elif comment is not None:
            if "-->" in line:
                comment.lines.append(line.split("-->")[0])
                comment = None
            else:
                comment.lines.append(line)
        elif match := re.match(r"```(\w*)", line):
            current, in_fence = Block(match[1] or "plain", number + 1, directives), True
            directives = {}
            found.append(current)
        elif match := re.match(r"<!-- (example|refused|file):\s?(.*)", line):
            rest, end = match[2], "-->" in line
            if match[1] == "example":
                comment = Block("example", number)
                found.append(comment)
                comment.lines.append(rest.split("-->")[0])
                if end:
                    comment = None
            else:
                directives[match[1]] = rest.split("-->")[0].strip()
        elif line.startswith("## "):
            found.append(Block("heading", number))
    return found


def kind(block):
    code = [line for line in block.lines if line.strip() and not line.lstrip().startswith(("//", "#include"))]
    if any(re.match(r"int main\(", line) for line in code):
        return "program"
    if code and DEFINITION.match(code[0]) and not STATEMENT.match(code[0]):
        return "definition"
    return "statements"


def translation_unit(page):
    """The C++ of a page, and the expected texts in the order of their marks."""
    includes, functions, definitions, statements, texts, last = list(HEADERS), [], [], [], [], None

    def close_section():
        if statements or definitions:
            functions.append(definitions + [f"void section_{len(functions)}() {{"] + statements + ["}"])
        definitions.clear()
        statements.clear()

    for block in blocks(page):
        if block.language == "heading":
            close_section()
        elif block.language == "text" and last is not None:
            statements.append(f'std::cout << "\\n{MARK}{len(texts)}\\n" << std::flush;')
            texts.append(block)
        elif block.language in ("cpp", "example") and not block.directives:
            lines = []
            for line in block.lines:
                if match := re.match(r"#include [<\"](.*)[>\"]", line):
                    includes.append(match[1])
                    line = ""
                lines.append(line)
            code = [f'#line {block.line} "{page}"', *lines]
            what = kind(block)
            if what == "program":
                name = f"program_{block.line}"
                definitions += [re.sub(r"^int main\(\)", f"int {name}()", line) for line in code]
                statements.append(f'if ({name}() != 0) throw std::runtime_error("the program at line {block.line} fails");')
            else:
                (definitions if what == "definition" else statements).extend(code)
        if block.language in ("text", "sh", "cmake", "python"):
            last = None
        elif block.language == "cpp" and not block.directives:
            last = block
    close_section()
    source = [f"#include <{name}>" for name in dict.fromkeys(includes)]
    for function in functions:
        source += function
    source += ["int main() {"] + [f"section_{i}();" for i in range(len(functions))] + ["}"]
    return "\n".join(source) + "\n", texts


def extract(page, out):
    code = translation_unit(page)[0]
    if not out.exists() or out.read_text(encoding="utf-8") != code:
        out.write_text(code, encoding="utf-8")


def run(page, program):
    texts = translation_unit(page)[1]
    with tempfile.TemporaryDirectory() as folder:  # what a page writes, it writes there
        result = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False, cwd=folder)
    print(result.stdout)
    if result.returncode != 0:
        raise SystemExit(f"{page}: the examples fail ({result.returncode})")
    parts = re.split(f"\n{MARK}\\d+\n", result.stdout)
    for text, output in zip(texts, parts):
        if wrong := difference(text.text, output):
            raise SystemExit(f"{page}:{text.line}: {wrong}")
    print(f"{page.name}: {len(texts)} outputs agree")


def refused(page, compiler, flags):
    checked = 0
    for block in blocks(page):
        if "refused" not in block.directives:
            continue
        source = "".join(f"#include <{name}>\n" for name in HEADERS) + "void example() {\n" + block.text + "}\n"
        result = subprocess.run([compiler, *flags, "-fsyntax-only", "-x", "c++", "-"], input=source,
                                stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode == 0:
            raise SystemExit(f"{page}:{block.line}: compiles, but must be refused")
        if block.directives["refused"] not in result.stderr:
            raise SystemExit(f"{page}:{block.line}: refused, but not with \"{block.directives['refused']}\":\n"
                             f"{result.stderr[:2000]}")
        checked += 1
    print(f"{page.name}: {checked} blocks are refused as they say")


def anchors(page):
    """GitHub's names of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.replace("`", "").lower()).replace(" ", "-") for h in headings}


def source_of(root, path):
    """The file behind a path in a command: itself, or the source of what a build tree holds."""
    if match := re.match(r"build/[\w-]+/bench/bench_(\w+)$", path):
        choices = [f"bench/{match[1]}.cpp", f"bench/{match[1]}/workloads.cpp"]
    elif match := re.match(r"build/[\w-]+/examples/(\w+)/(quickstart_)?(\w+)$", path):
        choices = [f"examples/{match[1]}/{match[3]}.cpp"]
    elif re.match(r"build/[\w-]+/examples/\w+$", path):
        choices = [re.sub(r"build/[\w-]+/", "", path)]
    else:
        choices = [path]
    return next((root / c for c in choices if (root / c).exists()), None)


def check_shell(root, page, block, complain):
    presets = {p["name"] for p in json.loads((root / "CMakePresets.json").read_text())["configurePresets"]}
    options = "".join(p.read_text(encoding="utf-8") for p in (root / "examples").rglob("*.[ch]pp"))
    for command in re.split(r"&&|\|\||;|\n", block.text.replace("\\\n", " ")):
        words = re.sub(r"(^| )#.*", "", command).split()
        for name in re.findall(r"--preset[ =]([\w-]+)", command):
            if name not in presets:
                complain(page, block.line, f"there is no preset {name}")
        program = None
        for word in words:
            word = word.removeprefix("./")
            if re.match(r"(scripts|bench|examples|docs|conan|test|include|build/[\w-]+/(bench|examples))/[\w./-]*\w$", word):
                there = source_of(root, word)
                if there is None:
                    if not word.startswith("docs/results") and "--out" not in command:
                        complain(page, block.line, f"there is no {word}")
                elif program is None and there.is_file():
                    program = there
            elif program is not None and re.match(r"--\w", word):
                flag = word.split("=")[0]
                text = program.read_text(encoding="utf-8") + (options if program.suffix == ".cpp" else "")
                known = flag in text or flag == "--help" or flag.startswith("--benchmark_")
                if program.name == "demo.sh":  # hands its options on
                    known = known or flag in options
                if not known:
                    complain(page, block.line, f"{program.relative_to(root)} has no option {flag}")


def names(root, pages):
    wrong = []

    def complain(page, line, what):
        wrong.append(f"{page}:{line}: {what}")

    for page in pages:
        for block in blocks(page):
            if path := block.directives.get("file"):
                code = (root / path).read_text(encoding="utf-8")
                if re.sub(r"\A(//.*\n)*", "", code) != block.text:
                    complain(page, block.line, f"is not {path}")
            if block.language in ("sh", "bash"):
                check_shell(root, page, block, complain)
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
            target = target[0] or target[1]
            if re.match(r"https?:|mailto:", target):
                continue
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            if not there.exists():
                complain(page, 0, f"links to {path}, which is not there")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                complain(page, 0, f"links to {target}, but no heading there is called so")
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(f"{len(pages)} pages: names and links are right")


def main():
    verb, *rest = sys.argv[1:] or [""]
    if verb == "extract" and len(rest) == 2:
        extract(pathlib.Path(rest[0]), pathlib.Path(rest[1]))
    elif verb == "run" and len(rest) == 2:
        run(pathlib.Path(rest[0]), rest[1])
    elif verb == "refused" and len(rest) >= 2:
        refused(pathlib.Path(rest[0]), rest[1], rest[2:])
    elif verb == "names" and len(rest) >= 2:
        names(pathlib.Path(rest[0]).resolve(), [pathlib.Path(p) for p in rest[1:]])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
