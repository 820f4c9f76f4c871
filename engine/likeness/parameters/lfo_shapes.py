"""LFO shapes: values in [0, 1] by phase, deterministic by phase and key."""

import math
from collections.abc import Callable, Mapping

from likeness import easing

MASK = (1 << 64) - 1
# The multipliers and shifts of SplitMix64's finalizer [Steele, Lea & Flood 2014].
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def random_value(key: int, index: int) -> float:
    """Return a random number in [0, 1), the same for the same `key` and `index`: no state, so a beat may jump."""
    z = (key + (index + 1) * GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return float((z ^ (z >> 31)) >> 11) / (1 << 53)


def sine(phase: float, key: int) -> float:
    """Return a sine that starts in the middle and goes up."""
    return 0.5 + 0.5 * math.sin(math.tau * phase)


def triangle(phase: float, key: int) -> float:
    """Return a triangle in phase with the sine."""
    return 1.0 - abs((2.0 * phase + 0.5) % 2.0 - 1.0)


def saw(phase: float, key: int) -> float:
    """Return a ramp from 0 that falls back at 1."""
    return phase % 1.0


def square(phase: float, key: int) -> float:
    """Return 1 for the first half and 0 for the second."""
    return 1.0 if phase % 1.0 < 0.5 else 0.0


def hold(phase: float, key: int) -> float:
    """Return one random value for each cycle."""
    return random_value(key, math.floor(phase))


def smooth(phase: float, key: int) -> float:
    """Return a smooth curve through the values of `hold`, one at each cycle's start, at rest there [value noise]."""
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
