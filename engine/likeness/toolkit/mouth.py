"""The mouth and lids of a composite's pictures, moved on the finished picture by fields on its mean face."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError
from likeness.generators.weights_file import read_weights
from likeness.toolkit.mouth_frame import (
    EYE_HALF_PX,
    EYE_OFF_PX,
    EYE_PX,
    FAMILY,
    LASHES_PX,
    LID_PX,
    LID_RISE_PX,
    LIPS_HALF_PX,
    LIPS_PX,
    LIPS_RISE_PX,
    LOWER_FACE,
    LOWER_LID_PX,
    MIDDLE_PX,
    MOVES,
    Box,
)
from likeness.toolkit.mouth_inside import MouthInside

# Parts of the picture that are drawn anew, in px of a picture of 256: a face's own shape brings its lips up to 16 px
# away from those of the mean face.
LOWER_PART, EYES_PART, LIPS_PART = Box(60, 140, 136, 116), Box(60, 84, 136, 68), Box(88, 176, 80, 60)
# Of edges, in px of a picture of 256.
SOFT_PX = 1.0
# A field says where a place goes; where a place comes from is found in so many rounds, each several times nearer.
ROUNDS = 2
# Fields are smooth, so where a place comes from is found for every fourth px of 256, in pictures of any size.
COARSE_PX = 4
# Of skin below the eyes, from the corners down; how bright lids are beside it, and how much brighter they are made.
BELOW_PX, BELOW_HIGH_PX, LID_LIGHT, MOST_GAIN = 8.0, 7.0, 0.85, 1.8
# Below this nothing is seen to move.
LEAST = 1e-3
SIDE = 256
# Places on the mean face count from the middle of the lips' line, and from between the eyes.
LIPS, LIDS = (MIDDLE_PX, LIPS_PX), (MIDDLE_PX, EYE_PX)
LIPS_BEND = LIPS_RISE_PX / LIPS_HALF_PX**2


def open_mouth(path: Path, device: torch.device) -> "Mouth":
    """Return the mouth in a weights file.

    Raises:
        WeightsError: it is broken or something else.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY or header.arguments.get("moves") != list(MOVES):
        raise WeightsError(f"{path} holds no moves of a mouth; make them: likeness train mouth")
    try:
        return Mouth(tensors, device)
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} is no whole mouth ({error}); copy it or make it again") from error


class Mouth:
    """Moves the lips and lids of pictures whose warp from the mean face is known. The render thread.

    Two layers are drawn over each other, what is below the lips' line over what is above it, each from where it comes;
    where neither is, one looks into the mouth. At rest the picture comes back as it is.

    Args:
        tensors: `moves` `[9, 4, 72, 72]`, as `likeness train mouth` writes them.
        device: of the pictures.
    """

    def __init__(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        self._moves = tensors["moves"].to(device, torch.float32)
        self._inside = MouthInside(device)
        self._lower_face = _BoxGrid(LOWER_FACE, LIPS, device)
        self._parts: dict[tuple[Box, int], _Part] = {}

    def draw(self, picture: Tensor, field: Tensor, moves: Mapping[str, float], inside: Mapping[str, float]) -> Tensor:
        """Return the picture with its mouth moved.

        Args:
            picture: `[batch, 3, side, side]` in [-1, 1].
            field: the warp that drew it, in picture widths, `[batch, 2, h, w]`.
            moves: how strong each of `MOVES` is, and "lids", 1 for shut.
            inside: what the mouth holds, by the names of `mouth_inside.INSIDE`.
        """
        total, lids = self._add_moves(moves), float(moves.get("lids", 0.0))
        if total is None and lids < LEAST:
            return picture
        drawn = picture.clone()
        if total is not None:
            self._draw_lower_part(drawn, picture, field, total, inside)
        if lids >= LEAST:
            self._draw_lids(drawn, picture, field, lids)
        return drawn

    def _add_moves(self, moves: Mapping[str, float]) -> Tensor | None:
        """Return the sum of the moves, `[2, 2, h, w]`: the layer above the lips' line, and the one below."""
        total: Tensor | None = None
        for index, name in enumerate(MOVES):
            strength = float(moves.get(name, 0.0))
            if abs(strength) >= LEAST:
                part = self._moves[index]
                total = part * strength if total is None else total.add_(part, alpha=strength)
        return None if total is None else total.reshape(2, 2, *total.shape[1:])

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
        mean = part.enlarge_lips(mean)
        # Of the lower lip and of the upper, whichever covers more; the rest is open.
        covered = torch.maximum(over, -under).add_(SOFT_PX).clamp_(0, SOFT_PX).div_(SOFT_PX)
        light = lips.mean(dim=(1, 2, 3), keepdim=True)
        lips.copy_(torch.lerp(self._inside.draw(mean, under, light, inside), lips, covered))
        part.cut(drawn).copy_(seen)

    def _draw_lids(self, drawn: Tensor, picture: Tensor, field: Tensor, lids: float) -> None:
        part = self._part(EYES_PART, picture)
        mean = part.enlarge(part.find_mean(field))
        along = (mean[:, :1].abs() - EYE_OFF_PX).abs() / EYE_HALF_PX
        edge = -LID_RISE_PX * (1 - along.square()).clamp_min(0)
        # How far down the lid's edge comes, all the way to the lower lid, and less beside the eye's corners.
        falls = (LOWER_LID_PX - edge) * ((1.25 - along) * 4).clamp(0, 1).mul_(lids)
        above = edge + falls - mean[:, 1:]
        # The strip of skin above the edge is stretched over the eye, the lashes are not; what is above it stays.
        stretched = (above - LASHES_PX) * ((LID_PX - LASHES_PX) / (LID_PX - LASHES_PX + falls)) + LASHES_PX
        source = torch.where(above < LASHES_PX, above, torch.maximum(stretched, above - falls))
        down = (above - falls - source).mul_(2 / SIDE)
        lid = part.sample(picture, torch.cat((torch.zeros_like(down), down), dim=1))
        eyes = part.cut(drawn)
        # Skin that lay in the shade of the brow comes out into the light of the skin below the eye.
        between = along < 1
        bright = _mean_light(eyes, between & (mean[:, 1:] > BELOW_PX) & (mean[:, 1:] < BELOW_PX + BELOW_HIGH_PX))
        shaded = _mean_light(lid, between & (above > LASHES_PX) & (above < falls))
        gain = (bright * LID_LIGHT / shaded).clamp(1, MOST_GAIN) - 1
        lit = (above / LASHES_PX).clamp(0, 1) * ((LID_PX + falls - above) / (falls + LEAST)).clamp(0, 1)
        lid = torch.addcmul(lid, lid + 1, lit.mul_(((1.2 - along) * 2.5).clamp(0, 1)) * gain)
        eyes.copy_(torch.lerp(eyes, lid, (above / SOFT_PX + 1).clamp(0, 1)))

    def _part(self, box: Box, picture: Tensor) -> "_Part":
        side = picture.shape[-1]
        known = self._parts.get((box, side))
        if known is None:
            known = self._parts[box, side] = _Part(box, LIDS if box == EYES_PART else LIPS, side, picture.device)
        return known


class _BoxGrid:
    """The grid of a field on the mean face.

    Args:
        box: where it lies.
        origin: from where places count, px of 256.
        device: of the fields.
    """

    def __init__(self, box: Box, origin: tuple[float, float], device: torch.device) -> None:
        self._scale = torch.tensor((2 / box.width, 2 / box.height), device=device).reshape(1, 2, 1, 1)
        corner = torch.tensor((box.left - origin[0], box.top - origin[1]), device=device).reshape(1, 2, 1, 1)
        self._offset = -corner * self._scale - 1

    def find_source(self, forward: Tensor, mean: Tensor) -> Tensor:
        """Return from where on the mean face each place comes, `[n * batch, 2, rows, columns]` px.

        Args:
            forward: by how much each place goes, `[n, 2, h, w]` px.
            mean: places on the mean face, `[n * batch, 2, rows, columns]` px, all of one field after the other.
        """
        forward = forward.repeat_interleave(len(mean) // len(forward), 0)
        source = mean
        for _ in range(ROUNDS):
            grid = torch.addcmul(self._offset, source, self._scale).permute(0, 2, 3, 1)
            source = mean - functional.grid_sample(forward, grid, padding_mode="border", align_corners=False)
        return source


class _Part:
    """A part of a picture.

    Args:
        box: in px of a picture of 256.
        origin: from where places on the mean face count, px of 256.
        side: of the picture, px.
        device: of the picture.
    """

    def __init__(self, box: Box, origin: tuple[float, float], side: int, device: torch.device) -> None:
        scale = side / SIDE
        self._left, self._top = round(box.left * scale), round(box.top * scale)
        self._rows, self._columns = round(box.height * scale), round(box.width * scale)
        self._place = _centres(box, self._rows, self._columns, device) * (2 / SIDE) - 1
        self._place = self._place.permute(0, 2, 3, 1).contiguous()
        rows, columns = round(box.height / COARSE_PX), round(box.width / COARSE_PX)
        coarse = _centres(box, rows, columns, device)
        self._coarse = coarse - torch.tensor(origin, device=device).reshape(1, 2, 1, 1)
        # As a place within the coarse maps, to enlarge those: sampling takes half as long as `interpolate`.
        whole = _centres(Box(0, 0, 2, 2), self._rows, self._columns, device) - 1
        self._within = whole.permute(0, 2, 3, 1).contiguous()
        self._within_lips = _cut_lips(whole).permute(0, 2, 3, 1).contiguous()
        self._coarse_place = (coarse * (2 / SIDE) - 1).permute(0, 2, 3, 1).contiguous()

    def cut(self, picture: Tensor) -> Tensor:
        """Return the part itself, in `picture`."""
        return picture[..., self._top : self._top + self._rows, self._left : self._left + self._columns]

    def find_mean(self, field: Tensor) -> Tensor:
        """Return where on the mean face every fourth px lies, `[batch, 2, rows, columns]` px of 256 from the origin."""
        place = self._coarse_place.expand(len(field), -1, -1, -1)
        shift = functional.grid_sample(field.float(), place, padding_mode="border", align_corners=False)
        return torch.add(self._coarse, shift, alpha=SIDE)

    def enlarge(self, maps: Tensor) -> Tensor:
        """Return coarse maps for every px."""
        within = self._within.expand(len(maps), -1, -1, -1)
        return functional.grid_sample(maps, within, padding_mode="border", align_corners=False)

    def enlarge_lips(self, maps: Tensor) -> Tensor:
        """Return coarse maps for every px in which lips may open."""
        within = self._within_lips.expand(len(maps), -1, -1, -1)
        return functional.grid_sample(maps, within, padding_mode="border", align_corners=False)

    def sample(self, picture: Tensor, shift: Tensor) -> Tensor:
        """Return the part, each px from where `shift` `[batch, 2, rows, columns]` says, in half picture widths."""
        grid = self._place + shift.permute(0, 2, 3, 1)
        return functional.grid_sample(picture, grid, padding_mode="border", align_corners=False)


def _mean_light(picture: Tensor, where: Tensor) -> Tensor:
    """Return how much above black each colour is there in the mean, `[batch, 3, 1, 1]`, never nothing."""
    light = (picture + 1) * where
    return light.sum(dim=(2, 3), keepdim=True).div(where.sum(dim=(2, 3), keepdim=True) + 1).clamp_min(0.02)


def _centres(box: Box, rows: int, columns: int, device: torch.device) -> Tensor:
    x = (torch.arange(columns, device=device) + 0.5) * (box.width / columns) + box.left
    y = (torch.arange(rows, device=device) + 0.5) * (box.height / rows) + box.top
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]


def _cut_lips(part: Tensor) -> Tensor:
    """Return of the lower part that in which lips may open."""
    rows, columns = part.shape[-2] / LOWER_PART.height, part.shape[-1] / LOWER_PART.width
    top, left = LIPS_PART.top - LOWER_PART.top, LIPS_PART.left - LOWER_PART.left
    down = slice(round(top * rows), round((top + LIPS_PART.height) * rows))
    return part[..., down, round(left * columns) : round((left + LIPS_PART.width) * columns)]
