"""The mouth, brows and eyes of a composite's pictures, moved on the finished picture by fields on its mean face."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import LikenessError, WeightsError
from likeness.files.paths import find_mouth
from likeness.generator import Generator, WarpedGenerator, WearingGenerator
from likeness.generators.weights_file import read_weights
from likeness.toolkit.eyes import Eyes
from likeness.toolkit.face_part import SIDE, BoxGrid, FacePart
from likeness.toolkit.mouth_frame import (
    BROWS,
    FAMILY,
    LIPS_HALF_PX,
    LIPS_PX,
    LIPS_RISE_PX,
    LOWER_FACE,
    MIDDLE_PX,
    MOVES,
    UPPER_FACE,
    Box,
)
from likeness.toolkit.mouth_inside import MouthInside

# Parts of the picture that are drawn anew, in px of a picture of 256: a face's own shape brings its lips up to 16 px
# away from those of the mean face.
LOWER_PART, BROWS_PART, LIPS_PART = Box(60, 140, 136, 116), Box(56, 52, 144, 76), Box(88, 176, 80, 60)
# Of edges, in px of a picture of 256.
SOFT_PX = 1.0
# Below this nothing is seen to move.
LEAST = 1e-3
# Places on the mean face count from the middle of the lips' line.
LIPS = (MIDDLE_PX, LIPS_PX)
LIPS_BEND = LIPS_RISE_PX / LIPS_HALF_PX**2


def open_mouth_of(generator: Generator, plugin: str, tell: Callable[[str], None]) -> "Mouth | None":
    """Return the mouth of a generator's faces, on its device.

    None, once that is told, for a family whose faces have no common mean.

    Args:
        plugin: its name, which its lines begin with.
        tell: called with a line; `Stage.refuse`, where the plugin can do nothing else.

    Raises:
        LikenessError: there is no file with moves, or it is broken.
    """
    info = generator.info
    if not isinstance(generator, WarpedGenerator):
        tell(f"{plugin}: the family {info.family} has no mouth that could be moved; its faces stay as they are")
        return None
    path = find_mouth(info.weights)
    if path is None:
        raise LikenessError(f"{plugin}: there is no composite-256.mouth.safetensors; make one: likeness train mouth")
    return open_mouth(path, generator.mean.device)


def move_bare(generator: Generator, image: Tensor, move: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the generator's newest image moved under the glasses that it wears, which stay where they are.

    Args:
        image: `[batch, 3, H, W]`.
        move: returns such an image moved, or the one that it was given.
    """
    bare = generator.take_off(image) if isinstance(generator, WearingGenerator) else image
    moved = move(bare)
    if moved is bare:
        return image
    return generator.put_on(moved) if isinstance(generator, WearingGenerator) else moved


def open_mouth(path: Path, device: torch.device) -> "Mouth":
    """Return the mouth in a weights file.

    Raises:
        WeightsError: it is broken or something else.
    """
    header, tensors = read_weights(path)
    moves, brows = header.arguments.get("moves"), header.arguments.get("brows", [])
    # A file from before faces could be led has fewer moves, and no brows.
    if header.family != FAMILY or not moves or list(MOVES[: len(moves)]) != moves or brows not in ([], list(BROWS)):
        raise WeightsError(f"{path} holds no moves of a mouth; make them: likeness train mouth")
    try:
        return Mouth(tensors, device)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} is no whole mouth ({error}); copy it or make it again") from error


class Mouth:
    """Moves the lips, brows and eyes of pictures whose warp from the mean face is known. The render thread.

    Of the mouth two layers are drawn over each other, what is below the lips' line over what is above it, each from
    where it comes; where neither is, one looks into the mouth. At rest the picture comes back as it is.

    Args:
        tensors: `moves` `[n, 4, 72, 72]` and `brows` `[m, 2, 38, 72]`, as `likeness train mouth` writes them; moves
            beyond those of the file are left out.
        device: of the pictures.
    """

    def __init__(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        self._moves = tensors["moves"].to(device, torch.float32)
        brows = tensors.get("brows")
        self._brows = None if brows is None else brows.to(device, torch.float32)
        self._inside, self._eyes = MouthInside(device), Eyes()
        self._lower_face, self._upper_face = (BoxGrid(box, LIPS, device) for box in (LOWER_FACE, UPPER_FACE))
        self._parts: dict[tuple[Box, int], FacePart] = {}

    @property
    def leads_brows(self) -> bool:
        """Return whether the file knows how brows move."""
        return self._brows is not None

    def draw(self, picture: Tensor, field: Tensor, moves: Mapping[str, float], inside: Mapping[str, float]) -> Tensor:
        """Return the picture with its face moved.

        Args:
            picture: `[batch, 3, side, side]` in [-1, 1].
            field: the warp that drew it, in picture widths, `[batch, 2, h, w]`.
            moves: how strong each of `MOVES`, `BROWS` and `EYE_MOVES` is.
            inside: what the mouth holds, by the names of `mouth_inside.INSIDE`.
        """
        mouth = _add_moves(self._moves, MOVES, moves)
        brows = None if self._brows is None else _add_moves(self._brows, BROWS, moves)
        drawn = picture
        if brows is not None:
            drawn = self._draw_brows(picture, field, brows)
        drawn = self._eyes.draw(drawn, field, moves)
        if mouth is None:
            return drawn
        drawn = picture.clone() if drawn is picture else drawn
        self._draw_lower_part(drawn, picture, field, mouth.reshape(2, 2, *mouth.shape[1:]), inside)
        return drawn

    def _draw_brows(self, picture: Tensor, field: Tensor, total: Tensor) -> Tensor:
        part = self._part(BROWS_PART, picture)
        mean = part.find_mean(field)
        source = self._upper_face.find_source(total[None], mean)
        drawn = picture.clone()
        part.cut(drawn).copy_(part.sample(picture, part.enlarge((source - mean).mul_(2 / SIDE))))
        return drawn

    def _draw_lower_part(
        self, drawn: Tensor, picture: Tensor, field: Tensor, total: Tensor, inside: Mapping[str, float]
    ) -> None:
        part = self._part(LOWER_PART, picture)
        mean = part.find_mean(field)
        above, below = self._lower_face.find_source(total, mean.repeat(2, 1, 1, 1)).chunk(2)
        # How far each layer's own place is below the lips' line, which bends a little.
        over, under = (torch.addcmul(at[:, 1:], at[:, :1], at[:, :1], value=LIPS_BEND) for at in (below, above))
        shifts = ((above - mean).mul_(2 / SIDE), (below - mean).mul_(2 / SIDE))
        maps = part.enlarge(torch.cat((*shifts, over, under), dim=1))
        over, under = maps[:, 4:5], maps[:, 5:]
        # Where the mouth is open, the soft edge of the lower lip is the lip's own: what lies there above is skin.
        lower = over >= -under.clamp(SOFT_PX / 2, SOFT_PX)
        seen = part.sample(picture, torch.where(lower, maps[:, 2:4], maps[:, :2]))
        over, under, lips = (_cut_lips(each) for each in (over, under, seen))
        mean = part.enlarge(mean, *_lips_of(part.size))
        # Of the lower lip and of the upper, whichever covers more; the rest is open.
        covered = torch.maximum(over, -under).add_(SOFT_PX).clamp_(0, SOFT_PX).div_(SOFT_PX)
        light = lips.mean(dim=(1, 2, 3), keepdim=True)
        lips.copy_(torch.lerp(self._inside.draw(mean, under, light, inside), lips, covered))
        part.cut(drawn).copy_(seen)

    def _part(self, box: Box, picture: Tensor) -> FacePart:
        side = picture.shape[-1]
        known = self._parts.get((box, side))
        if known is None:
            known = self._parts[box, side] = FacePart(box, LIPS, side, picture.device)
        return known


def _add_moves(fields: Tensor, names: Sequence[str], moves: Mapping[str, float]) -> Tensor | None:
    """Return the sum of the moves' fields `[channels, h, w]`, each as strong as it is; None where none is seen."""
    total: Tensor | None = None
    for name, field in zip(names, fields, strict=False):
        strength = float(moves.get(name, 0.0))
        if abs(strength) >= LEAST:
            total = field * strength if total is None else total.add_(field, alpha=strength)
    return total


def _lips_of(size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a lower part of `size` px in which lips may open."""
    rows, columns = size[0] / LOWER_PART.height, size[1] / LOWER_PART.width
    top, left = LIPS_PART.top - LOWER_PART.top, LIPS_PART.left - LOWER_PART.left
    down = slice(round(top * rows), round((top + LIPS_PART.height) * rows))
    return down, slice(round(left * columns), round((left + LIPS_PART.width) * columns))


def _cut_lips(part: Tensor) -> Tensor:
    """Return of the lower part that in which lips may open."""
    rows, columns = _lips_of((part.shape[-2], part.shape[-1]))
    return part[..., rows, columns]
