"""Listening: plugins hear the samples of a file up to the frame's time, and those of a device up to its newest."""

import time
from pathlib import Path

import numpy as np
from tests.engine.sounds import sine, write_wav

from likeness.audio.file import AudioFile
from likeness.audio.listening import KEPT_S, Listening
from likeness.audio.sound import SOUND_RATE, SoundReader, silence


class Device:
    """A device that has heard `heard` samples, each of its own number in millionths."""

    def __init__(self, heard: int) -> None:
        self.heard = heard

    def features_at(self, at: float) -> object:
        raise AssertionError("only its sound is wanted")

    def open_sound(self) -> SoundReader:
        return self  # type: ignore[return-value]  # it is both

    def end(self) -> float:
        return self.heard

    def read(self, start: int, count: int) -> np.ndarray:
        return np.tile(np.arange(start, start + count, dtype=np.float32) * 1e-6, (2, 1))

    def close(self) -> None:
        pass


def test_a_file_is_heard_up_to_the_time_that_is_asked_for(tmp_path: Path) -> None:
    sound = sine(440, 0.5, 1.0)
    listening = Listening()
    listening.connect(AudioFile(write_wav(tmp_path / "a.wav", sound)))
    heard: list[np.ndarray] = []
    for frame in range(1, 31):
        first, samples = listening.read(sum(map(len, heard)), frame / 30)
        assert first == sum(map(len, heard))
        heard.append(samples)
    assert not listening.live
    assert sum(map(len, heard)) == SOUND_RATE
    assert np.abs(np.concatenate(heard) - sound[:SOUND_RATE]).max() < 1e-3


def test_a_device_is_heard_up_to_its_newest_sample_whatever_the_time() -> None:
    device, listening = Device(480), Listening()
    listening.connect(device)  # type: ignore[arg-type]  # as far as it is asked
    assert listening.read(0, 99.0)[1].tolist() == device.read(0, 480)[0].tolist()
    device.heard = 960
    first, samples = listening.read(480, 0.0)
    assert (first, len(samples)) == (480, 480)
    assert listening.live


def test_of_a_device_that_nobody_listened_to_only_the_newest_seconds_are_left() -> None:
    device, listening = Device(60 * SOUND_RATE), Listening()
    listening.connect(device)  # type: ignore[arg-type]
    first, samples = listening.read(0, 60.0)
    assert first == 60 * SOUND_RATE - KEPT_S * SOUND_RATE
    assert len(samples) == KEPT_S * SOUND_RATE


def test_a_file_that_nobody_listened_to_for_long_is_caught_up_with_beside_the_show(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", silence(SOUND_RATE)[0])
    listening = Listening()
    listening.connect(AudioFile(path))
    assert len(listening.read(0, 30.0)[1]) == 0
    deadline = time.monotonic() + 20
    while not len(listening.read(0, 30.1)[1]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert listening.read(0, 30.1)[0] == 30.1 * SOUND_RATE - KEPT_S * SOUND_RATE


def test_a_render_waits_for_a_file_that_nobody_listened_to(tmp_path: Path) -> None:
    sound = sine(440, 0.5, 12.0)
    listening = Listening()
    listening.connect(AudioFile(write_wav(tmp_path / "a.wav", sound)))
    first, samples = listening.read(0, 11.0, wait=True)
    assert first == (11.0 - KEPT_S) * SOUND_RATE
    assert np.abs(samples - sound[first : 11 * SOUND_RATE]).max() < 1e-3


def test_without_sound_there_is_none() -> None:
    assert len(Listening().read(0, 5.0)[1]) == 0
