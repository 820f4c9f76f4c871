"""The border of the engine: what the bundled plugins may import from it, as any plugin of your own should."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.draw_imports import draw, imports, reduce, rows

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted((ROOT / "plugins").glob("*.py"))
VOCABULARY = {
    "errors", "events", "easing", "frame", "generator", "hookspecs", "latent", "params", "picture", "stage",
}  # fmt: skip
# Packages for plugin authors: everything in them is theirs.
OPEN = {"toolkit", "files", "faces", "projection", "lookalike"}


def engine_imports(source: str) -> Iterator[str]:
    """Yield the modules of the engine that a file imports, as `likeness` or `likeness.name...`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "likeness")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "likeness":
            whole = {"likeness"} if node.module == "likeness" else {node.module}
            # `from likeness import latent` is the module, `from likeness import Float` the name.
            named = {f"likeness.{alias.name}" for alias in node.names if alias.name.islower()}
            modules = {found for found in named if (ROOT / "engine" / found.replace(".", "/")).exists()}
            yield from whole | (modules if whole == {"likeness"} else set())


def allowed(module: str) -> bool:
    parts = module.split(".")
    if len(parts) == 1:
        return True
    return parts[1] in OPEN or (parts[1] in VOCABULARY and len(parts) == 2)


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_a_bundled_plugin_imports_only_what_is_meant_for_plugins(path: Path) -> None:
    assert [module for module in engine_imports(path.read_text(encoding="utf-8")) if not allowed(module)] == []


def test_what_lies_behind_the_border_is_told_apart() -> None:
    source = "from likeness import Float, host\nfrom likeness.show.loop import Loop\nimport likeness.cues.bank as b\n"
    assert [module for module in engine_imports(source) if not allowed(module)] == [
        "likeness.host", "likeness.show.loop", "likeness.cues.bank",
    ]  # fmt: skip


def test_the_picture_of_the_imports_is_that_of_the_code() -> None:
    committed = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert committed == draw(imports()), "run: python docs/draw_imports.py > docs/architecture.svg"


def test_the_picture_leaves_out_only_arrows_that_follow_from_others() -> None:
    graph = {"a": frozenset("bcd"), "b": frozenset("c"), "c": frozenset("d"), "d": frozenset("")}
    assert reduce(graph) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}
    assert rows(graph) == {"d": 0, "c": 1, "b": 2, "a": 3}
