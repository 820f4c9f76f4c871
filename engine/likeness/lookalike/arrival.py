"""Decides when somebody before the camera is a visitor: stays a moment, and is seen well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likeness.faces.embed import Embedding

# A face that is seen for so long is greeted if nothing speaks against the picture; after the longer time in any case.
# Together with the encoder's tenth of a second a visitor appears within a second.
GLANCE_S, PATIENCE_S = 0.3, 2.0
# Nobody is seen for so long: whoever comes then is looked at anew.
GONE_S = 0.8


@dataclass(frozen=True, eq=False)
class FaceObservation:
    """What the lookout saw in one picture of the camera.

    Attributes:
        number: of the picture.
        at: when it came, in seconds.
        faces: how many.
        present: whether one of them is large enough to be told from others.
        portrait: `[size, size, 3]` of that one, aligned; None where it was not asked for.
        embedding: `[128]` of it; None where it was not asked for.
        doubts: what speaks against the picture, in words.
        sharpness: of the portrait; larger is better.
    """

    number: int
    at: float
    faces: int
    present: bool = False
    portrait: NDArray[np.uint8] | None = None
    embedding: Embedding | None = None
    doubts: tuple[str, ...] = ()
    sharpness: float = 0.0


class ArrivalDetector:
    """Follows the sightings; the reception's thread alone calls it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._since: float | None = None
        self._seen_at = 0.0
        self._best: FaceObservation | None = None
        self._greeted = self._asked = False

    def catch(self) -> None:
        """Take whoever is seen next, at once and however well."""
        self._asked = True

    @property
    def present(self) -> bool:
        """Return whether somebody is there."""
        return self._since is not None

    @property
    def arrived(self) -> bool:
        """Return whether whoever is there has been greeted."""
        return self._greeted

    def observe(self, sighting: FaceObservation, *, auto: bool = True) -> FaceObservation | None:
        """Return the sighting by which a visitor is to be remembered, once for each stay; None otherwise.

        Args:
            sighting: in the order of the pictures.
            auto: whether whoever stays is greeted; else only who is caught.
        """
        if not sighting.present:
            if sighting.at - self._seen_at > GONE_S:
                asked = self._asked
                self.forget()
                self._asked = asked
            return None
        if self._since is None:
            self._since = sighting.at
        self._seen_at = sighting.at
        if sighting.embedding is None:
            return None
        if self._best is None or _rank(sighting) >= _rank(self._best):
            self._best = sighting
        stayed = sighting.at - self._since
        well = not self._best.doubts and stayed >= GLANCE_S
        if self._asked or (auto and not self._greeted and (well or stayed >= PATIENCE_S)):
            chosen, self._best = self._best, None
            self._greeted, self._asked = True, False
            return chosen
        return None


def _rank(sighting: FaceObservation) -> tuple[int, float]:
    return -len(sighting.doubts), sighting.sharpness
