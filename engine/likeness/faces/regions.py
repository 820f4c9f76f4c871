"""The regions of a photo, such as its face or its hair, found by graph cuts around the biggest face."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from likeness.errors import PhotoError
from likeness.faces.align import align, quadrilateral
from likeness.faces.detect import Detector
from likeness.faces.flow import Image
from likeness.faces.mattes import Mattes, cut_out, prior_mattes
from likeness.faces.photo import Photo

SIDE = 256  # px of the square in which the cuts are made
SOFTNESS = 1.5  # px of that square; the cuts are hard
REGIONS: dict[str, Callable[[Mattes], Image]] = {
    "face": lambda mattes: mattes.skin,
    "hair": lambda mattes: mattes.person - mattes.skin,
    "person": lambda mattes: mattes.person,
    "background": lambda mattes: 1 - mattes.person,
}


def find_region(photo: Photo, region: str) -> Image:
    """Return where a region of the photo is, `[height, width]` float32 in [0, 1]; a fifth of a second.

    Hair is with clothes. What lies outside the square that is cut around the face is background.

    Args:
        photo: `[height, width, 3]` uint8 RGB.
        region: one of `REGIONS`.

    Raises:
        PhotoError: no face is found.
    """
    faces = Detector().find(photo)
    if not faces:
        raise PhotoError(
            f"no face is found, so there is no {region}; give a picture of the mask, white where it counts"
        )
    landmarks = faces[0].landmarks
    square = align(photo, landmarks, SIDE)
    mattes = cut_out(np.ascontiguousarray(square[..., ::-1]), prior_mattes(SIDE))
    found = cv2.GaussianBlur(REGIONS[region](mattes).astype(np.float32), (0, 0), SOFTNESS)
    height, width = photo.shape[:2]
    corners = quadrilateral(landmarks)
    # The square's px corners, on the photo: top left, bottom left, bottom right.
    source = np.array([(-0.5, -0.5), (-0.5, SIDE - 0.5), (SIDE - 0.5, SIDE - 0.5)], np.float32)
    way = cv2.getAffineTransform(source, (corners[:3] - 0.5).astype(np.float32))
    outside = 1.0 if region == "background" else 0.0
    laid = cv2.warpAffine(
        found, way, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return np.asarray(laid, np.float32)
