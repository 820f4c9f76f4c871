"""Steady measures: each number of a face filtered by itself, still at rest and prompt when it moves."""

import math

from likeness.faces.landmark_filter import GAP_S, smoothing_share
from likeness.toolkit.puppet.expression import Measures

# Tuned on a drawn face that is filmed at 30 pictures a second, with a px of noise in a picture of 640: a jaw at rest
# trembles by 2 % of its range, and one that opens in a tenth of a second is followed within that picture.
REST_HZ, SPEED_WEIGHT, SPEED_HZ = 1.8, 5.0, 3.0
# How far each measure goes, by the end of its name: so that one speed means the same for all.
RANGES = {
    "jaw": 0.3, "out": 0.08, "down": 0.12, "open": 0.25, "inner": 0.05, "outer": 0.08, "side": 0.4, "up": 0.28,
    "yaw": 0.5, "pitch": 0.4, "roll": 0.5, "x": 0.3, "y": 0.3, "size": 0.4,
}  # fmt: skip


class SteadyMeasures:
    """A one-euro filter [Casiez, Roussel & Vogel 2012] for each measure, whose cutoff rises with the speed."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._raw: dict[str, float] = {}
        self._speed: dict[str, float] = {}
        self._at = -math.inf

    def smooth(self, measures: Measures, at: float) -> dict[str, float]:
        """Return the measures of a picture, steadied.

        Args:
            measures: as they were found; none lets it begin anew.
            at: when, in seconds; a step back or a gap begins anew.
        """
        dt, self._at = at - self._at, at
        if not 0 < dt <= GAP_S or measures.keys() != self._last.keys():
            self._last, self._raw = dict(measures), dict(measures)
            self._speed = dict.fromkeys(measures, 0.0)
            return dict(measures)
        share = smoothing_share(SPEED_HZ, dt)
        for name, value in measures.items():
            moved = (value - self._raw[name]) / RANGES[name.rpartition("_")[2]] / dt
            self._speed[name] += share * (moved - self._speed[name])
            cutoff = REST_HZ + SPEED_WEIGHT * abs(self._speed[name])
            self._last[name] += smoothing_share(cutoff, dt) * (value - self._last[name])
        self._raw = dict(measures)
        return dict(self._last)
