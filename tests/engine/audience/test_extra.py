"""The extra's packages: imported by the audience alone, and named where they are absent."""

import ast
import tomllib
from pathlib import Path

import pytest

from likeness.audience import extra
from likeness.errors import AudienceError


def imported(path: Path) -> set[str]:
    """Return the packages that a file imports, of those of the extra."""
    # Most files name none of them: parsing them all took a second.
    if not any(package in path.read_text(encoding="utf-8") for package in extra.PACKAGES):
        return set()
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_nothing_but_the_audience_imports_its_packages(root: Path) -> None:
    files = [path for folder in ("engine", "plugins") for path in (root / folder).rglob("*.py")]
    ours = root / "engine" / "likeness" / "audience"
    assert [path.name for path in files if not path.is_relative_to(ours) and imported(path) & set(extra.PACKAGES)] == []
    assert set().union(*(imported(path) for path in ours.rglob("*.py"))) >= {
        "starlette",
        "uvicorn",
        "pi_heif",
        "fsspec",
    }


def test_every_package_of_the_extra_is_asked_for_and_is_there_for_the_tests(root: Path) -> None:
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {each.partition(">")[0].replace("-", "_") for each in extras["audience"]}
    assert {name.removesuffix("_py") for name in named} == set(extra.PACKAGES)
    assert set(extras["audience"]) <= set(extras["dev"])


def test_without_the_extra_a_command_ends_in_a_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    extra.require_extra()
    monkeypatch.setattr(extra, "PACKAGES", ("starlette", "no_such_package"))
    with pytest.raises(AudienceError, match=r"needs no_such_package: pip install 'likeness-live\[audience\]'"):
        extra.require_extra()
