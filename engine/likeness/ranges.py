"""Ranges and choices that presets, command-line options and parameters share, each declared once.

Parameters clamp to their range, as a fader at its end would; presets and options refuse what lies outside and say what
is accepted.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from likeness.errors import LikenessError


@dataclass(frozen=True)
class Range:
    """The finite numbers from `low` to `high`, both included.

    Args:
        low, high: the bounds; `high` is infinite where there is none.
        unit: for messages, such as "px".
        above_low: `low` itself is not included.
    """

    low: float
    high: float = math.inf
    unit: str = ""
    above_low: bool = False

    def __contains__(self, number: float) -> bool:
        """Return whether `number` is accepted; NaN and the infinities never are."""
        # Integers may be too large for a float.
        if isinstance(number, float) and not math.isfinite(number):
            return False
        return self.low <= number <= self.high and not (self.above_low and number == self.low)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.high):
            return f"more than {_word(self.low)}{unit}" if self.above_low else f"{_word(self.low)}{unit} or more"
        low = f"more than {_word(self.low)}, up to" if self.above_low else f"{_word(self.low)} to"
        return f"{low} {_word(self.high)}{unit}"


Takeover = Literal["soft", "scale", "jump"]
# How films are coded; `outputs/profiles.py` has what stands behind them.
FilmProfile = Literal["h264", "h265", "h265-10bit", "prores4444", "vp9", "ffv1"]
# How a picture fills a frame of another shape.
Fit = Literal["contain", "cover", "stretch", "mirror", "blur", "tile"]

FPS = Range(1, 1000, "frames per second")
# Beyond 64 no machine of today draws them, and a slip of the hand takes all memory.
HEADS = Range(1, 64)
THREADS = Range(1, 1024)
# torch.Generator takes seeds of 64 bits with a sign.
SEED = Range(0, 2**63 - 1)
# Of a picture: what is smaller shows no face, and graphics drivers take no larger texture.
SIDE = Range(16, 16384, "px")
# Of pictures in a training run, powers of two.
TRAINED_SIDE = Range(16, 1024, "px")
PORT = Range(0, 65535)
# Of lighting desks: port addresses of Art-Net begin at 0, sACN's universes at 1 and end here.
DMX_UNIVERSE = Range(0, 63999)
DMX_CHANNEL = Range(1, 512)
# Truncation: 0 is the mean face, above 1 is caricature.
PSI = Range(0.0, 1.5)
TEMPO = Range(20.0, 300.0, "BPM")
# How long one call of a plugin may take before it is left behind.
HANG = Range(0.1, 60.0, "s")
METER = Range(1, 16, "beats")
# Of a render.
SHARDS = Range(1, 1000)
COUNT = Range(1, 1_000_000)
NONE_OR_MORE = Range(0, 1_000_000)
# Up to four months: an installation.
SECONDS = Range(0, 10_000_000, "seconds", above_low=True)


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height in px of "WIDTHxHEIGHT".

    Raises:
        LikenessError: naming the range.
    """
    width, _, height = text.lower().partition("x")
    # Longer ones are out of the range, and Python refuses to read the very long.
    if not all(re.fullmatch("[0-9]{1,9}", side) and int(side) in SIDE for side in (width, height)):
        raise LikenessError(f"{text!r:.80} is not WIDTHxHEIGHT, such as 512x512, each {SIDE}")
    return int(width), int(height)


def _word(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"
