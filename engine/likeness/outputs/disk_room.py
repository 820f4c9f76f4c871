"""Warning before a recording fills its disk."""

import logging
import shutil
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

# Said once at each of these, in minutes before the end.
WARN_AT = (10.0, 2.0)
# The rate is that of the last minute, and known after some seconds: the first fragments say little.
MEASURED_S, LEAST_S = 60.0, 5.0


def free_bytes(folder: Path) -> int:
    """Return how much of its disk may still be written."""
    return shutil.disk_usage(folder).free


class DiskRoom:
    """The time until the disk of a recording is full. The thread that writes calls `check`, once a second or so.

    The disk fills as fast as the recording grows, or as the room shrinks where that is faster: two films, or other
    programs, may share it.

    Args:
        name: what messages call the recording.
        folder: on that disk.
        free: returns the bytes that are free there.
        now: seconds.

    Attributes:
        minutes: until it is full; None while that is unknown. Any thread may read it.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        free: Callable[[Path], int] = free_bytes,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._folder, self._free, self._now = name, folder, free, now
        self._past: deque[tuple[float, int, int]] = deque()
        self._warnings = list(WARN_AT)
        self.minutes: float | None = None

    def check(self, written: int) -> None:
        """Measure, and warn where it is time to.

        Args:
            written: bytes of the recording so far.
        """
        try:
            free = self._free(self._folder)
        except OSError:  # the folder is gone, which whoever writes there says
            self.minutes = None
            return
        now = self._now()
        self._past.append((now, written, free))
        while now - self._past[0][0] > MEASURED_S:
            self._past.popleft()
        then, written_then, free_then = self._past[0]
        if now - then < LEAST_S:
            return
        rate = max(written - written_then, free_then - free) / (now - then)
        self.minutes = free / rate / 60 if rate > 0 else None
        if self.minutes is None or not self._warnings or self.minutes >= self._warnings[0]:
            return
        self._warnings = [minutes for minutes in self._warnings if minutes < self.minutes]
        log.warning(
            "%s fills its disk in about %s at this rate: free some of %s, or end it and record elsewhere",
            self._name,
            _words(self.minutes),
            self._folder,
        )


def _words(minutes: float) -> str:
    if minutes < 1:
        return f"{max(1, round(minutes * 60))} s"
    return "1 minute" if round(minutes) == 1 else f"{minutes:.0f} minutes"
