"""Takes: what was played on a show is played again, bit by bit."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.engine.show.takes.takes_rig import FPS, play_again, play_script, press_note

from likeness.picture import Picture
from likeness.show.show import Show


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def command(address: str, *args: object) -> Callable[[Show], None]:
    return lambda show: show.controls.commands[address](*args)


def put(address: str, value: object) -> Callable[[Show], None]:
    return lambda show: show.store.set(address, value)


# What a performer may do, by frame: values, notes, cues, modulators, the past, the beat, the master.
NIGHT = {
    2: put("shift.slow", 0.7),
    4: press_note(60, 0.5),
    6: command("/cue/store", 1),
    8: put("random_walk.push", 1),
    9: put("shift.by", 1.5),
    12: put("show.psi", 1.2),
    14: command("/cue/recall", 1, 0.4),
    18: command("/mod/add", "show.psi", "rate", 1.0, "amount", 0.2),
    20: put("ears.echo", 1),
    22: put("cue.undo", 1),
    24: put("history.scrub", 0.98),
    27: command("/history/live", 0.2),
    30: command("/mod/set", "shift.by", 0, "rate", 2.0),
    31: command("/transport/nudge", 0.3),
    33: put("show.tempo", 90.0),
    36: lambda show: show.store.toggle("master.blackout"),
    38: lambda show: show.store.toggle("master.blackout"),
    40: put("master.freeze", True),
    43: put("master.panic", 1),
    45: put("cue.release", 1),
    47: command("/mod/clear"),
}
FRAMES = 52


def same(first: list[Picture], second: list[Picture]) -> list[int]:
    """Return the frames that differ."""
    assert len(first) == len(second)
    return [k for k, (a, b) in enumerate(zip(first, second, strict=True)) if not np.array_equal(a, b)]


def test_a_take_renders_to_the_pictures_that_were_played_and_twice_to_the_same(tmp_path: Path) -> None:
    played = play_script(tmp_path, NIGHT, FRAMES)
    again = play_again(tmp_path / "night.take", FRAMES)
    assert same(again, play_again(tmp_path / "night.take", FRAMES)) == []
    # On the clock on which it was played the pictures are those of the night: nothing was forgotten.
    assert same(played, again) == []
    assert len({picture.tobytes() for picture in played}) > FRAMES // 2


def until(show: Show, wanted: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20.0
    while not wanted():
        assert time.monotonic() < deadline
        show.loop.frame()


def test_plugins_and_weights_that_change_are_changed_again_in_their_frame(tmp_path: Path) -> None:
    def change(show: Show) -> None:
        rack, before = show.rack_editor, show.generator
        rack.add("style_mixing")
        until(show, lambda: "style_mixing" in rack.names())
        rack.move("style_mixing", 0)
        until(show, lambda: rack.names()[0] == "style_mixing")
        rack.reload("shift")
        rack.remove("ears")
        until(show, lambda: "ears" not in rack.names())
        show.generator_swap.load(str(tmp_path / "large.toy"), 0.2)
        until(show, lambda: show.generator is not before)

    played = play_script(tmp_path, {3: put("shift.by", 0.7), 5: change}, 20)
    first, second = (play_again(tmp_path / "night.take", len(played)) for _ in range(2))
    assert same(first, second) == []
    assert same(played, first) == []
    assert [picture.shape[0] for picture in played[:1] + played[-1:]] == [32, 64]


def test_two_presets_are_morphed_again_without_their_files(tmp_path: Path, home: Path) -> None:
    folder = home / "presets"
    folder.mkdir(parents=True)
    for name, value in (("one", 0.2), ("two", 1.4)):
        (folder / f"{name}.toml").write_text(f"[shift]\nby = {value}\n")

    def choose(show: Show) -> None:
        show.preset_morph.choose("one", "two")

    played = play_script(tmp_path, {2: choose, 4: put("preset.morph", 0.6), 9: put("preset.morph", 1.0)}, 20)
    for name in ("one", "two"):
        (folder / f"{name}.toml").unlink()
    assert same(played, play_again(tmp_path / "night.take", 20)) == []


def test_a_part_of_a_take_is_the_same_as_in_the_whole(tmp_path: Path) -> None:
    play_script(tmp_path, NIGHT, FRAMES)
    whole = play_again(tmp_path / "night.take", FRAMES)
    # In the middle of a recall, of the past, of a frozen picture.
    for frame in (16, 26, 42):
        part = play_again(tmp_path / "night.take", FRAMES, begin=frame / FPS)
        assert same(whole[frame:], part[frame:]) == []
        # The frames before were not drawn.
        assert not part[1].any()
