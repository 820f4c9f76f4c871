"""The plugin docs: complete, and what they show runs."""

import hashlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import torch

from likeness import hookspecs
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.host.discovery import find_plugins, load_plugin
from likeness.host.host import Host
from likeness.stage import PluginParams, Stage


def specified() -> dict[str, tuple[str, list[str]]]:
    """Return kind and arguments of every hook, from the specifications."""
    hooks = {
        name: function
        for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(function, f"{hookspecs.PROJECT}_spec")
    }
    return {
        name: (
            re.split(r"\W", function.__doc__ or "", maxsplit=1)[0].lower(),
            list(inspect.signature(function).parameters),
        )
        for name, function in hooks.items()
    }


def test_every_file_of_weights_has_the_fingerprint_that_the_page_gives(root: Path) -> None:
    weights = root / "weights"
    rows = re.findall(r"^\| `(\S+)` \| `(\w+)` \|", (weights / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 20
    assert dict(rows) == {name: hashlib.sha256((weights / name).read_bytes()).hexdigest() for name, _ in rows}


def test_every_hook_stands_in_the_table_with_its_kind_and_arguments(root: Path) -> None:
    text = (root / "docs" / "hooks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| ", text, re.MULTILINE)
    documented = {name: (kind, re.findall(r"`(\w+)`", arguments)) for name, kind, arguments in rows}
    assert len(specified()) >= 7
    assert documented == specified()


def test_every_hook_has_a_section_of_its_own(root: Path) -> None:
    text = (root / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `(\w+)`$", text, re.MULTILINE)) == set(specified())


def test_the_first_plugin_is_short_and_plays(root: Path, tmp_path: Path, toy: Callable[..., Generator]) -> None:
    text = (root / "docs" / "first-plugin.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    (tmp_path / "pulse.py").write_text(blocks[0], encoding="utf-8")
    assert len([line for line in blocks[0].splitlines() if line.strip() and "@hookimpl" not in line]) <= 10
    host, generator = Host(), toy()
    host.add("pulse", load_plugin("pulse", find_plugins([tmp_path])))
    host.start(Stage(generator, PluginParams(host.store), torch.device("cpu"), 0))
    base = generator.sample([1])
    on_beat, before_beat = (
        host.update(base, Frame(index, 0.0, 0.02, beat, host.store.snapshot))
        for index, beat in enumerate((4.0, 4.999999))
    )
    assert torch.allclose(on_beat, base * 1.5)
    assert torch.allclose(before_beat, base, atol=1e-4)
    assert host.rack[0].strikes == 0


def test_every_bundled_plugin_and_preset_is_described(root: Path) -> None:
    text = (root / "docs" / "plugins.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    assert set(find_plugins([root / "plugins"])) <= sections
    for preset in (root / "presets").glob("*.toml"):
        assert f"- `{preset.stem}`: " in text
