"""Shapes over a phase, in [0, 1], the same for the same phase and key: what modulators are made of."""

import math
from collections.abc import Callable, Mapping

from likeness import easing

MASK = (1 << 64) - 1
# Where the multiplier and the shifts come from: the finalizer of SplitMix64 [Steele, Lea & Flood 2014].
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def random_value(key: int, index: int) -> float:
    """Return a random number in [0, 1), the same for the same `key` and `index`: no state, so a beat may jump."""
    z = (key + (index + 1) * GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return float((z ^ (z >> 31)) >> 11) / (1 << 53)


def sine(phase: float, key: int) -> float:
    """Start in the middle, go up."""
    return 0.5 + 0.5 * math.sin(math.tau * phase)


def triangle(phase: float, key: int) -> float:
    """Go with the sine, in straight lines."""
    return 1.0 - abs((2.0 * phase + 0.5) % 2.0 - 1.0)


def saw(phase: float, key: int) -> float:
    """Go up from 0 and fall back."""
    return phase % 1.0


def square(phase: float, key: int) -> float:
    """Be 1 for the first half and 0 for the second."""
    return 1.0 if phase % 1.0 < 0.5 else 0.0


def hold(phase: float, key: int) -> float:
    """Hold one random value a cycle."""
    return random_value(key, math.floor(phase))


def smooth(phase: float, key: int) -> float:
    """Go through the values of `hold`, at each one at the cycle's start, resting for a moment [value noise]."""
    cycle = math.floor(phase)
    along = phase - cycle
    before, after = random_value(key, cycle), random_value(key, cycle + 1)
    return before + (after - before) * easing.smooth(along)


SHAPES: Mapping[str, Callable[[float, int], float]] = {
    "sine": sine,
    "triangle": triangle,
    "saw": saw,
    "square": square,
    "hold": hold,
    "smooth": smooth,
}
