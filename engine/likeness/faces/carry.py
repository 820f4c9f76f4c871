"""The change between two drawings of a face, carried over to the photo that they were drawn after."""

from __future__ import annotations

import cv2
import numpy as np

from likeness.faces.flow import Field, FlowFinder, compose, even_contrast, invert, limit_length, smooth_field, warp
from likeness.faces.mattes import face_region
from likeness.faces.photo import Photo

# In parts of the side: how widely moves that were found are smoothed, and how far one may go.
SMOOTHED, FARTHEST = 1 / 42, 1 / 12
# How much a change of colour is blurred: on the face next to nothing, around it widely, where the outlines of drawing
# and photo are not the same.
FINE, BROAD = 1 / 170, 1 / 16


def carry_change(photo: Photo, before: Photo, after: Photo, field: Field) -> Photo:
    """Return the photo moved and lit as the second drawing is against the first.

    The photo is warped, so that it keeps its own skin, hair and wall; what changed in colour besides is added, such as
    a shadow, or teeth in a smile.

    Args:
        photo: the aligned face, `[size, size, 3]` uint8 RGB; not changed.
        before: the drawing of its latent.
        after: the drawing of the latent that was moved.
        field: how the first drawing is warped to the second, `[size, size, 2]` in px, as `likeness.faces.flow` has it.
    """
    size = len(photo)
    changed = after.astype(np.float32) - np.asarray(warp(before.astype(np.float32), field), np.float32)
    fine, broad = (cv2.GaussianBlur(changed, (0, 0), blur * size) for blur in (FINE, BROAD))
    face = face_region(size)[..., None]
    moved = np.asarray(warp(photo.astype(np.float32), field), np.float32) + broad + (fine - broad) * face
    return np.asarray(np.rint(np.clip(moved, 0, 255)), np.uint8)


def carry_worn(photo: Photo, bare: Photo, worn: Photo) -> Photo:
    """Return the photo with what a drawing wears and the same drawing bare does not, as sharp as it is drawn.

    What makes the drawing darker takes as much of the photo's light, and what makes it lighter as much of its dark.

    Args:
        photo: the aligned face, already moved as the drawings are, `[size, size, 3]` uint8 RGB; not changed.
        bare, worn: the drawings.
    """
    below, there, seen = (np.asarray(each, np.float32) / 255 for each in (bare, worn, photo))
    darker = seen * there / np.maximum(below, 1 / 255)
    lighter = 1 - (1 - seen) * (1 - there) / np.maximum(1 - below, 1 / 255)
    dressed = np.where(there == below, seen, np.where(there < below, darker, lighter))
    return np.asarray(np.rint(np.clip(dressed, 0, 1) * 255), np.uint8)


def find_move(before: Photo, after: Photo, finder: FlowFinder) -> Field:
    """Return the field from one drawing to another, `[size, size, 2]` in px, found by dense optical flow.

    Args:
        before, after: drawings of one face, `[size, size, 3]` uint8 RGB.
        finder: of the caller's thread.
    """
    size = len(before)
    field, trust = finder.find(even_contrast(after[..., ::-1]), even_contrast(before[..., ::-1]))
    return limit_length(smooth_field(field, trust, SMOOTHED * size), FARTHEST * size)


def join_warps(before: Field, after: Field) -> Field:
    """Return the field from one drawing to another where both are warped from one mean face, in the same units.

    Args:
        before, after: for each place of a drawing, how far from it its colour came from on the mean face,
            `[size, size, 2]` in px.
    """
    return compose(after, invert(before))
