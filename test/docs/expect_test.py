# SPDX-License-Identifier: BSD-3-Clause
"""What expect.py and check.py tell apart. Run by CTest."""

import pathlib
import tempfile
import unittest

import check
from expect import difference


class Expect(unittest.TestCase):
    def test_texts_that_agree(self):
        for expected, found in [("a 1.0\n", "a 1.01\n"), ("a  b\n", "a b\n\n"), ("x\n...\nend\n", "x\ny\nz\nend\n"),
                                ("...", "any\nlines"), ("e 5e-10\n", "e 7e-14\n"), ("n ...; b\n", "n 5; b\n"),
                                ("(1.0,2)\n", "(0.999,2)\n")]:
            self.assertIsNone(difference(expected, found), (expected, found))

    def test_texts_that_differ(self):
        for expected, found in [("a 1.0\n", "a 1.1\n"), ("a 3\n", "a 4\n"), ("x\n...\nend\n", "x\ny\nz\n"), ("x\n", "x\ny\n"),
                                ("x\ny\n", "x\n"), ("(1,2)\n", "(1,3)\n"), ("e 5e-10\n", "e 7e-3\n"), ("a b\n", "a\n")]:
            self.assertIsNotNone(difference(expected, found), (expected, found))


class Pages(unittest.TestCase):
    def unit(self, text):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text(text, encoding="utf-8")
            return check.translation_unit(page)

    def test_sections_are_functions_and_definitions_stand_before(self):
        code, texts = self.unit("## One\n```cpp\nint a = 1;\n```\n```cpp\nint twice(int x) {\n    return 2 * x;\n}\n```\n"
                                "```cpp\nstd::cout << twice(a);\n```\n```text\n2\n```\n## Two\n```cpp\nint a = 3;\n```\n")
        self.assertLess(code.index("int twice"), code.index("void section_0"))
        self.assertLess(code.index("int a = 1"), code.index("void section_1"))
        self.assertEqual([t.text for t in texts], ["2\n"])

    def test_programs_are_called_and_includes_stand_first(self):
        code, _ = self.unit("```cpp\n#include <map>\nint main() {\n}\n```\n")
        self.assertIn("#include <map>\n", code[:code.index("program_")])
        self.assertNotIn("int main() {\n}", code)

    def test_hidden_code_counts_and_refused_code_does_not(self):
        code, _ = self.unit("<!-- example: int hidden; -->\n<!-- refused: no -->\n```cpp\nwrong\n```\n")
        self.assertIn("int hidden;", code)
        self.assertNotIn("wrong", code)


if __name__ == "__main__":
    unittest.main()
