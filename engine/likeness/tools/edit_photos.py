"""Photos edited along directions: the face found, taken to a latent, moved, drawn, and laid back where asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.faces.align import align, quadrilateral
from likeness.faces.detect import Detector
from likeness.faces.landmarks import Points
from likeness.faces.painting import explain_absence, find_painted_faces, place_by_eyes
from likeness.faces.paste import carry_light, find_changed, paste
from likeness.faces.photo import read_photo
from likeness.faces.portrait import cut_portrait
from likeness.faces.resize import resize
from likeness.generator import Generator
from likeness.picture import Picture, to_picture, to_tensor
from likeness.projection.search_encoder import OnStep, SearchEncoder
from likeness.tools.moves import explain_moves, show_same, sum_moves

# Of a strip: the face as the generator draws it, and on to the edited one.
STATIONS = 5
# A pasted face that is enlarged by more than this is noticeably softer than its photo.
SOFT = 1.5


@dataclass(frozen=True)
class EditPlan:
    """What to do with each photo.

    Args:
        moves: the direction's name or file, with how far to go, in standard deviations.
        steps: of the search from the encoder's guess; 0 takes the guess as it is.
        aligned: the photos are cut square around the face already.
        eyes: x and y of the eye at the picture's left, then of the other, in px; the detector is not asked.
        seed: of the search.
        paste: lay the face back into the photo that it was cut from.
    """

    moves: Mapping[str, float]
    steps: int = 100
    aligned: bool = False
    eyes: tuple[float, float, float, float] | None = None
    seed: int = 0
    paste: bool = False


@dataclass(frozen=True, eq=False)
class EditedPhoto:
    """What became of one photo.

    Args:
        picture: the edited face, `[size, size, 3]`.
        pasted: the whole photo with it; None where that was not asked for, and for a photo that was cut already.
        strip: the photo's own face, then the drawn one on its way from unmoved to edited.
        notes: what its sender should know.
    """

    picture: Picture
    pasted: Picture | None
    strip: tuple[Picture, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Cut:
    """A face as it is edited: the whole photo, the cut, where it lay (None: it is the whole), and notes."""

    photo: Picture
    picture: Picture
    landmarks: Points | None
    notes: tuple[str, ...]


class PhotoEditor:
    """Edits photo after photo.

    Args:
        generator: of any family.
        plan: what to do.

    Raises:
        WeightsError: a direction is not there, or of another generator's shape.
    """

    def __init__(self, generator: Generator, plan: EditPlan) -> None:
        self._generator, self._plan = generator, plan
        self._size = generator.info.resolution
        self._move = sum_moves(generator, plan.moves)
        self._said = tuple(explain_moves(generator, plan.moves))
        self._encoder = SearchEncoder(generator, plan.steps, plan.seed)
        self._detector = None if plan.aligned or plan.eyes else Detector()

    def edit(self, photo: Path, on_step: OnStep = lambda _step: None) -> EditedPhoto:
        """Return a photo edited.

        Raises:
            LikenessError: it cannot be read, or no face is found in it.
        """
        cut = self._cut(photo)
        latent = self._encoder.encode(to_tensor(cut.picture).to(self._generator.mean), on_step)
        way = [self._draw(latent + self._move * (index / (STATIONS - 1))) for index in range(STATIONS)]
        notes, pasted = (*cut.notes, *self._said), None
        if show_same(way[-1], way[0]) and not self._said:
            notes = (*notes, "nothing changes that could be seen; go farther, or along another direction")
        if self._plan.paste and cut.landmarks is not None:
            share = find_changed(way[-1], way[0])
            pasted = paste(cut.photo, carry_light(way[-1], way[0], cut.picture), share, cut.landmarks)
            corners = quadrilateral(cut.landmarks)
            enlarged = float(np.hypot(*(corners[3] - corners[0]))) / self._size
            if enlarged > SOFT:
                notes = (*notes, f"it is {enlarged:.1f} times as large in the photo as it is drawn: pasted, it is soft")
        return EditedPhoto(way[-1], pasted, (cut.picture, *way), notes)

    def _cut(self, path: Path) -> _Cut:
        photo = read_photo(path)
        if self._plan.aligned:
            height, width = photo.shape[:2]
            if height != width:
                raise LikenessError(
                    f"{path} is {width} x {height} px; aligned photos are square, so leave out --aligned"
                )
            return _Cut(photo, resize(photo, self._size), None, ())
        if self._plan.eyes is not None:
            x0, y0, x1, y1 = self._plan.eyes
            landmarks = place_by_eyes((x0, y0), (x1, y1))
            return _Cut(photo, align(photo, landmarks, self._size), landmarks, ())
        assert self._detector is not None
        faces, how = find_painted_faces(photo, self._detector)
        if not faces:
            raise explain_absence(photo, str(path))
        found = cut_portrait(photo, faces, self._size, str(path))
        return _Cut(photo, found.picture, found.face.landmarks, (*((how,) if how else ()), *found.notes))

    @torch.inference_mode()
    def _draw(self, latent: Tensor) -> Picture:
        return to_picture(self._generator.synthesize(latent))
