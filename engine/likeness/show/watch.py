"""Watch over one show: what it tells of itself, and what makes it dead."""

from dataclasses import dataclass

from likeness.show.heartbeat import Heartbeat


@dataclass(frozen=True)
class Limits:
    """How long a show may do what a living one does not, in seconds.

    Args:
        start_s: until its first picture.
        silent_s: without a new picture.
        still_s: with the same picture, a black one or one of one colour, unless the master is told so; 0 never minds.
    """

    start_s: float = 180.0
    silent_s: float = 10.0
    still_s: float = 60.0


class Watch:
    """Judges a show by its heartbeats. Pure logic, without a clock.

    Args:
        limits: what is too long.
        now: when the show was started, in seconds of any clock that never jumps.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._began = self._new_at = self._moved_at = self._fine_at = now
        self._last: Heartbeat | None = None
        self.playing = False

    def take(self, beat: Heartbeat, now: float) -> None:
        """Take a heartbeat that came at `now`."""
        last, self._last = self._last, beat
        if last is None or beat.pictures > last.pictures:
            self._new_at = now
        if last is None or beat.held or beat.mark != last.mark:
            self._moved_at = now
        if last is None or beat.held or not beat.look:
            self._fine_at = now
        self.playing = self.playing or beat.pictures > 0

    def forgive(self, seconds: float) -> None:
        """Count so many seconds as not passed: the machine slept, or the supervisor itself got no time."""
        self._began += seconds
        self._new_at += seconds
        self._moved_at += seconds
        self._fine_at += seconds

    def judge(self, now: float) -> str:
        """Return why the show is dead, in words; "" while it lives."""
        limits = self._limits
        if not self.playing:
            late = now - self._began > limits.start_s
            return f"no picture in the first {limits.start_s:g} s" if late else ""
        assert self._last is not None
        windows = [name for name in self._last.lost if name.startswith("window")]
        if windows:
            return f"the {windows[0]} is lost"
        if now - self._new_at > limits.silent_s:
            return f"no new picture for {limits.silent_s:g} s"
        if limits.still_s and now - self._fine_at > limits.still_s:
            return f"a picture that is {self._last.look} for {limits.still_s:g} s"
        if limits.still_s and now - self._moved_at > limits.still_s:
            return f"the same picture for {limits.still_s:g} s"
        return ""
