"""Faces in paintings and drawings: where a detector of photographed faces finds none, it is shown calmer pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from likeness.errors import PhotoError
from likeness.faces.detect import Detector, Face
from likeness.faces.landmarks import MOUTH_BY_EYES, MOUTH_BY_NOSE, MOUTH_WIDTH, Points, rotate_quarter
from likeness.faces.photo import Photo

# The nose of an upright face lies so far below its eyes, in the eyes' distances.
NOSE_DOWN = 0.62
# Brush strokes and hatching are narrower than this part of the picture's longer side.
STROKE = 1 / 150
SMALLEST = 80
FLAT = 12.0
BLANK, MOSTLY = 24, 0.6


def find_painted_faces(picture: Photo, detector: Detector) -> tuple[list[Face], str]:
    """Return the faces of a picture, and in what they were found where that was not the picture as it is.

    Args:
        picture: `[height, width, 3]` uint8 RGB.
        detector: of photographed faces.
    """
    found = detector.find(picture)
    if found:
        return found, ""
    for name, change in CALMER.items():
        found = detector.find(change(picture))
        if found:
            return found, f"the face was found once the picture was {name}"
    return [], ""


def explain_absence(picture: Photo, name: str) -> PhotoError:
    """Return an error that says why no face may have been found in a picture, and what to do about it."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    paper = float(np.median(grey))
    blank = float((np.abs(grey - paper) < BLANK).mean())
    if min(height, width) < SMALLEST:
        why = f"it is {width} x {height} px, and a face must be some {SMALLEST} px high"
    elif float(grey.std()) < FLAT:
        why = "it is nearly of one brightness"
    elif blank > MOSTLY and (paper > 200 or paper < 55):
        why = f"it is a drawing of lines, {blank:.0%} of it blank; faces are told by light and shade"
    else:
        why = "there may be none, or it is turned away, covered, or too far from a photographed one"
    return PhotoError(
        f"no face is found in {name}, nor in it smoothed and with more contrast: {why}; "
        "say where the eyes are with --eyes X,Y,X,Y in px, or cut a square around the face and add --aligned"
    )


def place_by_eyes(left: tuple[float, float], right: tuple[float, float]) -> Points:
    """Return landmarks `[5, 2]`, as in `Face.landmarks`, of an ordinary face with its eyes there.

    Args:
        left, right: x and y in px of the eye at the picture's left and of the other.

    Raises:
        PhotoError: both are in one place, or the left one is at the right.
    """
    eyes = np.array([left, right], np.float64)
    between = eyes[1] - eyes[0]
    if not between[0] > 0:
        raise PhotoError(f"eyes at {left} and {right}: the first is the one at the picture's left")
    middle, down = eyes.mean(axis=0), rotate_quarter(between)
    nose = middle + NOSE_DOWN * down
    mouth = middle + MOUTH_BY_NOSE * (nose - middle) + MOUTH_BY_EYES * down
    half = between * MOUTH_WIDTH / 2
    return np.stack([eyes[0], eyes[1], nose, mouth - half, mouth + half])


def _smooth(picture: Photo) -> Photo:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(1.0, STROKE * max(picture.shape[:2]))), np.uint8)


def _raise_contrast(picture: Photo) -> Photo:
    """Return the picture with its brightness spread out in every part [Zuiderveld 1994, CLAHE]."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(3.0, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def _invert(picture: Photo) -> Photo:
    return np.asarray(255 - picture, np.uint8)


CALMER: Mapping[str, Callable[[Photo], Photo]] = {
    "smoothed": _smooth,
    "given more contrast": _raise_contrast,
    "smoothed and given more contrast": lambda picture: _raise_contrast(_smooth(picture)),
    "smoothed twice": lambda picture: _smooth(_smooth(_smooth(picture))),
    "turned into its negative": _invert,
}
