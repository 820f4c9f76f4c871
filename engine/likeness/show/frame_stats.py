"""Frame statistics: how many frames were shown, how many of them repeats, and how long they took."""

from collections import deque
from dataclasses import dataclass, field

# Ten seconds at 60 fps.
KEPT_TIMINGS = 600


@dataclass(frozen=True)
class Timing:
    """Where one frame's time went, in ms: all but the clock's wait, and the part inside `synthesize`.

    It began `at` seconds since the start.
    """

    frame_ms: float
    synthesis_ms: float
    at: float = 0.0


@dataclass
class FrameStats:
    """What the loop counts. The show's thread writes, any thread reads and waits for nothing.

    Attributes:
        frames: how many the show has had; of one that follows another machine, those before it joined too.
        repeated: how many of them showed the picture before once more.
        at: when the last frame began, in seconds since the start.
        drawn_at: when the last frame with a new picture began.
        timings: of the last frames.
        shown: how many frames were shown here.
        began_at: when the first of them began, in seconds since the start.
    """

    frames: int = 0
    repeated: int = 0
    at: float = 0.0
    drawn_at: float = 0.0
    timings: deque[Timing] = field(default_factory=lambda: deque(maxlen=KEPT_TIMINGS))
    shown: int = 0
    began_at: float = 0.0

    @property
    def latency_s(self) -> float:
        """Return how long the last frames took from their tick until the outputs had them: the median, in seconds."""
        # One call in C: the show's thread, which appends, cannot come between.
        spent = sorted(timing.frame_ms for timing in tuple(self.timings))
        return spent[len(spent) // 2] / 1e3 if spent else 0.0

    def summary(self) -> str:
        """Return the last frames in one line."""
        if not self.timings:
            return "no frame was drawn"
        spent = sorted(timing.frame_ms for timing in self.timings)
        middle, late = spent[len(spent) // 2], spent[min(len(spent) * 99 // 100, len(spent) - 1)]
        frames = f"{self.shown} frames, {self.repeated} of them repeats"
        return f"{frames}; the last {len(spent)} took {middle:.1f} ms (median), {late:.1f} ms (99 %)"
