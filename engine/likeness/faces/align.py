"""Face alignment: a square cut as in FFHQ, continued softly where the photo ends."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import PhotoError
from likeness.faces.landmarks import Points, rotate_quarter
from likeness.faces.photo import Photo

# [Karras et al. 2019, appendix C; the makers' dataset tool]: where the square lies, in eyes and mouth.
DOWN, BY_EYES, BY_MOUTH = 0.1, 2.0, 1.8
# How far beyond the photo's edge the reflection is blurred fully, and has faded to one colour; in sides of the square.
BLURRED_AT, FADED_AT = 0.06, 0.35
BLUR = 0.02
# A face that is larger than this many times the cut is cut out of a smaller copy.
MOST_SAMPLES = 2


def quadrilateral(landmarks: Points) -> Points:
    """Return the corners `[4, 2]` of FFHQ's square: top left, bottom left, bottom right, top right, in px.

    Its middle is the eyes' centre and a tenth of the way to the mouth; half its side is the larger one of 2.0 times
    the eyes' distance and 1.8 times that way; it is turned by both.

    Args:
        landmarks: `[5, 2]`, as in `Face.landmarks`.

    Raises:
        PhotoError: they all fall into one point.
    """
    eyes, mouth = landmarks[0:2].mean(axis=0), landmarks[3:5].mean(axis=0)
    between, down = landmarks[1] - landmarks[0], mouth - eyes
    right = between - rotate_quarter(down)
    length = float(np.hypot(*right))
    if not length > 1e-6:
        raise PhotoError("the landmarks of this face lie in one point; take another photo")
    right *= max(BY_EYES * float(np.hypot(*between)), BY_MOUTH * float(np.hypot(*down))) / length
    below = rotate_quarter(right)
    middle = eyes + DOWN * down
    return np.stack([middle - right - below, middle - right + below, middle + right + below, middle + right - below])


def align(picture: Photo, landmarks: Points, size: int) -> Photo:
    """Return the face, cut out and turned upright: `[size, size, 3]` uint8 RGB.

    What lies outside the picture is its reflection, more blurred with the distance, then its mean colour.

    Args:
        picture: `[height, width, 3]` uint8 RGB.
        landmarks: `[5, 2]` in its px.
        size: in px.

    Raises:
        PhotoError: no part of the square lies in the picture.
    """
    corners = quadrilateral(landmarks)
    side = float(np.hypot(*(corners[3] - corners[0])))
    scale = min(1.0, MOST_SAMPLES * size / side)
    part, corners = _crop_around(picture, corners, scale)
    samples = max(1, min(MOST_SAMPLES, round(side * scale / size + 0.49)))
    wide = size * samples
    # The square's corners are corners of px, and OpenCV's coordinates are the middles of px.
    target = np.array([[0, 0], [0, wide], [wide, wide]], np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform((corners[:3] - 0.5).astype(np.float32), target)
    cut = cv2.warpAffine(part, matrix, (wide, wide), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if samples > 1:
        cut = cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cut, np.uint8)


def outside_share(shape: tuple[int, ...], landmarks: Points) -> float:
    """Return how much of the square lies outside a picture of `shape`, in [0, 1]."""
    corners = quadrilateral(landmarks)
    steps = (np.arange(32) + 0.5) / 32
    down, right = corners[1] - corners[0], corners[3] - corners[0]
    spots = corners[0] + steps[:, None, None] * down + steps[None, :, None] * right
    inside = (spots >= 0).all(-1) & (spots[..., 0] < shape[1]) & (spots[..., 1] < shape[0])
    return float(1 - inside.mean())


def _crop_around(picture: Photo, corners: Points, scale: float) -> tuple[Photo, Points]:
    """Return the upright rectangle around the square, `scale` times as large, and the corners in it."""
    height, width = picture.shape[:2]
    x0, y0 = (int(low) for low in np.floor(corners.min(axis=0)) - 2)
    x1, y1 = (int(high) for high in np.ceil(corners.max(axis=0)) + 2)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if right - left < 2 or bottom - top < 2:
        raise PhotoError("the face lies outside the picture; take a photo that shows all of it")
    part = picture[top:bottom, left:right]
    if scale < 1:
        size = max(2, round((right - left) * scale)), max(2, round((bottom - top) * scale))
        by = np.array([size[0] / (right - left), size[1] / (bottom - top)])
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    else:
        by = np.ones(2)
    pads = [
        int(np.ceil(pad * factor))
        for pad, factor in ((left - x0, by[0]), (top - y0, by[1]), (x1 - right, by[0]), (y1 - bottom, by[1]))
    ]
    corners = (corners - (left, top)) * by
    if max(pads):
        side = float(np.hypot(*(corners[3] - corners[0])))
        part = _extend(part, pads, side)
        corners = corners + np.array(pads[:2])
    return part, corners


def _extend(part: Photo, pads: list[int], side: float) -> Photo:
    """Return the picture with `pads` px more at left, top, right and bottom."""
    left, top, right, bottom = pads
    wide = cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_REFLECT_101).astype(np.float32)
    height, width = wide.shape[:2]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    beyond_x = np.maximum(np.maximum(left - x, x - (width - 1 - right)), 0)
    beyond_y = np.maximum(np.maximum(top - y, y - (height - 1 - bottom)), 0)
    beyond = np.hypot(beyond_x[None, :], beyond_y[:, None])[..., None] / np.float32(side)
    blurred = _blur(wide, BLUR * side)
    wide += (blurred - wide) * np.clip(beyond / np.float32(BLURRED_AT), 0, 1)
    # The median, as in FFHQ, keeps to a colour of the picture, where the mean of two is neither.
    edge = np.median(part.reshape(-1, 3)[:: max(1, part.size // 30000)], axis=0).astype(np.float32)
    wide += (edge - wide) * np.clip(beyond / np.float32(FADED_AT), 0, 1)
    return np.asarray(np.rint(np.clip(wide, 0, 255)), np.uint8)


def _blur(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return the picture, blurred by a Gaussian; a wide one in a smaller copy, which took 30 s at 4,096 px before."""
    height, width = picture.shape[:2]
    shrink = max(1.0, sigma / 3)
    small = cv2.resize(
        picture, (max(1, round(width / shrink)), max(1, round(height / shrink))), None, 0, 0, cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), max(sigma / shrink, 0.3))
    return np.asarray(cv2.resize(small, (width, height)), np.float32)
