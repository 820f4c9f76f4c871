"""Adaptive augmentation: random changes, each with a probability p [Karras et al. 2020, app. B]."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Strengths of appendix B: standard deviations of log2 of scales, of shifts in widths of the picture, of colours.
SCALE_STD = 0.2
ANISOTROPY_STD = 0.2
SHIFT_STD = 0.125
BLIT_SHIFT = 0.125
BRIGHTNESS_STD = 0.2
CONTRAST_STD = 0.5
SATURATION_STD = 1.0


def augment(images: Tensor, p: Tensor | float) -> Tensor:
    """Return `images` [batch, 3, H, W] after pixel blitting, geometric and colour changes; the gradient flows through.

    Random numbers are torch's global ones. A picture that no change was drawn for comes back bit by bit. The edge is
    reflected, and pictures are sampled at twice the density, for less aliasing where they shrink.

    Args:
        p: of each change, in [0, 1]; a tensor of one number spares a sync.
    """
    draw = _Draw(len(images), p, images.device)
    moved = _warp(images, _geometry_matrix(draw, images.shape[2], images.shape[3]))
    return _apply_colours(moved, _colour_matrix(draw))


@dataclass(frozen=True)
class _Draw:
    """Random numbers for a batch; with probability 1 - p each is the number that changes nothing."""

    batch: int
    p: Tensor | float
    device: torch.device

    def pick(self, drawn: Tensor, neutral: float, p: Tensor | float | None = None) -> Tensor:
        happens = torch.rand(self.batch, device=self.device) < (self.p if p is None else p)
        return torch.where(happens, drawn, torch.full_like(drawn, neutral))

    def normal(self, std: float) -> Tensor:
        return torch.randn(self.batch, device=self.device) * std

    def whole(self, low: int, high: int) -> Tensor:
        return torch.randint(low, high + 1, (self.batch,), device=self.device).float()

    def angle(self) -> Tensor:
        return (torch.rand(self.batch, device=self.device) * 2 - 1) * math.pi


def _geometry_matrix(draw: _Draw, height: int, width: int) -> Tensor:
    """Return [batch, 3, 3], from each place of the new picture to its place in the source, both from -1 to 1."""
    ones = torch.ones(draw.batch, device=draw.device)
    matrix = torch.eye(3, device=draw.device).expand(draw.batch, 3, 3)
    # Blitting: mirror, quarter turns, shifts by whole pixels.
    matrix = matrix @ _scale_matrix(draw.pick(1 - 2 * draw.whole(0, 1), 1), ones)
    matrix = matrix @ _rotation_matrix(draw.pick(draw.whole(0, 3), 0) * (math.pi / 2))
    shifts = [draw.whole(-int(n * BLIT_SHIFT), int(n * BLIT_SHIFT)) * (2 / n) for n in (width, height)]
    matrix = matrix @ _shift_matrix(*_shift_both(draw, *shifts))
    # Geometry: scale, turn, stretch, turn, shift. Two turns happen with one p together [app. B, fig. 11].
    scale = draw.pick(torch.exp2(draw.normal(SCALE_STD)), 1)
    matrix = matrix @ _scale_matrix(1 / scale, 1 / scale)
    p = 1 - (1 - torch.as_tensor(draw.p, device=draw.device)).clamp(min=0).sqrt()
    matrix = matrix @ _rotation_matrix(draw.pick(draw.angle(), 0, p))
    stretch = draw.pick(torch.exp2(draw.normal(ANISOTROPY_STD)), 1)
    matrix = matrix @ _scale_matrix(1 / stretch, stretch)
    matrix = matrix @ _rotation_matrix(draw.pick(draw.angle(), 0, p))
    shifts = [draw.normal(SHIFT_STD) * 2, draw.normal(SHIFT_STD) * 2]
    return matrix @ _shift_matrix(*_shift_both(draw, *shifts))


def _shift_both(draw: _Draw, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    happens = draw.pick(torch.ones(draw.batch, device=draw.device), 0)
    return x * happens, y * happens


def _warp(images: Tensor, matrix: Tensor) -> Tensor:
    batch, channels, height, width = images.shape
    fine = [batch, channels, height * 2, width * 2]
    grid = functional.affine_grid(matrix[:, :2], fine, align_corners=False).to(images.dtype)
    taken = functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    taken = functional.avg_pool2d(taken, 2)
    same = (matrix == torch.eye(3, device=matrix.device)).all(2).all(1)
    return torch.where(same[:, None, None, None], images, taken)


def _colour_matrix(draw: _Draw) -> Tensor:
    """Return [batch, 4, 4], to be applied to (red, green, blue, 1)."""
    device, batch = draw.device, draw.batch
    axis = torch.tensor([1.0, 1.0, 1.0, 0.0], device=device) / math.sqrt(3)
    along = torch.outer(axis, axis)
    eye = torch.eye(4, device=device)
    colour = torch.tensor([1.0, 1.0, 1.0, 0.0], device=device).diag()

    def each(factor: Tensor) -> Tensor:
        return factor[:, None, None]

    matrix = eye.expand(batch, 4, 4)
    level = torch.zeros(4, 4, device=device)
    level[:3, 3] = 1
    matrix = (eye + each(draw.pick(draw.normal(BRIGHTNESS_STD), 0)) * level) @ matrix
    contrast = draw.pick(torch.exp2(draw.normal(CONTRAST_STD)), 1)
    matrix = (eye + each(contrast - 1) * colour) @ matrix
    # Luma flip: the grey axis turned round and the hues kept [app. B, the Householder reflection].
    matrix = (eye - each(draw.pick(draw.whole(0, 1), 0)) * 2 * along) @ matrix
    matrix = _hue_rotation(draw.pick(draw.angle(), 0)) @ matrix
    saturation = draw.pick(torch.exp2(draw.normal(SATURATION_STD)), 1)
    return (eye + each(saturation - 1) * (colour - along)) @ matrix


def _hue_rotation(angle: Tensor) -> Tensor:
    """Return [batch, 4, 4] turning colours about the grey axis [Rodrigues' formula]."""
    cross = torch.zeros(4, 4, device=angle.device)
    third = 1 / math.sqrt(3)
    for row, column, sign in ((0, 1, -1), (0, 2, 1), (1, 0, 1), (1, 2, -1), (2, 0, -1), (2, 1, 1)):
        cross[row, column] = sign * third
    turn = angle[:, None, None]
    return torch.eye(4, device=angle.device) + turn.sin() * cross + (1 - turn.cos()) * (cross @ cross)


def _apply_colours(images: Tensor, matrix: Tensor) -> Tensor:
    batch, _, height, width = images.shape
    matrix = matrix.to(images.dtype)
    changed = torch.baddbmm(matrix[:, :3, 3:], matrix[:, :3, :3], images.flatten(2)).view(batch, 3, height, width)
    same = (matrix == torch.eye(4, device=matrix.device)).all(2).all(1)
    return torch.where(same[:, None, None, None], images, changed)


def _rows(*rows: list[Tensor]) -> Tensor:
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def _scale_matrix(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _rows([x, zero, zero], [zero, y, zero], [zero, zero, one])


def _rotation_matrix(angle: Tensor) -> Tensor:
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    return _rows([angle.cos(), -angle.sin(), zero], [angle.sin(), angle.cos(), zero], [zero, zero, one])


def _shift_matrix(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _rows([one, zero, x], [zero, one, y], [zero, zero, one])
