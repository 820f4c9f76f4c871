"""Face detection: the faces of a picture, each with its box and five landmarks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.faces import landmarks as points
from likeness.faces.landmarks import Points
from likeness.faces.model_files import DETECTOR, FIVE_POINTS, MANY_POINTS, given_model, model_file
from likeness.faces.photo import Photo
from likeness.faces.resize import resize

log = logging.getLogger(__name__)

# Stills are searched at this size, or less: a face must be 80 px high there to be found. 0.13 s of one core.
STILL_SIDE = 1600
# No true face of 500 aligned ones scored lower than this without being turned away; wallpaper does.
LEAST_SCORE = 0.1
# HOG misses 6 in a hundred aligned faces, many of them dark or old or in hard light; of 31 such mmod found all 31.
# It takes 1.1 s of one core at this size, so it looks only where HOG has found nobody.
SECOND_SIDE = 640
# Landmarks are found in a close-up whose box has this many px: dlib counts whole ones.
CLOSE_UP = 320
YUNET_SCORE = 0.7


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a picture, in its px.

    Attributes:
        box: left, top, right, bottom: from the brows to the chin.
        landmarks: `[5, 2]` x and y: the eye at the picture's left, the other, the nose, the mouth's left corner, its
            right one. dlib's five points hold no mouth: it is reckoned from eyes and nose.
        score: how sure the detector is; the scale is its own.
        corners: `[5, 2]` dlib's own points, where they were found: what the embedding is taken from.
    """

    box: tuple[float, float, float, float]
    landmarks: Points
    score: float
    corners: Points | None = field(default=None, repr=False)

    @property
    def area(self) -> float:
        """Return the box's area in px."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)

    def transform(self, scale: float, left: float = 0.0, top: float = 0.0) -> Face:
        """Return the face as it is in a picture `scale` times as large, moved by `left` and `top` px after that."""
        by = np.array([left, top])
        corners = None if self.corners is None else self.corners * scale + by
        x0, y0, x1, y1 = (float(side * scale + (left, top)[at % 2]) for at, side in enumerate(self.box))
        return replace(self, box=(x0, y0, x1, y1), landmarks=self.landmarks * scale + by, corners=corners)


class Detector:
    """Finds faces. One thread at a time; dlib's search lets other Python threads run, its embedding does not.

    Args:
        name: "hog", which sees frontal faces in 20 ms at 640 x 360; "mmod", which sees more and takes a second;
            "auto", the second where the first finds nobody; or the path of a YuNet .onnx file.
        landmarks: "5"; or "68", whose training pictures forbid commercial use. YuNet brings its own.
        longest: a larger picture is searched at this size, in px.

    Raises:
        LikenessError: a model is absent.
    """

    def __init__(self, name: str = "auto", landmarks: str = "5", longest: int = STILL_SIDE) -> None:
        self._longest = longest
        self._find = _open_search("hog" if name == "auto" else name)
        self._second = _open_search("mmod") if name == "auto" else None
        if landmarks not in ("5", "68"):
            raise LikenessError(f"there are no {landmarks!r} landmarks; choose 5 or 68")
        if landmarks == "68":
            log.warning(
                "the 68-point model was trained on iBUG 300-W, which forbids commercial use: not for a paid night"
            )
        self._shape = None if name.endswith(".onnx") else ShapeModel(landmarks)

    def find(self, picture: Photo) -> list[Face]:
        """Return the faces of a picture `[height, width, 3]` uint8 RGB, the biggest first.

        A small picture in which nothing is found is looked at once more, twice as large.
        """
        side = max(picture.shape[:2])
        found = _find_at_scale(self._find, picture, min(1.0, self._longest / side))
        if not found and 2 * side <= self._longest:
            found = _find_at_scale(self._find, picture, 2.0)
        if not found and self._second is not None:
            found = _find_at_scale(self._second, picture, min(1.0, SECOND_SIDE / side))
        if self._shape is not None:
            found = [self._shape.complete(picture, face) for face in found]
        return sorted(found, key=lambda face: face.area, reverse=True)


class ShapeModel:
    """dlib's landmarks in a box that a detector has found.

    Args:
        count: "5" or "68".
    """

    def __init__(self, count: str = "5") -> None:
        import dlib

        self._count = count
        self._predict = dlib.shape_predictor(model_file(FIVE_POINTS if count == "5" else MANY_POINTS))
        self._rectangle = dlib.rectangle

    def complete(self, picture: Photo, face: Face) -> Face:
        """Return the face with its landmarks."""
        view, inside = close_up(picture, face)
        box = self._rectangle(*(round(side) for side in inside.box))
        shape = self._predict(view, box)
        found = np.array([(shape.part(i).x, shape.part(i).y) for i in range(shape.num_parts)], np.float64)
        five = found if self._count == "5" else points.five_of_many(found)
        placed = points.from_corners(five) if self._count == "5" else points.from_many(found)
        seen = replace(inside, landmarks=placed, corners=five)
        scale, left, top = _find_way_back(face, inside)
        return replace(seen.transform(scale, left, top), box=face.box)


def close_up(picture: Photo, face: Face) -> tuple[Photo, Face]:
    """Return the surroundings of a face, its box 320 px wide, and the face in there."""
    left, top, right, bottom = face.box
    half = max(right - left, bottom - top)
    height, width = picture.shape[:2]
    x0, y0 = max(0, int((left + right) / 2 - half)), max(0, int((top + bottom) / 2 - half))
    x1, y1 = min(width, int((left + right) / 2 + half) + 1), min(height, int((top + bottom) / 2 + half) + 1)
    scale = CLOSE_UP / half
    view = _scale_picture(picture[y0:y1, x0:x1], scale)
    return view, face.transform(scale, -x0 * scale, -y0 * scale)


def _scale_picture(picture: Photo, scale: float) -> Photo:
    """Return a picture `scale` times as large, contiguous as dlib wants it."""
    width, height = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.ascontiguousarray(resize(picture, width, height))


def _find_way_back(face: Face, inside: Face) -> tuple[float, float, float]:
    """What `moved` needs to bring the face of a close-up back into the picture."""
    scale = (face.box[2] - face.box[0]) / (inside.box[2] - inside.box[0])
    return scale, face.box[0] - inside.box[0] * scale, face.box[1] - inside.box[1] * scale


class _Hog:
    def __init__(self) -> None:
        import dlib

        self._detector = dlib.get_frontal_face_detector()

    def __call__(self, picture: Photo) -> list[Face]:
        boxes, scores, _ = self._detector.run(picture, 0, LEAST_SCORE)
        return [_to_face(box, score) for box, score in zip(boxes, scores, strict=True)]


class _Mmod:
    def __init__(self) -> None:
        import dlib

        self._detector = dlib.cnn_face_detection_model_v1(model_file(DETECTOR))

    def __call__(self, picture: Photo) -> list[Face]:
        return [_to_face(found.rect, found.confidence) for found in self._detector(picture, 0)]


class _YuNet:
    def __init__(self, path: str) -> None:
        try:
            self._detector = cv2.FaceDetectorYN.create(given_model(path, "YuNet model"), "", (320, 320), YUNET_SCORE)
            # Another network opens too, and fails at the first picture.
            self._detector.detect(np.zeros((320, 320, 3), np.uint8))
        except cv2.error as error:
            raise LikenessError(f"{path} is no YuNet model that OpenCV {cv2.__version__} opens: {error.err}") from error

    def __call__(self, picture: Photo) -> list[Face]:
        self._detector.setInputSize((picture.shape[1], picture.shape[0]))
        rows = self._detector.detect(np.ascontiguousarray(picture[..., ::-1]))[1]
        return [] if rows is None else [to_face(row) for row in rows]


def to_face(row: NDArray[np.float32]) -> Face:
    """Return the face that a row `[15]` of YuNet tells: x, y, width, height, five points, score."""
    x, y, width, height = (float(number) for number in row[:4])
    return Face((x, y, x + width, y + height), row[4:14].reshape(5, 2).astype(np.float64), float(row[14]))


def _find_at_scale(find: Callable[[Photo], list[Face]], picture: Photo, scale: float) -> list[Face]:
    return [face.transform(1 / scale) for face in find(_scale_picture(picture, scale))]


def _open_search(name: str) -> _Hog | _Mmod | _YuNet:
    if name == "hog":
        return _Hog()
    if name == "mmod":
        return _Mmod()
    if name.endswith(".onnx"):
        return _YuNet(name)
    raise LikenessError(f"there is no detector {name!r}; choose auto, hog, mmod, or the path of a YuNet .onnx file")


def _to_face(box: object, score: float) -> Face:
    left, top, right, bottom = (float(getattr(box, side)()) for side in ("left", "top", "right", "bottom"))
    return Face((left, top, right + 1, bottom + 1), np.zeros((5, 2)), float(score))
