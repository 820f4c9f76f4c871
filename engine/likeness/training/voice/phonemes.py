"""Phonemes of English as shapes of the mouth, and a mouth's movement through a row of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness.audio.voice_features import HOP_S

Floats = NDArray[np.float32]

# jaw, width, closure, rounding, teeth, tongue, as in `likeness.audio.voice_network.CHANNELS`. Vowels: the jaw falls
# with the height of the tongue [Lindblom & Sundberg 1971], front ones spread the lips, back ones round them.
# Consonants: what is made at the lips shuts them (p b m) or brings the lower lip to the teeth (f v); hisses need teeth
# close together, and tongue tips show behind them for th, l, n, t, d [Ladefoged & Johnson 2014, chapters 1 and 7].
# Which consonants look alike: [Fisher 1968].
SHAPES: dict[str, tuple[float, float, float, float, float, float]] = {
    "pau": (0.00, 0.00, 0.35, 0.00, 0.00, 0.00),
    "aa": (1.00, 0.15, 0.00, 0.05, 0.10, 0.00),
    "ae": (0.90, 0.55, 0.00, 0.00, 0.35, 0.10),
    "ah": (0.65, 0.20, 0.00, 0.05, 0.15, 0.05),
    "ax": (0.40, 0.20, 0.00, 0.05, 0.15, 0.10),
    "ao": (0.80, 0.00, 0.00, 0.60, 0.00, 0.00),
    "eh": (0.65, 0.55, 0.00, 0.00, 0.35, 0.15),
    "er": (0.35, 0.00, 0.00, 0.40, 0.15, 0.30),
    "ih": (0.35, 0.60, 0.00, 0.00, 0.40, 0.25),
    "iy": (0.22, 1.00, 0.00, 0.00, 0.55, 0.35),
    "uh": (0.35, 0.00, 0.00, 0.65, 0.05, 0.05),
    "uw": (0.22, 0.00, 0.10, 1.00, 0.00, 0.05),
    "p": (0.05, 0.10, 1.00, 0.05, 0.00, 0.00),
    "b": (0.05, 0.10, 1.00, 0.05, 0.00, 0.00),
    "m": (0.05, 0.10, 1.00, 0.05, 0.00, 0.00),
    "f": (0.12, 0.20, 0.55, 0.05, 0.80, 0.00),
    "v": (0.12, 0.20, 0.55, 0.05, 0.80, 0.00),
    "th": (0.22, 0.25, 0.00, 0.00, 0.55, 1.00),
    "dh": (0.22, 0.25, 0.00, 0.00, 0.55, 1.00),
    "s": (0.08, 0.45, 0.00, 0.00, 1.00, 0.20),
    "z": (0.08, 0.45, 0.00, 0.00, 1.00, 0.20),
    "sh": (0.12, 0.00, 0.00, 0.65, 0.90, 0.15),
    "zh": (0.12, 0.00, 0.00, 0.65, 0.90, 0.15),
    "ch": (0.12, 0.00, 0.00, 0.60, 0.85, 0.30),
    "jh": (0.12, 0.00, 0.00, 0.60, 0.85, 0.30),
    "t": (0.15, 0.35, 0.00, 0.00, 0.60, 0.60),
    "d": (0.15, 0.35, 0.00, 0.00, 0.60, 0.60),
    "n": (0.18, 0.30, 0.00, 0.00, 0.45, 0.65),
    "l": (0.28, 0.25, 0.00, 0.05, 0.35, 0.85),
    "r": (0.22, 0.00, 0.00, 0.50, 0.20, 0.30),
    "k": (0.28, 0.30, 0.00, 0.00, 0.30, 0.10),
    "g": (0.28, 0.30, 0.00, 0.00, 0.30, 0.10),
    "ng": (0.28, 0.30, 0.00, 0.00, 0.30, 0.10),
    "w": (0.15, 0.00, 0.25, 1.00, 0.00, 0.05),
    "y": (0.20, 0.85, 0.00, 0.00, 0.50, 0.35),
    "hh": (0.35, 0.20, 0.00, 0.05, 0.15, 0.05),
}
# Vowels that move on.
DIPHTHONGS = {"aw": ("aa", "uw"), "ay": ("aa", "ih"), "ey": ("eh", "iy"), "ow": ("ao", "uw"), "oy": ("ao", "ih")}
PLOSIVES = frozenset({"p", "b", "m"})
# How far a neighbour reaches: a mouth takes about 60 to 100 ms from shape to shape [Cohen & Massaro 1993 give each
# sound such a dominance]. Lips that shut are faster, and wait for nobody.
REACH_S, SHUTTING_S = 0.035, 0.016
# The mouth opens before the voice, and vowels govern the jaw more than the consonants between them.
JAW = 0


@dataclass(frozen=True)
class Phoneme:
    """One sound of speech.

    Args:
        name: in ARPAbet, as in `SHAPES` and `DIPHTHONGS`, or "pau".
        start, end: in seconds.
    """

    name: str
    start: float
    end: float


def move_mouth(phonemes: Sequence[Phoneme], rows: int) -> Floats:
    """Return the shapes `[rows, 6]` of a mouth that says `phonemes`, one row each 10 ms."""
    steps = np.tile(np.asarray(SHAPES["pau"], np.float32), (rows, 1))
    for phoneme in phonemes:
        first, last = round(phoneme.start / HOP_S), min(rows, round(phoneme.end / HOP_S))
        begin, end = DIPHTHONGS.get(phoneme.name, (phoneme.name, phoneme.name))
        middle = (first + last) // 2
        steps[first:middle] = SHAPES.get(begin, SHAPES["ax"])
        steps[middle:last] = SHAPES.get(end, SHAPES["ax"])
    moved = _smooth(steps, REACH_S)
    closure = CLOSURE
    shut = _smooth(steps[:, closure : closure + 1], SHUTTING_S)[:, 0]
    moved[:, closure] = np.maximum(moved[:, closure], shut)
    return moved


CLOSURE = 2


def _smooth(steps: Floats, reach_s: float) -> Floats:
    """Return `steps` with each column smoothed by a Gaussian of that deviation."""
    reach = reach_s / HOP_S
    width = math.ceil(3 * reach)
    bell = np.exp(-0.5 * (np.arange(-width, width + 1) / reach) ** 2)
    bell /= bell.sum()
    around = np.pad(steps, ((width, width), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, bell, "valid") for column in around.T], axis=1).astype(np.float32)
