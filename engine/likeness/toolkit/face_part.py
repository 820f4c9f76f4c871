"""A part of a composite's picture: where its places lie on the mean face, and how it is drawn anew from elsewhere."""

import torch
from torch import Tensor
from torch.nn import functional

from likeness.toolkit.mouth_frame import Box

SIDE = 256
# A field says where a place goes; where a place comes from is found in so many rounds, each several times nearer.
ROUNDS = 2
# Fields are smooth, so where a place comes from is found for every fourth px of 256, in pictures of any size.
COARSE_PX = 4
ALL = slice(None)


class BoxGrid:
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


class FacePart:
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
        self._place = centres(box, self._rows, self._columns, device) * (2 / SIDE) - 1
        self._place = self._place.permute(0, 2, 3, 1).contiguous()
        rows, columns = round(box.height / COARSE_PX), round(box.width / COARSE_PX)
        coarse = centres(box, rows, columns, device)
        self._coarse = coarse - torch.tensor(origin, device=device).reshape(1, 2, 1, 1)
        # As a place within the coarse maps, to enlarge those: sampling takes half as long as `interpolate`.
        whole = centres(Box(0, 0, 2, 2), self._rows, self._columns, device) - 1
        self._whole = whole.permute(0, 2, 3, 1).contiguous()
        self._within: dict[tuple[int | None, ...], Tensor] = {}
        self._coarse_place = (coarse * (2 / SIDE) - 1).permute(0, 2, 3, 1).contiguous()

    @property
    def size(self) -> tuple[int, int]:
        """Return its rows and columns in px of the picture."""
        return self._rows, self._columns

    def cut(self, picture: Tensor) -> Tensor:
        """Return the part itself, in `picture`."""
        return picture[..., self._top : self._top + self._rows, self._left : self._left + self._columns]

    def find_mean(self, field: Tensor) -> Tensor:
        """Return where on the mean face every fourth px lies, `[batch, 2, rows, columns]` px of 256 from the origin."""
        place = self._coarse_place.expand(len(field), -1, -1, -1)
        shift = functional.grid_sample(field.float(), place, padding_mode="border", align_corners=False)
        return torch.add(self._coarse, shift, alpha=SIDE)

    def enlarge(self, maps: Tensor, rows: slice = ALL, columns: slice = ALL) -> Tensor:
        """Return coarse maps for every px, or for those of some rows and columns."""
        key = (rows.start, rows.stop, columns.start, columns.stop)
        within = self._within.get(key)
        if within is None:
            # In memory of its own, which sampling is faster with.
            within = self._within[key] = self._whole[:, rows, columns].contiguous()
        within = within.expand(len(maps), -1, -1, -1)
        return functional.grid_sample(maps, within, padding_mode="border", align_corners=False)

    def sample(self, picture: Tensor, shift: Tensor) -> Tensor:
        """Return the part, each px from where `shift` `[batch, 2, rows, columns]` says, in half picture widths."""
        grid = self._place + shift.permute(0, 2, 3, 1)
        return functional.grid_sample(picture, grid, padding_mode="border", align_corners=False)


def mean_light(picture: Tensor, where: Tensor) -> Tensor:
    """Return how much above black each colour is there in the mean, `[batch, 3, 1, 1]`, never nothing."""
    light = (picture + 1) * where
    return light.sum(dim=(2, 3), keepdim=True).div(where.sum(dim=(2, 3), keepdim=True) + 1).clamp_min(0.02)


def centres(box: Box, rows: int, columns: int, device: torch.device) -> Tensor:
    x = (torch.arange(columns, device=device) + 0.5) * (box.width / columns) + box.left
    y = (torch.arange(rows, device=device) + 0.5) * (box.height / rows) + box.top
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]
