"""Parameter history: the changes of targets in the last ten minutes, undone backwards from now."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from likeness.params import Value

REMEMBERED_S = 600.0
# Changes this near to one another are one: a knob that is turned for ten minutes makes 6,000 entries, not 36,000.
INTERVAL_S = 0.1


@dataclass(frozen=True)
class _Interval:
    """The changes from `time` and `beat` on, with the targets `before` them."""

    time: float
    beat: float
    before: dict[str, Value] = field(default_factory=dict)


class ParameterHistory:
    """Records the show's time and beat, and each change of a target. The show's thread alone calls it."""

    def __init__(self, seconds: float = REMEMBERED_S) -> None:
        self._seconds = seconds
        self._intervals: deque[_Interval] = deque([_Interval(0.0, 0.0)])
        self._now = _Interval(0.0, 0.0)
        self._coming_beat = 0.0

    def begin_frame(self, time: float, beat: float) -> None:
        """Begin a frame.

        Args:
            time: of the show until now.
            beat: of the new frame.
        """
        self._now, self._coming_beat = _Interval(time, self._coming_beat), beat
        if time - self._intervals[-1].time >= INTERVAL_S:
            self._intervals.append(self._now)
            # The oldest one stays, to mark where the record begins.
            while len(self._intervals) > 2 and self._intervals[1].time < time - self._seconds:
                self._intervals.popleft()

    def record(self, address: str, before: Value) -> None:
        """Record that the target of `address` changes in the new frame from `before`."""
        self._intervals[-1].before.setdefault(address, before)

    @property
    def time(self) -> float:
        """Return the show's time until now."""
        return self._now.time

    @property
    def beat(self) -> float:
        """Return the beat of the newest frame that was shown."""
        return self._now.beat

    def time_of(self, beat: float) -> float:
        """Return the show's time at which the beat was last at `beat`, or the oldest time recorded."""
        then = self._now
        for interval in reversed(self._intervals):
            # From the newest on: a beat that was set back has passed one place twice.
            if interval.beat <= beat:
                passed = then.beat - interval.beat
                share = min((beat - interval.beat) / passed, 1.0) if passed > 0 else 0.0
                return interval.time + share * (then.time - interval.time)
            then = interval
        return then.time

    def targets_at(self, time: float) -> dict[str, Value]:
        """Return the targets at the show's `time`, of those parameters that have changed since."""
        then: dict[str, Value] = {}
        for interval in self._intervals_since(time):
            then.update(interval.before)
        return then

    def _intervals_since(self, time: float) -> Iterator[_Interval]:
        """Yield the intervals of changes after `time`, the newest first."""
        for interval in reversed(self._intervals):
            # What changed in the frame that followed the interval's time was seen only after it.
            if interval.time < time - INTERVAL_S / 2:
                return
            yield interval
