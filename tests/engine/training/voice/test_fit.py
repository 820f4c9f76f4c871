"""The voice network learns: of tones that stand for sounds, and of the bundled weights what a voice says."""

from pathlib import Path

import numpy as np
import pytest
from tests.engine.sounds import sine

from likeness.errors import TrainingError
from likeness.toolkit.voice import open_voice
from likeness.training.voice.fit import VoiceSettings, describe_report, fit_voice, measure_voice, write_voice
from likeness.training.voice.phonemes import Phoneme
from likeness.training.voice.speech import Utterance

RATE = 16_000
TONES = {"aa": 800.0, "m": 250.0, "s": 5000.0}


def utterance(seed: int) -> Utterance:
    """Two seconds in which three tones stand for three sounds."""
    names = np.random.default_rng(seed).choice(list(TONES), 10)
    samples = np.concatenate([sine(TONES[name], 0.3, 0.2, RATE) for name in names])
    return Utterance("tones", RATE, samples, tuple(Phoneme(n, 0.2 * i, 0.2 * i + 0.2) for i, n in enumerate(names)))


def test_it_learns_which_tone_opens_the_jaw_and_plays_from_its_file(tmp_path: Path) -> None:
    settings = VoiceSettings(steps=30, hidden=12, variations=0, delay=3, seed=1, batch=2)
    said = [utterance(seed) for seed in range(4)]
    tensors = fit_voice(said, settings)
    report = measure_voice(tensors, [utterance(9)], settings.delay)
    assert report.correlation[0] > 0.8
    assert report.plosives > 0
    assert "jaw 0." in describe_report(report, "tones")[0]
    write_voice(tmp_path / "voice.safetensors", tensors, settings.delay)
    _, delay_s = open_voice(tmp_path / "voice.safetensors")
    # Three rows of 10 ms, and half a window.
    assert delay_s == pytest.approx(0.03 + 0.0125)


def test_the_same_speech_gives_the_same_network_to_the_bit() -> None:
    settings = VoiceSettings(steps=2, hidden=4, variations=1, batch=2)
    one, other = (fit_voice([utterance(0)], settings) for _ in range(2))
    assert all(bool((one[name] == other[name]).all()) for name in one)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(TrainingError, match="nothing to learn from"):
        fit_voice([], VoiceSettings())
