"""Voice features: the same in any pieces, at any level and rate, and silent in silence."""

import numpy as np
from tests.engine.sounds import sine

from likeness.audio.voice_features import FEATURES, VoiceFeatures


def speech(rate: int = 48_000, seconds: float = 0.5) -> np.ndarray:
    dice = np.random.default_rng(1)
    hum = sum(sine(hertz, 0.1 / n, seconds, rate) for n, hertz in enumerate((140, 700, 1200, 2600), start=1))
    return (hum + 0.001 * dice.standard_normal(len(hum))).astype(np.float32)


def test_samples_in_any_pieces_give_the_same_rows_to_the_bit() -> None:
    samples = speech()
    whole = VoiceFeatures(48_000).add(samples)
    pieces = VoiceFeatures(48_000)
    rows = [pieces.add(piece) for piece in np.split(samples, (1, 500, 501, 7_000, 20_000))]
    assert whole.shape == (50, FEATURES)
    assert np.array_equal(np.concatenate(rows), whole)


def test_a_quieter_microphone_hears_the_same_voice() -> None:
    loud, quiet = (VoiceFeatures(48_000).add(speech() * gain)[10:] for gain in (1.0, 0.5))
    assert np.abs(loud - quiet).max() < 0.05


def test_the_rate_of_the_samples_changes_little() -> None:
    # A window of 25 ms has the same 40 Hz between its bins at both rates.
    high, low = (VoiceFeatures(rate).add(sine(1000, 0.3, 0.3, rate))[5:] for rate in (48_000, 16_000))
    assert np.abs(high - low).max() < 0.1


def test_silence_is_the_least_of_loudness_and_a_voice_the_most() -> None:
    rows = VoiceFeatures(48_000).add(np.concatenate((speech(), np.zeros(24_000, np.float32))))
    assert rows[40, -1] > 0.9
    assert rows[-1, -1] == 0.0
