"""The voice follower: the same sound gives the same shapes, frame by frame, and silence rests."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.engine.sounds import sine, write_wav

from likeness.audio.file import AudioFile
from likeness.audio.listening import Listening
from likeness.errors import WeightsError
from likeness.files.paths import HOME_VARIABLE, find_voice, list_weights
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.toolkit.voice import VoiceFollower, open_voice


def follower(path: Path | None) -> VoiceFollower:
    listening = Listening()
    if path is not None:
        listening.connect(AudioFile(path))
    voice = find_voice()
    assert voice is not None
    return VoiceFollower(listening, voice)


@pytest.fixture
def vowel(tmp_path: Path) -> Path:
    """Half a second of silence, half a second of harmonics like those of "ah", and silence."""
    tone = sum(sine(120 * n, 0.3 / (1 + abs(n - 6)), 0.5) for n in range(1, 30))
    quiet = np.zeros(24_000, np.float32)
    return write_wav(tmp_path / "a.wav", np.concatenate((quiet, np.asarray(tone, np.float32), quiet, quiet)))


def test_two_followers_of_a_file_agree_to_the_bit_and_silence_rests(vowel: Path) -> None:
    one, other = (follower(vowel) for _ in range(2))
    shapes = np.stack([one.follow(frame / 30) for frame in range(60)])
    assert np.array_equal(shapes, np.stack([other.follow(frame / 30) for frame in range(60)]))
    assert shapes[17:29, 0].max() > 0.25
    assert shapes[3:14, 0].max() < 0.1
    assert shapes[-5:, 0].max() < 0.1


def test_one_that_takes_over_goes_on_where_the_other_was(vowel: Path) -> None:
    whole = follower(vowel)
    wanted = [whole.follow(frame / 30) for frame in range(30)]
    first = follower(vowel)
    for frame in range(20):
        first.follow(frame / 30)
    second = follower(vowel)
    second.restore(first.state())
    later = [second.follow(frame / 30) for frame in range(20, 30)]
    # What differs is the window of 25 ms that begins anew.
    assert np.abs(np.stack(later[3:]) - np.stack(wanted[23:])).max() < 0.15


def test_without_sound_the_mouth_rests() -> None:
    assert not follower(None).follow(1.0).any()


def test_other_files_are_refused(tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", WeightsHeader("voice", {"delay": 2}), {"mean": torch.zeros(13)})
    write_weights(tmp_path / "b.safetensors", WeightsHeader("composite"), {"mean": torch.zeros(13)})
    with pytest.raises(WeightsError, match="no whole voice network"):
        open_voice(tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="likeness train voice"):
        open_voice(tmp_path / "b.safetensors")


def test_a_voice_of_your_own_goes_before_and_is_no_weights_to_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = find_voice()
    assert bundled is not None
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    (tmp_path / "weights").mkdir()
    own = shutil.copy(bundled, tmp_path / "weights" / "voice.safetensors")
    assert find_voice() == own
    assert not {"voice", "composite-256.mouth"} & set(list_weights())
