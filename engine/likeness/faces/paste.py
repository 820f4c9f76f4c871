"""An aligned face laid back into the photo that it was cut from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.faces.align import quadrilateral
from likeness.faces.landmarks import Points
from likeness.faces.mattes import face_region
from likeness.faces.photo import Photo

# Light and colour are what is wider than this part of the cut; features are narrower.
BROAD = 1 / 12
# A face is replaced where it has changed by this many levels, as a mean over this part of the cut; elsewhere the photo
# stays as it is, with all the detail that no generator draws.
CHANGED, NEAR = 8.0, 1 / 24
# Within this part of the cut from its border the new face fades out, however far down a chin reaches.
TAPER = 1 / 12


def carry_light(edited: Photo, drawn: Photo, cut: Photo) -> NDArray[np.float32]:
    """Return `edited` in the photo's light: what `drawn` lacks of the cut in broad light and colour is added.

    Args:
        edited: the face as it is to be, `[size, size, 3]` uint8 RGB.
        drawn: the same face before the edit.
        cut: the photo's own.
    """
    missing = cut.astype(np.float32) - drawn
    return edited + cv2.GaussianBlur(missing, (0, 0), BROAD * len(cut), borderType=cv2.BORDER_REPLICATE)


def find_changed(edited: Photo, drawn: Photo) -> NDArray[np.float32]:
    """Return how far a face is to be replaced, `[size, size]` in [0, 1]: where it is face, and changes."""
    changed = np.abs(edited.astype(np.float32) - drawn).mean(axis=2)
    size = len(changed)
    share = np.clip(cv2.GaussianBlur(changed, (0, 0), NEAR * size) / CHANGED, 0, 1)
    line = np.arange(size) / (size - 1)
    taper = np.clip(np.minimum(line, 1 - line) / TAPER, 0, 1)
    # Squared, the region's soft rim falls to next to nothing before the hair.
    return np.asarray(share * face_region(size) ** 2 * taper * taper[:, None], np.float32)


def paste(photo: Photo, face: NDArray[np.float32], share: NDArray[np.float32], landmarks: Points) -> Photo:
    """Return `photo` with `share` of `face` where the face was, turned and scaled as it lay.

    Args:
        photo: `[height, width, 3]` uint8 RGB; not changed.
        face: `[size, size, 3]` RGB levels, aligned by `align` with the same landmarks.
        share: `[size, size]` in [0, 1], 0 at the border.
        landmarks: `[5, 2]` in the photo's px.
    """
    size = len(face)
    corners = quadrilateral(landmarks)
    # The square's corners are corners of px, and OpenCV's coordinates are the middles of px.
    square = np.array([[0, 0], [0, size], [size, size]], np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform(square, (corners[:3] - 0.5).astype(np.float32))
    height, width = photo.shape[:2]
    side = float(np.hypot(*(corners[3] - corners[0])))
    if side < size:
        # A face that is smaller in the photo is blurred first, as an average over its px.
        face = np.asarray(cv2.GaussianBlur(face, (0, 0), max(0.3, 0.4 * size / side)), np.float32)
    placed = cv2.warpAffine(face, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpAffine(share, matrix, (width, height), flags=cv2.INTER_LINEAR)[..., None]
    mixed = photo + (np.clip(placed, 0, 255) - photo) * covered
    return np.asarray(np.rint(mixed), np.uint8)
