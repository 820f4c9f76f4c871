"""A face's quality in a picture, in figures, with its faults in a photographer's words."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from likeness.faces.align import align, outside_share
from likeness.faces.detect import Face
from likeness.faces.landmarks import eye_distance
from likeness.faces.photo import Photo

SIDE = 128
# Of 236 sharp, lit faces two lay beyond any of these, both turned; of the same ones blurred by 1/64 of the picture,
# 19 in 20 were called blurred.
SMALL_EYES = 24.0
DARK, BRIGHT = 0.12, 0.88
FLAT = 0.05
BLURRED = 0.24
TURNED = 0.30
CUT_OFF = 0.35


@dataclass(frozen=True)
class Quality:
    """Figures of one face.

    Attributes:
        eyes: their distance in px of the photo; FFHQ's faces at 256 px have 64.
        light: mean luma of the face, in [0, 1].
        contrast: standard deviation of the luma, in [0, 1].
        sharpness: how strong the edges are against the contrast; 0.57 is usual.
        turn: how far the nose is off the middle, in eye distances; from 0.3 on a face is nearly in profile.
        outside: how much of the cut lies outside the photo, in [0, 1].
    """

    eyes: float
    light: float
    contrast: float
    sharpness: float
    turn: float
    outside: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return what speaks against the photo, in words, each with what to do; empty where all is well."""
        found = []
        if self.eyes < SMALL_EYES:
            found.append(f"the face is small ({self.eyes:.0f} px between the eyes); come nearer")
        if self.light < DARK:
            found.append("it is dark; turn the face to the light")
        if self.light > BRIGHT:
            found.append("it is too bright; take light off the face")
        if self.contrast < FLAT:
            found.append("it has hardly any contrast; wipe the lens or take the fog out")
        elif self.sharpness < BLURRED:
            found.append("it is blurred; hold still or focus")
        if self.turn > TURNED:
            found.append("the face is turned away; look at the camera")
        if self.outside > CUT_OFF:
            found.append(f"{100 * self.outside:.0f} % of the head is outside the picture; step to the middle")
        return tuple(found)


def measure_quality(picture: Photo, face: Face) -> Quality:
    """Return the figures of a face in its picture `[height, width, 3]` uint8 RGB."""
    small = align(picture, face.landmarks, SIDE)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    # From the brows to the chin, and from cheek to cheek: hair and background say nothing of the face.
    inner = grey[SIDE * 5 // 16 : SIDE * 13 // 16, SIDE * 9 // 32 : SIDE * 23 // 32]
    contrast = float(inner.std())
    edges = float(cv2.Laplacian(inner, cv2.CV_32F).std())
    left, right, nose = face.landmarks[:3]
    way = right - left
    turn = abs(float((nose - (left + right) / 2) @ way) / max(float(way @ way), 1e-9))
    return Quality(
        eyes=eye_distance(face.landmarks),
        light=float(inner.mean()),
        contrast=contrast,
        sharpness=edges / max(contrast, 1e-3),
        turn=turn,
        outside=outside_share(picture.shape, face.landmarks),
    )
