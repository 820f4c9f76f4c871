"""The time of a training run: texts such as 90m, progress, and when the last step must end to finish in time."""

import math
import re
import time
from collections.abc import Callable

from likeness.errors import TrainingError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# Factor on the measured cost of checkpoint, export and videos, to reserve time for the last ones.
MARGIN = 1.3
# Reserved before anything was measured.
FIRST_FINISH_S = 2.0


def parse_time(text: str) -> float:
    """Return the seconds of a text such as "90m", "1h30m", "45s" or "600".

    Raises:
        TrainingError: it is no time, or none at all.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip().lower())
    seconds = sum(float(number) * UNITS[unit or "s"] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text.strip().lower() or not 0 < seconds < 1e9:
        raise TrainingError(f"--time {text!r} is no time; write 90m, 1h30m or 45s")
    return seconds


def format_time(seconds: float) -> str:
    """Return seconds as text: "45 s", "12 min", "1 h 30 min"."""
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def fade_out(progress: float, begin: float = 2 / 3) -> float:
    """Return 1 until `begin`, then half a cosine down to 0 at 1 [Loshchilov & Hutter 2017, eq. 5, one period]."""
    late = min(max((progress - begin) / (1 - begin), 0.0), 1.0)
    return 0.5 * (1 + math.cos(math.pi * late))


class Schedule:
    """The progress of a run. Either steps or a time end it; a time includes everything after the last step.

    Args:
        steps: of the whole run, or None.
        time_s: of the whole run, or None.
        spent_s: of the time, in earlier sittings.
        started_at: when this sitting began, by `now`.
        now: a clock in seconds.
    """

    def __init__(
        self,
        steps: int | None,
        time_s: float | None,
        spent_s: float = 0.0,
        started_at: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._steps, self._time_s, self._spent_s, self._now = steps, time_s, spent_s, now
        self._started_at = now() if started_at is None else started_at
        self.finish_s = FIRST_FINISH_S

    @property
    def spent_s(self) -> float:
        """Seconds of the run so far, over all sittings."""
        return self._spent_s + self._now() - self._started_at

    def reserve(self, finish_s: float) -> None:
        """Reserve `finish_s`, as it was measured, with a margin, for the work after the last step."""
        self.finish_s = max(finish_s * MARGIN, FIRST_FINISH_S)

    def progress(self, step: int) -> float:
        """Return the progress before `step`, from 0 to 1."""
        if self._steps is not None:
            return min(step / self._steps, 1.0)
        assert self._time_s is not None
        return min(self.spent_s / max(self._time_s - self.finish_s, 1e-3), 1.0)

    def left_s(self, step: int, steps_per_s: float) -> float:
        """Return the seconds that are left, until all is written."""
        if self._time_s is not None:
            return max(self._time_s - self.spent_s, 0.0)
        assert self._steps is not None
        return (self._steps - step) / steps_per_s + self.finish_s if steps_per_s > 0 else math.inf
