"""A landmark filter: steady while a head is still, without delay when it moves."""

from __future__ import annotations

import math

import numpy as np

from likeness.faces.landmarks import Points, eye_distance

# Tuned as its authors say: the slowest cutoff until rest is rest, then the speed's weight until no lag is seen. With
# half a px of noise on a face of 64 px between the eyes, 0.12 px of it are left; a head that moves by half that in a
# second is followed 0.06 s late, one four times as fast 0.02 s.
REST_HZ = 0.6
SPEED_WEIGHT = 4.0
SPEED_HZ = 1.0
# Beyond it nothing is smoothed: another person, or the same one after a gap.
GAP_S = 0.5
JUMP = 0.8


class SteadyLandmarks:
    """A one-euro filter [Casiez, Roussel & Vogel 2012] over the landmarks of one face.

    A low-pass whose cutoff rises with the speed. Speeds are in eye distances a second, so that a face far off is
    treated as one that is near; and one speed is taken for all points, so that the face is not bent.

    Args:
        rest_hz: the cutoff at rest.
        speed_weight: Hz of cutoff for each eye distance a second.
    """

    def __init__(self, rest_hz: float = REST_HZ, speed_weight: float = SPEED_WEIGHT) -> None:
        self._rest_hz, self._speed_weight = rest_hz, speed_weight
        self._last: Points | None = None
        self._raw: Points | None = None
        self._speed = np.zeros(2)
        self._at = 0.0

    def smooth(self, landmarks: Points, at: float) -> Points:
        """Return the landmarks `[n, 2]`, steadied; the first two are the eyes.

        Args:
            landmarks: as found.
            at: when, in seconds; a step back or a gap begins anew.
        """
        dt = at - self._at
        self._at = at
        eyes = max(eye_distance(landmarks), 1e-6)
        fresh = self._last is None or self._raw is None or not 0 < dt <= GAP_S
        if self._last is None or self._raw is None or fresh or self._jumped(landmarks, eyes):
            self._last = self._raw = landmarks
            self._speed = np.zeros(2)
            return landmarks
        moved = (landmarks - self._raw).mean(axis=0) / eyes / dt
        self._raw = landmarks
        self._speed = self._speed + smoothing_share(SPEED_HZ, dt) * (moved - self._speed)
        cutoff = self._rest_hz + self._speed_weight * float(np.hypot(*self._speed))
        self._last = self._last + smoothing_share(cutoff, dt) * (landmarks - self._last)
        return self._last

    def reset(self) -> None:
        """Begin anew with the next landmarks."""
        self._last = self._raw = None
        self._speed = np.zeros(2)

    def _jumped(self, landmarks: Points, eyes: float) -> bool:
        return self._raw is not None and float(np.hypot(*(landmarks - self._raw).mean(axis=0))) > JUMP * eyes


def smoothing_share(cutoff_hz: float, dt: float) -> float:
    """Return how much of the way to the new value one step takes [ibid., eq. 3 and 5]."""
    tau = 1 / (math.tau * cutoff_hz)
    return 1 / (1 + tau / dt)
