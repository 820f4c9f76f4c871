"""Clock of a shadow: the leader's frames while they come, then the shadow's own from where the leader stood."""

from collections.abc import Callable

from likeness.show.clock import BEFORE, FixedClock, RealClock, Tick
from likeness.show.shadow.messages import LedFrame

# So many frames that wait are played one by one; more are played at once, since nobody sees them, and each one that is
# drawn late would be late at a takeover.
MOST_BEHIND = 1


class FollowedClock:
    """Paces a shadow. The show's thread.

    Args:
        fps: of the shadow, once it plays alone.
        offline: whether it then counts frames instead of waiting.
        next_frames: waits for frames of the leader and returns those that are played at once; none once it is gone.
        came_at: returns when the newest frame of the leader came, in seconds of `time.perf_counter`.
    """

    def __init__(
        self,
        fps: float,
        *,
        offline: bool,
        next_frames: Callable[[], list[LedFrame]],
        came_at: Callable[[], float],
    ) -> None:
        self.offline, self._next_frames, self._came_at = offline, next_frames, came_at
        self._fps, self._led_fps = fps, fps
        self._own: FixedClock | RealClock | None = None
        self.began = self.at = 0.0
        self.newest = BEFORE

    @property
    def fps(self) -> float:
        """Return the rate that plays: the leader's, then this machine's own."""
        return self._own.fps if self._own else self._led_fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._fps = fps
        if self._own is not None:
            self._own.fps = fps

    def tick(self) -> Tick:
        """Wait for the leader's next frame and return its tick; without a leader that of the next frame here."""
        frames = [] if self._own else self._next_frames()
        if not frames:
            return self._tick_alone()
        last = frames[-1]
        self._led_fps = last.fps
        self.newest = Tick(last.tick.index, sum(frame.tick.dt for frame in frames), last.tick.at)
        self.at, self.began = last.tick.at, self._came_at() - last.tick.at
        return self.newest

    def _tick_alone(self) -> Tick:
        if self._own is None:
            if self.offline:
                fixed = FixedClock(self._led_fps)
                fixed.go_on(self.newest)
                self._own = fixed
            else:
                real = RealClock(self._fps)
                real.go_on(self.newest, self._came_at())
                self._own = real
        self.newest = self._own.tick()
        self.at, self.began = self._own.at, self._own.began
        return self.newest
