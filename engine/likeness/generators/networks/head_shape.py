"""The shape of a head above its ears: a smooth dome that ends inside the picture, with a hairline below its top.

The mattes that a composite is learnt from are cut by the frame, by plants behind the hair and by walls of its colour,
and a mean of them keeps the notches, lids and bald wedges. Seen from the middle of the face, a head's outline is a
distance for each direction; a few waves round the face are enough for every head, and for no notch.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# Where distances are measured from, in picture widths: the middle of the face.
MIDDLE_X, MIDDLE_Y = 0.5, 0.45
# Directions in degrees from upright, to either side, and how many there are of them.
WIDEST, DIRECTIONS = 105.0, 43
# Where along each direction edges are looked for, in picture widths, and at how many places.
NEAREST, FARTHEST, PLACES = 0.10, 0.62, 60
# Waves by which distances are drawn: of the even part from 0, of the odd part from 1; and how little high ones are
# wanted. With 5 and 3 of them bald skulls were still flat, where a wall had been taken for hair.
EVEN, ODD = 4, 2
SMOOTHNESS = 1e-5
# Where outlines are drawn anew, in degrees from upright: wholly up to the first, not at all from the second.
WHOLE, NONE = 65.0, 100.0
# The part of the frame's height down to which any of it is: FARTHEST under NONE degrees.
LOWEST = 0.5625
# An edge's distance is squashed within so much of a width, as `signed_distance` has it; a matte rises this fast along
# what is squashed.
REACH, STEEPNESS = 1 / 16, 16.0
# A skull's top is at least as far as its mean at this many degrees to either side; flat skulls were cut by a matte.
SHOULDER, ROUND, TOP = 35.0, 0.985, 32.0
# What is kept free above a head, in picture widths.
MARGIN = 0.025
# How wide a dome may be that ends below the frame.
HALF_WIDTH = 0.58
# Hair that is so thick at the sides, in picture widths, goes on over the forehead with this share of it.
THIN, CROWN_SHARE = 0.01, 0.7
SIDES, FOREHEAD = (40.0, 80.0), (20.0, 60.0)
# Above the ears, hair that is as thin as the first on average is none, but what a matte left round a bald head.
BARE, HAIRY, ABOVE = 0.036, 0.044, 66.0
# Where a warp is looked at for a dent in a crown, as parts of the height, and of the width from the middle: there and
# at the sides of the skull. Where it brings these higher than the middle, that is lifted: this far to either side,
# wholly down to the first of the rows, no more from the last on.
DENT_ROWS, DENT, SKULL = 0.10, 0.08, (0.18, 0.30)
LIFT_WIDTH, LIFT_ROWS = 0.26, (0.10, 0.30)
# Within this many widths one of two limits gives way to the other, so that no face jumps on a walk.
ROUNDING = 0.006
# How much of what differs between left and right is kept above the shoulders, whose rows these are: a head turned away
# has one ear, and hair on one side.
KEPT, SHOULDERS = 0.5, (0.62, 0.77)
# A strip between skin and wall whose squashed width is less than the first is no hair but a seam, and becomes skin;
# from the second on it is hair.
SEAM, STRIP = 0.2, 0.4


class HeadShape(nn.Module):
    """Draws the upper edges of heads anew; the same code on CPU, CUDA and MPS, no sync.

    Args:
        size: height and width of the edges in px, a multiple of 16.
    """

    rays: Tensor
    seen: Tensor
    upright: Tensor
    across: Tensor
    at_shoulder: Tensor
    at_middle: Tensor
    at_sides: Tensor
    above: Tensor
    top: Tensor
    over_forehead: Tensor
    to_waves: Tensor
    waves: Tensor
    radius: Tensor
    share: Tensor
    mirrored: Tensor
    at_dent: Tensor
    at_skull: Tensor
    lift: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.rows = round(LOWEST * size)
        degrees = torch.linspace(-WIDEST, WIDEST, DIRECTIONS)
        angle = degrees.deg2rad()
        distance = torch.linspace(NEAREST, FARTHEST, PLACES)
        x = MIDDLE_X + distance * angle.sin()[:, None]
        y = MIDDLE_Y - distance * angle.cos()[:, None]
        self.register_buffer("rays", torch.stack([2 * x - 1, 2 * y - 1], dim=-1)[None])
        step = (FARTHEST - NEAREST) / (PLACES - 1)
        self.register_buffer("seen", ((x > 0) & (x < 1) & (y > 0)).float() * step)
        self.register_buffer("upright", angle.cos().clamp(min=0).square())
        self.register_buffer("across", angle.sin().square())
        off = degrees.abs()
        self.register_buffer("at_shoulder", _mean_where((off - SHOULDER).abs() < 6))
        self.register_buffer("at_middle", _mean_where(off < 12))
        self.register_buffer("at_sides", _mean_where((off > SIDES[0]) & (off < SIDES[1])))
        self.register_buffer("above", _mean_where(off < ABOVE))
        self.register_buffer("top", (off < TOP).float())
        self.register_buffer("over_forehead", ((FOREHEAD[1] - off) / (FOREHEAD[1] - FOREHEAD[0])).clamp(0, 1))
        waves = _waves(angle)
        rough = torch.tensor([float(k**4) for k in (*range(EVEN), *range(1, ODD + 1))]) * SMOOTHNESS * DIRECTIONS
        fit = torch.linalg.solve(waves.T @ waves + torch.diag(rough), waves.T)
        self.register_buffer("to_waves", fit.T.contiguous())
        line = (torch.arange(size) + 0.5) / size
        below, right = torch.meshgrid(line[: self.rows] - MIDDLE_Y, line - MIDDLE_X, indexing="ij")
        around = torch.atan2(right, -below)
        self.register_buffer("waves", _waves(around.flatten()).T.contiguous())
        self.register_buffer("radius", torch.hypot(right, below))
        share = ((NONE - around.abs().rad2deg()) / (NONE - WHOLE)).clamp(0, 1)
        self.register_buffer("share", share * share * (3 - 2 * share))
        kept = KEPT + (1 - KEPT) * ((line - SHOULDERS[0]) / (SHOULDERS[1] - SHOULDERS[0])).clamp(0, 1)
        self.register_buffer("mirrored", ((1 - kept) / 2)[:, None])
        warped = (torch.arange(size // 2) + 0.5) / (size // 2)  # places of a warp's rows and columns
        away = (warped - MIDDLE_X).abs()
        self.register_buffer("at_dent", _mean_where(away < DENT))
        self.register_buffer("at_skull", _mean_where((away > SKULL[0]) & (away < SKULL[1])))
        across = (away / LIFT_WIDTH).clamp(max=1).mul(math.pi / 2).cos().square()
        fade = ((LIFT_ROWS[1] - warped) / (LIFT_ROWS[1] - LIFT_ROWS[0])).clamp(0, 1)
        self.register_buffer("lift", fade[:, None] * across)

    def lift_crown(self, field: Tensor) -> Tensor:
        """Return a warp that brings no head's shoulders higher than its crown.

        The frame cuts high hair, and a warp that is fitted to such a photo leaves a dent in the middle.

        Args:
            field: in picture widths, x first, `[batch, 2, size / 2, size / 2]`.
        """
        upper = field[:, 1, : round(DENT_ROWS * len(self.lift))].mean(1)
        dent = (upper @ (self.at_skull - self.at_dent)).clamp(min=0)
        return torch.stack([field[:, 0], torch.addcmul(field[:, 1], dent[:, None, None], self.lift)], dim=1)

    def forward(self, edges: Tensor, field: Tensor) -> Tensor:
        """Return edges whose heads are whole.

        Args:
            edges: signed distances of skin and person, squashed, `[batch, 2, size, size]`.
            field: warp in picture widths, x first, `[batch, 2, h, w]`: a head ends below what it brings to the
                picture's top.
        """
        edges = torch.lerp(edges, edges.flip(-1), self.mirrored)
        upper = edges[:, :, : self.rows]
        skin, person = self._measure(edges).unbind(1)
        person = self._round(person, field)
        hair = person - skin
        bald = ((HAIRY - hair @ self.above) / (HAIRY - BARE)).clamp(0, 1)[:, None, None]
        forehead = person - CROWN_SHARE * ((hair @ self.at_sides)[:, None] - THIN).clamp(min=0) * self.over_forehead
        drawn = (torch.stack([forehead, person], dim=1) @ self.to_waves) @ self.waves
        drawn = torch.tanh((drawn.unflatten(2, self.radius.shape) - self.radius) / REACH)
        skin, person = torch.lerp(upper, drawn, self.share).unbind(1)
        # A hairline is only ever brought down, but for that of a bald head.
        skin = torch.lerp(torch.minimum(upper[:, 0], skin), person, bald * self.share)
        whole = torch.cat([torch.stack([skin, person], dim=1), edges[:, :, self.rows :]], dim=2)
        skin, person = whole.split(1, dim=1)
        # Next to no hair between skin and wall is none.
        skin = torch.lerp(skin, person, ((STRIP - person + skin) / (STRIP - SEAM)).clamp(0, 1))
        return torch.cat([skin, person], dim=1)

    def _measure(self, edges: Tensor) -> Tensor:
        """Return how far both edges are from the middle in each direction, `[batch, 2, directions]`, in widths.

        What is outside of the frame counts as background.
        """
        rays = self.rays.expand(len(edges), -1, -1, -1)
        along = functional.grid_sample(edges, rays, padding_mode="border", align_corners=False)
        return NEAREST + (torch.sigmoid(STEEPNESS * along) * self.seen).sum(3)

    def _round(self, person: Tensor, field: Tensor) -> Tensor:
        """Return distances `[batch, directions]` of a head with a round top inside the picture."""
        person = _larger(person, ROUND * (person @ self.at_shoulder)[:, None] * self.top)
        width = field.shape[3]
        above = field[:, 1, 0, 3 * width // 8 : 5 * width // 8].mean(1, keepdim=True)
        room = MIDDLE_Y - MARGIN - above.clamp(min=0)
        # A head that is too high is pressed down as a whole, not cut off.
        press = room / _larger((person @ self.at_middle)[:, None], room)
        person = person * (self.upright / press.square() + 1 - self.upright).rsqrt()
        inside = (self.upright / room.square() + self.across / HALF_WIDTH**2).rsqrt()
        return -_larger(-person, -inside)


def _mean_where(chosen: Tensor) -> Tensor:
    return chosen.float() / chosen.sum()


def _waves(angle: Tensor) -> Tensor:
    """Return the waves at each angle, even ones first, `[angles, EVEN + ODD]`."""
    even = [torch.cos(k * angle) for k in range(EVEN)]
    return torch.stack(even + [torch.sin(k * angle) for k in range(1, ODD + 1)], dim=1)


def _larger(a: Tensor, b: Tensor) -> Tensor:
    """Return the larger of two distances, rounded where they meet."""
    return ROUNDING * torch.logaddexp(a / ROUNDING, b / ROUNDING)
