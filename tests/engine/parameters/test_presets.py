"""Presets: read strictly, written exactly."""

import re
from pathlib import Path

import pytest

from likeness.errors import PresetError
from likeness.parameters.midi_binding import Binding
from likeness.parameters.presets import Preset, ShowTable, find_preset, read_preset, save_preset

TEXT = """
title = "A walk"
[show]
plugins = ["random_walk", "sharpen"]
seed = 7
psi = 0.9
[random_walk]
speed = 0.25
[[midi]]
cc = 7
param = "master.brightness"
"""


def test_a_preset_says_what_the_show_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "walk.toml"
    path.write_text(TEXT)
    preset = read_preset(path)
    assert preset.show.plugins == ("random_walk", "sharpen")
    assert preset.flat_values() == {"show.psi": 0.9, "random_walk.speed": 0.25}
    assert preset.midi == (Binding(param="master.brightness", cc=7),)


def test_a_preset_with_a_byte_order_mark_is_read_as_one_without(tmp_path: Path) -> None:
    for name, encoding in (("plain.toml", "utf-8"), ("marked.toml", "utf-8-sig")):
        (tmp_path / name).write_bytes(TEXT.encode(encoding))
    assert read_preset(tmp_path / "marked.toml") == read_preset(tmp_path / "plain.toml")


@pytest.mark.parametrize("name", ["walk.TOML", "walk.Toml", "walk.toml"])
def test_a_preset_is_found_whatever_the_case_of_its_ending(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TEXT)
    assert find_preset(str(path), []) == path
    assert find_preset("walk", [tmp_path]) == path


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    preset = Preset(
        title='Quotes " and umlauts ü',
        show=ShowTable(plugins=("a", "b"), seed=3, weights="x", fps=29.97, size="512x512"),
        midi=(Binding(param="a.x", note=36, channel=10, invert=True), Binding(param="b.y", cc=0)),
        values={"a": {"x": 0.1, "on": True, "n": 3, "text": "7 12"}, "master": {"fade": 2.0}},
    )
    save_preset(tmp_path / "p.toml", preset)
    assert read_preset(tmp_path / "p.toml") == preset


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[show\n", "cannot be read"),
        ("[show]\nsede = 1\n", "at show.sede"),
        ("[show]\nseed = -1\n", "at show.seed"),
        ('[show]\nsize = "big"\n', "at show.size"),
        ("[walk]\nspeed = [1]\n", "at walk.speed"),
        ("[[midi]]\ncc = 200\nparam = 'a.b'\n", "MIDI binding of a.b: its number goes from 0 to 127, it is not 200"),
        ("[[midi]]\ncc = 20\nparam = 'a.b'\nspan = 2\n", "at midi.0.span"),
        ("speed = 1\n", "at speed: a table was wanted; got 1"),
        ("[walk]\nspeed = [1]\n", "at walk.speed: a number, a text, true or false was wanted; got [1]"),
        ("[walk]\nspeed = 2026-01-01\n", "at walk.speed: a number, a text, true or false was wanted; got"),
        ("[show]\npsi = [1]\n", "at show.psi: a number was wanted; got [1]"),
        ("[show]\nplugins = 'sharpen'\n", "at show.plugins: a list was wanted; got 'sharpen'"),
        ("[show]\ntakeover = 'hard'\n", "at show.takeover: 'soft', 'scale' or 'jump' was wanted; got 'hard'"),
        ("[show]\npsi = nan\n", "at show.psi: 0 to 1.5 was wanted; got nan"),
        ("[show]\npsi = 2\n", "at show.psi: 0 to 1.5 was wanted; got 2"),
        ("[show]\nfps = inf\n", "at show.fps: 1 to 1000 frames per second was wanted; got inf"),
        ("[show]\nfps = 0.5\n", "at show.fps: 1 to 1000 frames per second was wanted; got 0.5"),
        ("[show]\nheads = 65\n", "at show.heads: 1 to 64 was wanted; got 65"),
        ("[show]\nseed = -1\n", "at show.seed: 0 to 9223372036854775807 was wanted; got -1"),
        ("[show]\ntempo = 10\n", "at show.tempo: 20 to 300 BPM was wanted; got 10"),
        ("[show]\nmeter = 0\n", "at show.meter: 1 to 16 beats was wanted; got 0"),
        ("[show]\nsize = '5x5'\n", "at show.size: '5x5' is not WIDTHxHEIGHT, such as 512x512, each 16 to 16384 px"),
        ("show = 1\n", "at show: a table was wanted; got 1"),
        ("[[modulation]]\nparam = 'a.b'\namount = [1]\n", "at modulation.0.amount: a number was wanted; got [1]"),
        ("[walk]\nspeed = " + "9" * 5000, "a number of thousands of digits"),
        ("[walk]\nspeed = 0x" + "f" * 5000, "speed is a whole number of 20000 bits"),
        ("[walk]\nspeed = " + "[" * 5000 + "]" * 5000, "nested more than 16 deep"),
    ],
)
def test_a_broken_preset_ends_in_one_line_that_names_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(PresetError, match=re.escape(said)) as refusal:
        read_preset(path)
    assert "\n" not in str(refusal.value).replace(text, "")


def test_a_preset_is_found_by_name_or_path_and_the_users_own_goes_first(tmp_path: Path) -> None:
    bundled, own = tmp_path / "bundled", tmp_path / "own"
    for folder in (bundled, own):
        folder.mkdir()
        (folder / "demo.toml").write_text("")
    folders = (bundled, own, tmp_path / "absent")
    assert find_preset("demo", folders) == own / "demo.toml"
    assert find_preset(str(bundled / "demo.toml"), folders) == bundled / "demo.toml"
    with pytest.raises(PresetError, match="no preset 'dmo'; nearest: demo"):
        find_preset("dmo", folders)
    with pytest.raises(PresetError, match="no preset file"):
        find_preset("gone.toml", folders)


def test_a_locked_disk_leaves_the_old_preset(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError, match="could not be written"):
        save_preset(tmp_path / "file" / "p.toml", Preset())
