"""Easing curves from 0 to 1 over a time from 0 to 1, and the share of its way that a glide makes in a frame."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from likeness.errors import find_renamed

Easing = Callable[[float], float]

# Ten steps of 0.02 s add up to less than 0.2 s: what is so near to its end, or to a beat, is there.
ROUNDING = 1e-9
# After three time constants a one-pole filter has made 95 % of the way; a glide's time is stated as that.
TIME_CONSTANTS = 3.0


def linear(t: float) -> float:
    """Return `t`: an even pace, with a visible start and end."""
    return t


def smooth(t: float) -> float:
    """Return the cubic Hermite step 3t² - 2t³: leaves and arrives at rest, at most 1.5 times the even pace."""
    return t * t * (3.0 - 2.0 * t)


def cubic(t: float) -> float:
    """Return two joined cubics: rests longer at both ends and crosses at three times the even pace."""
    return 4.0 * t**3 if t < 0.5 else 1.0 - 4.0 * (1.0 - t) ** 3


def ease_in(t: float) -> float:
    """Return t³: gathers speed and arrives with a hit."""
    return t**3


def ease_out(t: float) -> float:
    """Return 1 - (1 - t)³: leaves with a hit, made for moves that start on a beat."""
    return 1.0 - (1.0 - t) ** 3


def progress(elapsed: float, seconds: float) -> float:
    """Return which part of a move of `seconds` is done after `elapsed`: 1.0 exactly once nothing but rounding is left.

    Parameters and faces count by it, so that they arrive in the same frame.
    """
    if seconds <= 0:
        return 1.0
    t = elapsed / seconds
    return 1.0 if t > 1.0 - ROUNDING else t


def glide_share(dt: float, seconds: float) -> float:
    """Return the share of the remaining way that a one-pole glide makes in `dt`.

    Args:
        dt: seconds since the last step.
        seconds: in which 95 % of a jump is made; 0 jumps.
    """
    return -math.expm1(-dt * TIME_CONSTANTS / seconds) if seconds > 0 else 1.0


def __getattr__(name: str) -> Easing:
    """Return an easing under its name of version 0.1.0, with a warning; these names go with the next version."""
    return find_renamed(__name__, name, {"leave_slowly": ease_in, "arrive_softly": ease_out})


EASINGS: Mapping[str, Easing] = MappingProxyType(
    {"linear": linear, "smooth": smooth, "cubic": cubic, "ease-in": ease_in, "ease-out": ease_out}
)
