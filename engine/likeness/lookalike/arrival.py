"""Arrival detection: when somebody before the camera becomes a visitor, by staying and being seen well."""

from __future__ import annotations

from likeness.lookalike.messages import FaceObservation

# A face that stays for the shorter time becomes a visitor if nothing speaks against the picture; after the longer one
# in any case. Together with the encoder's tenth of a second a visitor appears within a second.
GLANCE_S, PATIENCE_S = 0.3, 2.0
# After this long without a face, whoever comes next is somebody new.
GONE_S = 0.8


class ArrivalDetector:
    """Follows the observations of the camera's pictures, in their order. The tracker's thread alone calls it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget who is there, and that somebody was asked for."""
        self._since: float | None = None
        self._seen_at = 0.0
        self._best: FaceObservation | None = None
        self._arrived = self._asked = False

    def depart(self) -> None:
        """Forget who is there; a request by `ask` stays, for whoever comes next."""
        asked = self._asked
        self.reset()
        self._asked = asked

    def ask(self) -> None:
        """Report the next face at once, however well it is seen."""
        self._asked = True

    @property
    def present(self) -> bool:
        """Whether somebody is there."""
        return self._since is not None

    @property
    def arrived(self) -> bool:
        """Whether whoever is there was reported already."""
        return self._arrived

    def observe(self, observation: FaceObservation, *, auto: bool = True) -> FaceObservation | None:
        """Return the best observation of somebody who has arrived, once for each stay; None otherwise.

        Args:
            observation: of the next picture.
            auto: whether whoever stays arrives; else only who is asked for.
        """
        if not observation.present:
            if observation.at - self._seen_at > GONE_S:
                self.depart()
            return None
        if self._since is None:
            self._since = observation.at
        self._seen_at = observation.at
        if observation.embedding is None:
            return None
        if self._best is None or _rank(observation) >= _rank(self._best):
            self._best = observation
        stayed = observation.at - self._since
        well = not self._best.doubts and stayed >= GLANCE_S
        if self._asked or (auto and not self._arrived and (well or stayed >= PATIENCE_S)):
            best, self._best = self._best, None
            self._arrived, self._asked = True, False
            return best
        return None


def _rank(observation: FaceObservation) -> tuple[int, float]:
    return -len(observation.doubts), observation.sharpness
