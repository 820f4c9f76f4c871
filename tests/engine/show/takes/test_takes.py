"""Takes: what was played on a show is played again, bit by bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.engine.show.takes.takes_rig import play_again, play_script, press_note

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
