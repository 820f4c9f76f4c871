"""Takes of a show that heard a device: modulators play again what they heard."""

import gzip
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from tests.engine.show.takes.takes_rig import FPS, make_preset, play_again, play_script, unpack

from likeness.audio.features import AudioFeatures
from likeness.audio.noted import NotedAudio
from likeness.parameters.modulator import Modulator
from likeness.show.takes import stage
from likeness.show.takes.reader import find_heard, read_take

FRAMES = 40


class Microphone(NotedAudio):
    """A device in which something is heard, by the show's time."""

    def __init__(self) -> None:
        super().__init__([])
        self.asked: list[float] = []

    def features_at(self, at: float) -> AudioFeatures:
        self.asked.append(at)
        loud = 0.5 + 0.5 * math.sin(9.0 * at)
        return AudioFeatures((loud, 1 - loud, *(0.3,) * 6), loud, (int(3 * at), int(2 * at), 0, 0))


@pytest.fixture
def microphone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Microphone:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    device = Microphone()
    monkeypatch.setattr(stage, "open_audio", lambda *arguments: device)
    return device


def with_modulators(monkeypatch: pytest.MonkeyPatch, *modulators: Modulator) -> None:
    monkeypatch.setattr(
        "tests.engine.show.takes.takes_rig.make_preset",
        lambda folder: make_preset(folder).model_copy(update={"modulation": modulators}),
    )


def test_what_modulators_heard_of_a_device_renders_to_the_pictures_that_were_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, microphone: Microphone
) -> None:
    with_modulators(
        monkeypatch,
        Modulator("shift.by", source="audio", band="low", amount=0.8),
        Modulator("shift.push", source="onset", band="level"),
        Modulator("show.psi", source="audio", band="5", amount=0.2),
    )
    played = play_script(tmp_path, {}, FRAMES)
    heard = len(microphone.asked)
    assert heard == FRAMES
    # They were moved by it.
    assert not np.array_equal(played[0], played[8])
    again = play_again(tmp_path / "night.take", FRAMES)
    assert all(np.array_equal(one, other) for one, other in zip(played, again, strict=True))
    assert len(microphone.asked) == heard
    text = unpack(tmp_path / "night.take").decode()
    # The bands of low, the sixth one, and the onsets; the level and the others are read by nobody.
    first, *_ = re.findall(r'"heard",(\[.*\])', text)
    times, level, *bands = json.loads(f"[{first[:-2]}]")[:10]
    assert (times[:3], level, bands[0][:2], bands[2:]) == ([0, 50, 100], [0], [50, 72], [[0], [0], [0], [30], [0], [0]])
    # What is broken costs itself alone.
    broken = text.replace('"heard",[0', '"heard",["?"', 1)
    (tmp_path / "night.take").write_bytes(gzip.compress(broken.encode()))
    heard = find_heard(read_take(tmp_path / "night.take"))
    assert 0 < len(heard) < FRAMES


def test_what_nobody_reads_is_not_noted_and_a_device_that_is_named_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, microphone: Microphone
) -> None:
    with_modulators(monkeypatch, Modulator("shift.by", amount=0.3, rate=FPS / 7))
    play_script(tmp_path, {}, FRAMES)
    assert "heard" not in unpack(tmp_path / "night.take").decode()
    microphone.asked.clear()
    play_again(tmp_path / "night.take", 3)
    assert len(microphone.asked) == 3
