"""Clocks that pace the loop: the wall clock for a show, counting for a render."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# A longer stall is not caught up: what moves goes on from where it was instead of leaping.
LONGEST_DT_S = 0.1
# Nor is it shorter than a frame and what one may be late: below 10 frames per second motion keeps its speed.
LONGEST_FRAMES = 1.5


@dataclass(frozen=True)
class Tick:
    """One tick of the clock.

    Args:
        index: frames since the start.
        dt: seconds that the show moves on in this frame.
        at: seconds since the start on this clock; what a recording is stamped with.
    """

    index: int
    dt: float
    at: float


BEFORE = Tick(-1, 0.0, 0.0)


class Clock(Protocol):
    """Paces the loop."""

    fps: float
    offline: bool
    # When the first frame was, by the wall's clock.
    began: float
    # Of the newest tick.
    at: float
    newest: Tick

    def tick(self) -> Tick:
        """Wait for the next frame's time and return it."""
        ...


class FixedClock:
    """Count frames without waiting, for renders that are the same each time."""

    offline = True
    began = 0.0

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._index = -1
        self.at = 0.0
        self.newest = BEFORE

    def go_on(self, newest: Tick) -> None:
        """Count on from the tick of another clock of this rate."""
        self._index, self.at, self.newest = newest.index, newest.at, newest

    def tick(self) -> Tick:
        """Return the next frame at once; the first one has dt 0."""
        self._index += 1
        self.at = self._index / self.fps
        self.newest = Tick(self._index, 0.0 if self._index == 0 else 1.0 / self.fps, self.at)
        return self.newest


class RealClock:
    """Wait for the wall clock; a late frame is shown late and those missed are not made up.

    `fps` may change between two frames.

    Attributes:
        began: when the first frame was, by `now`; 0 before it.
    """

    offline = False

    def __init__(
        self,
        fps: float,
        now: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.fps = fps
        self._now, self._sleep = now, sleep
        self._index = -1
        self.began = self._due = self._last = self.at = 0.0
        self.newest = BEFORE

    def go_on(self, newest: Tick, came: float) -> None:
        """Go on at once from the tick of another clock, which came here at `came` by `now`."""
        self._index, self.at, self.newest = newest.index, newest.at, newest
        self.began, self._last, self._due = came - newest.at, came, self._now() - 1.0 / self.fps

    def tick(self) -> Tick:
        """Sleep until the frame is due. One that is late by more than a frame sets the pace anew."""
        now = self._now()
        if self._index < 0:
            self.began = self._due = self._last = now
        else:
            self._due += 1.0 / self.fps
            if now < self._due:
                self._sleep(self._due - now)
                now = self._now()
            elif now > self._due + 1.0 / self.fps:
                self._due = now
        self._index += 1
        dt = min(now - self._last, max(LONGEST_DT_S, LONGEST_FRAMES / self.fps))
        self._last, self.at = now, now - self.began
        self.newest = Tick(self._index, dt, self.at)
        return self.newest
