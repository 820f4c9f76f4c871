"""Mouth fields: how expressions move a face, carried over from a face of triangles to a composite's mean face.

The shapes are those of ICT-FaceKit [Li et al. 2020], as forward displacements of its neutral face seen from the front.
Between the lips such a field tears, so each shape becomes two smooth ones: of what lies above the lips' line, and of
what lies below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.toolkit.mouth_frame import BROWS, FAMILY, LOWER_FACE, MOVES, UPPER_FACE, Box

Floats = NDArray[np.float32]

NOTICE = "Copyright (c) 2020 USC Institute for Creative Technologies (ICT-FaceKit, MIT)"
LICENCE = Licence("made of ICT-FaceKit's expression shapes (MIT)", True, NOTICE)
BOTH_SIDES = ("_L", "_R")
# Of which shapes each move is made, at which strength. A jaw at 1 is that of a loud "ah", two fifths of what a jaw can.
AH = 0.42
RECIPES: Mapping[str, Mapping[str, float]] = {
    "jaw": {"jawOpen": AH},
    "close": {"mouthClose": AH},
    "width": {"mouthStretch": 0.55, "mouthSmile": 0.3},
    "pucker": {"mouthPucker": 1.0},
    "funnel": {"mouthFunnel": 0.45},
    "bare": {"mouthUpperUp": 0.35, "mouthLowerDown": 0.75},
    "press": {"mouthPress": 0.5, "mouthRollLower": 0.25, "mouthRollUpper": 0.25},
    "tuck": {"mouthRollLower": 0.6, "mouthUpperUp": 0.3, "mouthShrugLower": 0.2},
    "breath": {"noseSneer": 0.18, "jawOpen": 0.02},
    # A smile that leaves the cheeks alone is a grimace.
    "smile_left": {"mouthSmile_L": 1.0, "cheekSquint_L": 0.4, "mouthDimple_L": 0.2},
    "smile_right": {"mouthSmile_R": 1.0, "cheekSquint_R": 0.4, "mouthDimple_R": 0.2},
    "frown_left": {"mouthFrown_L": 1.0, "mouthShrugLower": 0.15},
    "frown_right": {"mouthFrown_R": 1.0, "mouthShrugLower": 0.15},
    "brows_in": {"browInnerUp": 1.0},
    "brow_up_left": {"browOuterUp_L": 1.0},
    "brow_up_right": {"browOuterUp_R": 1.0},
    "brow_down_left": {"browDown_L": 1.0},
    "brow_down_right": {"browDown_R": 1.0},
}
# The same places of both faces in px of a picture of 256, the right half mirrored: ICT-FaceKit's by its landmarks, the
# composite's as read off its mean face.
PLACES = (
    ((103.1, 189.6), (102.5, 191.2)), ((111.3, 182.3), (111.0, 186.3)), ((120.8, 178.8), (120.5, 183.8)),
    ((128.0, 179.4), (128.0, 184.8)), ((118.2, 187.8), (118.0, 192.4)), ((128.0, 188.0), (128.0, 192.4)),
    ((110.3, 194.8), (111.0, 200.0)), ((117.8, 197.3), (118.0, 205.5)), ((128.0, 198.0), (128.0, 208.0)),
    ((128.0, 229.3), (128.0, 231.0)), ((112.9, 226.3), (113.0, 229.0)), ((98.0, 222.9), (98.0, 225.0)),
    ((85.7, 216.0), (86.0, 217.0)), ((71.8, 199.1), (74.0, 200.0)), ((63.6, 178.1), (66.0, 178.0)),
    ((128.0, 166.8), (128.0, 169.5)), ((115.7, 166.2), (112.0, 168.0)), ((128.0, 139.1), (128.0, 141.0)),
    ((84.2, 121.3), (78.0, 125.0)), ((90.0, 116.9), (87.0, 118.0)), ((100.7, 116.3), (101.0, 116.3)),
    ((109.9, 123.0), (108.5, 125.5)), ((101.2, 124.7), (101.0, 128.3)), ((90.1, 124.8), (88.0, 128.3)),
    ((90.7, 93.5), (92.0, 101.0)), ((116.5, 96.9), (114.0, 104.0)), ((70.9, 103.9), (73.0, 107.0)),
    ((128.0, 118.2), (128.0, 120.0)), ((0.0, 0.0), (0.0, 0.0)), ((0.0, 256.0), (0.0, 256.0)),
)  # fmt: skip
# Of ICT-FaceKit's neutral face: the line between its lips, half the mouth's width, and how near to the line a px shows
# both lips.
ICT_LINE_PX, ICT_HALF_WIDTH_PX, MIXED_PX = 188.0, 25.0, 2.5


class ThinPlate:
    """A smooth map between places of two faces [Bookstein 1989].

    Args:
        source, target: `[n, 2]`, px.
    """

    def __init__(self, source: Floats, target: Floats) -> None:
        self._source = source
        count = len(source)
        system = np.zeros((count + 3, count + 3))
        # A little slack: the places are read off to half a px.
        system[:count, :count] = _bend(source, source) + np.eye(count)
        system[:count, count:] = np.column_stack((np.ones(count), source))
        system[count:, :count] = system[:count, count:].T
        self._weights = np.linalg.solve(system, np.vstack((target, np.zeros((3, 2)))))

    def map(self, points: Floats) -> Floats:
        """Return where `points` `[n, 2]` lie on the other face."""
        terms = np.column_stack((_bend(points, self._source), np.ones(len(points)), points))
        return np.asarray(terms @ self._weights, np.float32)


def _bend(points: Floats, source: Floats) -> NDArray[np.float64]:
    square = ((points[:, None].astype(np.float64) - source[None]) ** 2).sum(-1)
    return np.asarray(square * np.log(square + 1e-9) / 2)


def bake_mouth(shapes: Path, output: Path) -> int:
    """Write the moves of a mouth, on the grid of the composite's mean face; return the file's bytes.

    Args:
        shapes: an .npz file with `names`, `fields` `[n, 2, 128, 128]` and `mask` `[128, 128]`.
        output: the weights file.

    Raises:
        TrainingError: the file cannot be read, or holds something else.
        WeightsError: the disk refuses.
    """
    names, fields, mask = _read_shapes(shapes)
    face = _Face(mask)
    lower = [face.move(_mix(names, fields, RECIPES[move])) for move in MOVES]
    brows = [face.move_brows(_mix(names, fields, RECIPES[move])) for move in BROWS]
    tensors = {"moves": torch.from_numpy(np.stack(lower)).half(), "brows": torch.from_numpy(np.stack(brows)).half()}
    write_weights(output, WeightsHeader(FAMILY, {"moves": list(MOVES), "brows": list(BROWS)}, LICENCE), tensors)
    return output.stat().st_size


class _Face:
    """Both faces, and the way between them.

    Args:
        mask: where ICT-FaceKit's face lies, on its grid.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        pairs = np.asarray(PLACES, np.float32)
        mirrored = pairs[pairs[:, 1, 0] != 128] * (-1, 1) + (256, 0)
        both = np.concatenate((pairs, mirrored)).astype(np.float32)
        self._to_ict = ThinPlate(both[:, 1], both[:, 0])
        grid = (np.arange(len(mask)) + 0.5) * 256 / len(mask)
        x, y = np.meshgrid(grid, grid)
        inside = np.abs(x - 128) < ICT_HALF_WIDTH_PX
        # A rim of the mask is half face, half nothing.
        whole = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        self._above = whole & ~(inside & (y > ICT_LINE_PX - MIXED_PX))
        self._below = whole & ~(inside & (y < ICT_LINE_PX + MIXED_PX))

    def move(self, field: Floats) -> Floats:
        """Return one move of the mouth `[4, rows, columns]`: x and y above the lips' line, x and y below; px."""
        window = _attention(LOWER_FACE)
        layers = (self._above, self._below)
        return np.concatenate([self._carry(field, there, LOWER_FACE) * window for there in layers])

    def move_brows(self, field: Floats) -> Floats:
        """Return one move of the brows `[2, rows, columns]`: x and y in px; the hair and the lids stay."""
        x, y = UPPER_FACE.grid()
        window = (1 - _ramp(np.abs(x - 128), 54, 68)) * _ramp(y, 56, 76) * (1 - _ramp(y, 108, 120))
        return self._carry(field, self._above, UPPER_FACE) * window

    def _carry(self, field: Floats, there: NDArray[np.bool_], box: Box) -> Floats:
        """Return a field `[2, rows, columns]` on the grid of the composite's mean face.

        Shifts stay as long as they are: stretched with the places, a jaw's were 20 px at the lip and 8 at the chin.
        """
        spread = _extend(field, there)
        x, y = box.grid()
        points = np.stack((x.ravel(), y.ravel()), 1).astype(np.float32)
        ict = self._to_ict.map(points)
        place = (ict * (field.shape[-1] / 256) - 0.5).reshape(*x.shape, 2)
        edge = cv2.BORDER_REPLICATE
        shift = [cv2.remap(part, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=edge) for part in spread]
        return np.ascontiguousarray(np.stack(shift), np.float32)


def _attention(box: Box) -> Floats:
    """Return how much each place may move `[rows, columns]`: not the hair, the eyes, nor what lies under the neck."""
    x, y = box.grid()
    side = 1 - _ramp(np.abs(x - 128), 42, 60)
    return np.asarray(side * _ramp(y, 144, 160) * (1 - 0.8 * _ramp(y, 234, 262)), np.float32)


def _ramp(value: Floats, low: float, high: float) -> Floats:
    part = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def _extend(field: Floats, there: NDArray[np.bool_]) -> Floats:
    """Return `field` `[2, h, w]` where it is `there`, and smoothly on from it where it is not."""
    known = there.astype(np.float32)
    spread, weight = field * known, known.copy()
    for sigma in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        blurred = cv2.GaussianBlur(known, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        for channel in range(2):
            guess = cv2.GaussianBlur(field[channel] * known, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
            fresh = np.where((weight == 0) & (blurred > 0.02), guess / np.maximum(blurred, 1e-6), 0.0)
            spread[channel] += fresh
        weight = np.where((weight == 0) & (blurred > 0.02), 1.0, weight).astype(np.float32)
    smooth = [cv2.GaussianBlur(part, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE) for part in spread]
    return np.stack(smooth).astype(np.float32)


def _mix(names: Sequence[str], fields: Floats, recipe: Mapping[str, float]) -> Floats:
    """Return the sum of shapes by their strengths, of both sides where a shape has sides."""
    total = np.zeros(fields.shape[1:], np.float32)
    for name, strength in recipe.items():
        sides = [name] if name in names else [name + side for side in BOTH_SIDES]
        for side in sides:
            if side not in names:
                raise TrainingError(f"the file of shapes has no {side}; it is wanted for the mouth's moves")
            total += strength * fields[names.index(side)]
    return total


def _read_shapes(path: Path) -> tuple[list[str], Floats, NDArray[np.bool_]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names = [str(name) for name in file["names"]]
            fields, mask = file["fields"].astype(np.float32), file["mask"].astype(bool)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{path} cannot be read as shapes ({error}); wanted an .npz with names, fields and mask"
        ) from error
    if fields.shape != (len(names), 2, *mask.shape) or mask.shape[0] != mask.shape[1]:
        raise TrainingError(f"{path} holds fields of {fields.shape} for {len(names)} names; wanted [n, 2, side, side]")
    return names, fields, mask
