"""Speech varied: by other throats, at other levels, in rooms and in noise, so that a network hears what stays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from likeness.training.voice.phonemes import Phoneme
from likeness.training.voice.speech import Utterance

Floats = NDArray[np.float32]

# Played slower or faster, a voice is that of a larger or smaller throat: pitch and formants move together.
THROATS = (0.78, 1.3)
# Of the speech's own loudness: a studio, and a busy foyer.
NOISE_DB = (-60.0, -26.0)
# How long a room rings, as the time in which it falls by 60 dB, and how loud it is beside the voice.
RINGING_S, RINGING = (0.15, 0.5), 0.2
# Of a microphone's or a loudspeaker's response: how much it leans towards the treble, per octave.
TILT_DB = 3.0
# With three in four in noise, and louder, lips shut for 57 of 100 plosives of a voice held back.
IN_A_ROOM, IN_NOISE = 0.35, 0.5


@dataclass(frozen=True)
class Variation:
    """Draws variations of speech.

    Args:
        dice: what is random.
    """

    dice: np.random.Generator

    def vary(self, said: Utterance) -> Utterance:
        """Return the same sentence from another throat, in another place."""
        dice = self.dice
        factor = math.exp(dice.uniform(math.log(THROATS[0]), math.log(THROATS[1])))
        samples, phonemes = change_throat(said, factor)
        if dice.random() < IN_A_ROOM:
            samples = add_room(samples, said.rate, float(dice.uniform(*RINGING_S)), dice)
        samples = tilt(samples, said.rate, float(dice.uniform(-TILT_DB, TILT_DB)))
        if dice.random() < IN_NOISE:
            samples = add_noise(samples, said.rate, float(dice.uniform(*NOISE_DB)), dice)
        gain = 10.0 ** (dice.uniform(-24.0, 6.0) / 20)
        return replace(said, samples=(samples * np.float32(gain)).astype(np.float32), phonemes=phonemes)


def change_throat(said: Utterance, factor: float) -> tuple[Floats, tuple[Phoneme, ...]]:
    """Return the samples played `factor` times as fast, with the times of their sounds."""
    count = int(len(said.samples) / factor)
    places = np.arange(count) * factor
    samples = np.interp(places, np.arange(len(said.samples)), said.samples).astype(np.float32)
    return samples, tuple(replace(each, start=each.start / factor, end=each.end / factor) for each in said.phonemes)


def add_room(samples: Floats, rate: int, ringing_s: float, dice: np.random.Generator) -> Floats:
    """Return `samples` in a room whose echo is noise that fades [Moorer 1979]; its first sound stays where it was."""
    length = int(rate * ringing_s)
    echo = dice.standard_normal(length) * 10.0 ** (-3.0 * np.arange(length) / length)
    echo *= RINGING * dice.random() / np.sqrt((echo**2).sum())
    echo[0] = 1.0
    size = 1 << (len(samples) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(echo, size), size)
    return wet[: len(samples)].astype(np.float32)


def add_noise(samples: Floats, rate: int, level_db: float, dice: np.random.Generator) -> Floats:
    """Return `samples` with noise, from white to brown, `level_db` beside their own loudness."""
    spectrum = np.fft.rfft(dice.standard_normal(len(samples)))
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / rate), 50.0)
    noise = np.fft.irfft(spectrum * hertz ** -dice.uniform(0.0, 1.0), len(samples))
    loudness = np.sqrt((samples**2).mean() / max(1e-12, (noise**2).mean()))
    return np.asarray(samples + noise * loudness * 10.0 ** (level_db / 20), np.float32)


def tilt(samples: Floats, rate: int, db_per_octave: float) -> Floats:
    """Return `samples` brighter or darker, about 1 kHz."""
    hertz = np.clip(np.fft.rfftfreq(len(samples), 1 / rate), 100.0, 6_000.0)
    gain = 10.0 ** (db_per_octave * np.log2(hertz / 1_000.0) / 20)
    return np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)).astype(np.float32)
