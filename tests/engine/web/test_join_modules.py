"""The page's modules in one file: what joins, what is refused, and that a browser asks for little."""

import re

import pytest

from likeness.web.join_modules import join_modules
from likeness.web.page_files import INDEX, JOINED, PageFiles

LEAF = """// A leaf.
const KEPT = 1;

export const half = (value) => value / 2;
export async function wait() {
  return KEPT;
}
"""
STEM = """import { html } from './preact.js';
import { half as halve, wait } from './leaf.js';

const KEPT = 2;
export class Stem {}
wait(html, halve, KEPT);
"""


def test_each_module_is_a_function_that_returns_what_it_exports() -> None:
    joined = join_modules({"stem": STEM, "leaf": LEAF}, "stem", apart="preact")
    assert joined.startswith("import * as $preact from './preact.js';\n")
    assert re.findall(r"^const (\$\w+) = \(\(\) => \{$", joined, re.MULTILINE) == ["$leaf", "$stem"]
    assert "return { half, wait };" in joined
    assert "const { half: halve, wait } = $leaf;" in joined
    assert joined.endswith("export { $leaf as leaf, $stem as stem };\n")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import thing from './leaf.js';\n", "import thing"),
        ("import { thing } from 'https://elsewhere/leaf.js';\n", "elsewhere"),
        ("export default 1;\n", "export default"),
        ("export { half };\n", "export { half }"),
        ("import { thing } from './nowhere.js';\n", "stem imports nowhere.js, which is not there"),
        ("import { thing } from './stem.js';\n", "in a circle: stem > stem"),
    ],
)
def test_what_would_be_lost_is_refused(code: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        join_modules({"stem": code, "leaf": LEAF}, "stem", apart="preact")


def test_a_browser_asks_for_one_file_in_which_every_module_is() -> None:
    files = PageFiles().files
    asked = re.findall(r'(?:src|href)="/page/([^"]+)"', files[INDEX].content.decode())
    assert set(asked) == {"style.css", "preact.js", JOINED}
    joined = files[JOINED].content.decode()
    modules = {name.removesuffix(".js") for name in files if name.endswith(".js")} - {"preact", "page"}
    assert set(re.findall(r"^const \$(\w+) = ", joined, re.MULTILINE)) == modules
    assert sum(len(files[name].packed) for name in {*asked, INDEX}) < 100_000
