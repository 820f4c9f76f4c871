"""The steps of a walk from frame to frame: how even they are, and whether the walk closes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.picture import Picture

LEAST_FRAMES = 3
Levels = NDArray[np.float32]


@dataclass(frozen=True)
class WalkSteps:
    """Distances between pictures: root mean squares in [0, 2], as the pictures lie in [-1, 1].

    Attributes:
        frames: how many there were.
        median: of one step.
        spread: standard deviation over mean of the steps; 0 is a perfectly even walk.
        longest: the longest step, in medians; a cut is ten or more.
        closure: from the last picture back to the first, in medians; 0 for a loop whose last frame is its first again.
    """

    frames: int
    median: float
    spread: float
    longest: float
    closure: float


def measure_steps(pictures: Iterable[Picture]) -> WalkSteps:
    """Return the steps of a walk, whose pictures are looked at one by one.

    Root mean squares obey the triangle inequality and have no blind spot: a jump shows in them whatever jumps.

    Raises:
        LikenessError: where there are fewer than three pictures.
    """
    steps: list[float] = []
    first = last = None
    for picture in pictures:
        levels = picture.astype(np.float32)
        if last is None:
            first = levels
        else:
            steps.append(rms_difference(last, levels))
        last = levels
    if first is None or last is None or len(steps) < LEAST_FRAMES - 1:
        raise LikenessError(f"a walk of {len(steps) + 1} pictures has no steps to compare; give {LEAST_FRAMES} or more")
    median, mean = float(np.median(steps)), float(np.mean(steps))
    # A walk that stands still is even, and any step out of the stillness is endless beside it.
    unit = median or float("nan")
    longest = max(steps) / unit if median else (0.0 if max(steps) == 0 else float("inf"))
    end = rms_difference(last, first)
    closure = end / unit if median else (0.0 if end == 0 else float("inf"))
    return WalkSteps(len(steps) + 1, median, float(np.std(steps)) / mean if mean else 0.0, longest, closure)


def rms_difference(a: Levels, b: Levels) -> float:
    """Return the root mean square of two pictures' difference, levels of 255 taken for [-1, 1]."""
    return float(np.sqrt(np.square(a - b, dtype=np.float32).mean(dtype=np.float64)) / 127.5)
