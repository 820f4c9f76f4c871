"""The page on tempo says what the code does: its preset opens, its addresses and keys are those there are."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from likeness.audio.features import PARTS
from likeness.parameters.lfo_shapes import SHAPES
from likeness.parameters.modulation import Modulation
from likeness.parameters.modulator import Modulator
from likeness.parameters.presets import read_preset
from likeness.parameters.store import ParamStore
from likeness.show.load_rack import declare_all_params
from likeness.show.modulation_commands import modulation_commands
from likeness.show.tempo_commands import tempo_commands
from likeness.tempo.transport import Transport


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "tempo.md").read_text(encoding="utf-8")


def test_its_preset_opens_and_modulates_what_there_is(page: str, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "page.toml").write_text(block)
    preset = read_preset(tmp_path / "page.toml")
    store = declare_all_params()
    assert len(preset.modulation) == 3
    assert all(entry.param in store for entry in preset.modulation)


def test_every_command_stands_in_it_and_nothing_else(page: str) -> None:
    store = ParamStore()
    commands = {**tempo_commands(Transport(), store), **modulation_commands(Modulation(), store)}
    assert set(re.findall(r"/(?:transport|mod)/\w+", page)) == set(commands)


def test_every_key_shape_and_band_stands_in_it(page: str) -> None:
    rows = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    words = set(re.findall(r"`(\w+)`", rows))
    assert {field.name for field in fields(Modulator)} | set(SHAPES) | set(PARTS) <= words


def test_its_messages_are_taken(page: str) -> None:
    store, modulation = declare_all_params(), Modulation()
    commands = modulation_commands(modulation, store)
    for message in re.findall(r"`(/mod/\w+[^`]*)`", page):
        address, *words = [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', message)]
        if not words and address != "/mod/clear":
            continue
        commands[address](*words)
        store.advance(0.01)
        if address == "/mod/add":
            assert modulation.entries[-1].param == words[0]
    assert "random_walk.push" in {entry.param for entry in modulation.entries}
