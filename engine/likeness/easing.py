"""How a move leaves and arrives: curves from 0 to 1 over a time from 0 to 1."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

Easing = Callable[[float], float]


def linear(t: float) -> float:
    """Return `t`: an even pace, with a start and an end that one sees."""
    return t


def smooth(t: float) -> float:
    """Return the cubic Hermite step 3t² - 2t³: leaves and arrives at rest, at most 1.5 times the even pace."""
    return t * t * (3.0 - 2.0 * t)


def cubic(t: float) -> float:
    """Return two joined cubics: rests longer at both ends and crosses at three times the even pace."""
    return 4.0 * t**3 if t < 0.5 else 1.0 - 4.0 * (1.0 - t) ** 3


def leave_slowly(t: float) -> float:
    """Return t³: gathers speed and arrives with a hit."""
    return t**3


def arrive_softly(t: float) -> float:
    """Return 1 - (1 - t)³: leaves with a hit, made for moves that start on a beat."""
    return 1.0 - (1.0 - t) ** 3


EASINGS: Mapping[str, Easing] = MappingProxyType(
    {"linear": linear, "smooth": smooth, "cubic": cubic, "ease-in": leave_slowly, "ease-out": arrive_softly}
)
