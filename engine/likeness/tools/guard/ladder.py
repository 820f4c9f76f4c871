"""Ladder: what is played next after a failure, and how long that waits."""

from typing import Literal

Rung = Literal["show", "fallback", "still"]

# A show that has lived for so long is well; what ends it then is a new failure.
WELL_S = 120.0
TRIES = 3
# Between two tries, in seconds; the last one counts for all that follow.
DELAYS_S = (0.0, 1.0, 3.0, 10.0)
# Between two looks for a display that is not there: a desktop or a projector that is still starting.
DISPLAY_S = (1.0, 2.0, 5.0, 10.0)
# After so long with a still picture the show itself is tried again.
STILL_S = 300.0


class Ladder:
    """Goes from the show to a simple one and to a still picture, three tries each, and begins again at the top.

    Attributes:
        rung: what is to be played now.
        failures: of this rung, one after the other.
        misses: how often there was no display, one after the other.
    """

    def __init__(self) -> None:
        self.rung: Rung = "show"
        self.failures = self.misses = 0

    @property
    def delay_s(self) -> float:
        """Return how long to wait before the next start, in seconds."""
        if self.misses:
            return DISPLAY_S[min(self.misses, len(DISPLAY_S)) - 1]
        return DELAYS_S[min(self.failures, len(DELAYS_S) - 1)]

    def fail(self, lived_s: float) -> None:
        """Note that what played has died after `lived_s` seconds with pictures."""
        if lived_s >= WELL_S:
            self.failures = 0
        self.failures += 1
        if self.failures < TRIES + 1:
            return
        self.rung = "fallback" if self.rung == "show" else "still"
        self.failures = 0

    def begin_again(self) -> None:
        """Try the show itself again, after a while with a still picture."""
        self.rung, self.failures = "show", 0
