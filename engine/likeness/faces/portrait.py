"""A photo reduced to one aligned face, or a message that says why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from likeness.errors import PhotoError
from likeness.faces.align import align
from likeness.faces.detect import Detector, Face
from likeness.faces.landmarks import eye_distance
from likeness.faces.photo import Photo
from likeness.faces.quality import Quality, measure_quality

# A face at the border counts as if it had this share of its size.
BORDER_WEIGHT = 0.4
# Below it no two people can be told apart, nor a latent found.
FEWEST_EYES = 8.0


@dataclass(frozen=True, eq=False)
class Portrait:
    """One face, cut out.

    Attributes:
        picture: `[size, size, 3]` uint8 RGB, aligned as in FFHQ.
        face: where it was in the photo.
        quality: its figures.
        notes: what its sender should know: other faces, darkness, blur; empty where all is well.
    """

    picture: Photo
    face: Face
    quality: Quality
    notes: tuple[str, ...]


def choose_main_face(faces: Sequence[Face], shape: tuple[int, ...]) -> Face:
    """Return the biggest and most central of one or more faces in a picture of `shape`."""
    height, width = shape[:2]

    def weight(face: Face) -> float:
        left, top, right, bottom = face.box
        x, y = (left + right) / width - 1, (top + bottom) / height - 1
        return face.area * (1 - (1 - BORDER_WEIGHT) * min(math.hypot(x, y), 1.0))

    return max(faces, key=weight)


def find_portrait(picture: Photo, detector: Detector, size: int, name: str = "the photo") -> Portrait:
    """Find the face of a photo and cut it out.

    Args:
        picture: `[height, width, 3]` uint8 RGB.
        detector: is asked for the faces.
        size: of the portrait, in px.
        name: for messages.

    Raises:
        PhotoError: there is no face, or it is too small to be told from others.
    """
    faces = detector.find(picture)
    if not faces:
        raise PhotoError(f"no face is found in {name}; take one from the front and near, in light, eyes in sight")
    return cut_portrait(picture, faces, size, name)


def cut_portrait(picture: Photo, faces: Sequence[Face], size: int, name: str = "the photo") -> Portrait:
    """Cut the main one of the faces of a photo out; arguments and errors are those of `find_portrait`."""
    face = choose_main_face(faces, picture.shape)
    apart = eye_distance(face.landmarks)
    if apart < FEWEST_EYES:
        raise PhotoError(
            f"the face in {name} is tiny, {apart:.0f} px between the eyes where {FEWEST_EYES:.0f} are the least; "
            "take one from nearer"
        )
    quality = measure_quality(picture, face)
    others = (f"{len(faces)} faces; the biggest near the middle is taken",) if len(faces) > 1 else ()
    return Portrait(align(picture, face.landmarks, size), face, quality, (*others, *quality.doubts))
