"""The patterns that eyes are drawn by: lids with lashes over a right eye of the mean face, and an iris; made once."""

from __future__ import annotations

import torch
from torch import Tensor

from likeness.generators.networks.laid_patterns import lay_cells
from likeness.generators.networks.quiet_axis import smooth_step

# Of the patterns: left, right, top and bottom of the lids', in px of a mean face of 256, from the middle between the
# eye's corners, outward and down; and how far the iris' goes, in radii.
LIDS_BOX = (-22.0, 26.0, -16.0, 14.0)
IRIS_REACH = 2.2
# Half of an eye's width, how far above its corners the upper lid's edge is and how far below them the lower one's, px;
# and how much fuller than a parabola they are.
HALF, RISE, FALL, UPPER_FULL, LOWER_FULL = 14.2, 7.0, 3.2, 0.25, 0.12
# How dark the upper lid's shadow is at its edge, and how far down the eye it reaches; how dark the corners are.
LID_SHADE, LID_REACH, CORNER_SHADE = 0.45, 0.5, 0.28
# Lashes: how dark their line and they are, how many over an eye, how long at the inner and the outer corner in px,
# and how far they lean outward.
LINE, LASHES, COUNT, SHORT, LONG, LEAN = 0.6, 0.32, 17.0, 1.4, 3.0, 0.9
RIM = 0.7  # how far the wet rim of the lower lid comes out
# The strip of skin below the eye whose light is looked at, px.
SKIN = (6.0, 13.0)
# Radii of the pupil, of the ring's inner edge; and where colours are taken from: of an iris, of the white beside it.
PUPIL, RING, OF_IRIS, OF_WHITE = 0.4, 0.72, (0.3, 0.8), (1.15, 2.0)
RADIUS = 5.5  # of an iris, about, px of 256


def draw_lids(px: float) -> Tensor:
    """Return what lies about an eye, `[1, 5, rows, columns]` in [0, 1], over `LIDS_BOX`.

    Channels: where the eye is open; how light it is there; how much light lashes take; the lower lid's wet rim; and
    the skin below.

    Args:
        px: of a face of 256 that one of the picture is: so soft are edges.
    """
    left, right, top, bottom = LIDS_BOX
    x, y = lay_cells(left, right, px), lay_cells(top, bottom, px)[:, None]
    # From -1 at the inner corner to 1 at the outer one.
    across = x / HALF + 0 * y
    arc = (1 - across.square()).clamp_min(0)
    upper = find_upper_lid(across)
    lower = FALL * arc * (1 + LOWER_FULL * (1 - arc))
    soft = max(0.42, 0.54 * px)
    inside = smooth_step(torch.minimum(y - upper, lower - y), -soft, soft) * (arc > 0)
    depth = (y - upper) / (lower - upper).clamp_min(0.5)
    shade = (1 - LID_SHADE * (1 - smooth_step(depth, 0, LID_REACH))) * (
        1 - CORNER_SHADE * smooth_step(across.abs(), 0.45, 1.0)
    )
    rim = RIM * smooth_step(0.9 - (y - lower - 0.4).abs(), 0, 0.9) * smooth_step(0.95 - across.abs(), 0, 0.25)
    skin = (y > SKIN[0]) & (y < SKIN[1]) & (across.abs() < 1)
    return torch.stack([inside, shade, _draw_lashes(across, upper - y, soft), rim, skin.float()])[None]


def find_upper_lid(across: Tensor) -> Tensor:
    """Return the height of the upper lid's edge, px below the corners, from -1 at the inner one to 1 at the outer."""
    arc = (1 - across.square()).clamp_min(0)
    return -RISE * arc * (1 + UPPER_FULL * (1 - arc))


def _draw_lashes(across: Tensor, above: Tensor, soft: float) -> Tensor:
    """Return how much light the upper lashes and the line that they stand on take, `above` the lid's edge in px."""
    outward = smooth_step(across, -1.0, 0.6)
    line = (
        LINE
        * smooth_step(1.5 - (above - 0.2).abs(), 0, 1.5)
        * smooth_step(1.06 - across.abs(), 0, 0.2)
        * (0.55 + 0.45 * outward)
    )
    # Each goes up and bends outward, most at the outer corner; so the root of a place's lash lies farther in.
    reach = SHORT + (LONG - SHORT) * outward
    way = (above / reach).clamp(0, 1)
    root = across - (LEAN * across + 0.25) * reach / HALF * way * (0.25 + 0.75 * way)
    along = root * (COUNT / 2)
    apart = (along - along.round()).abs() * (2 * HALF / COUNT)
    lash = smooth_step(0.55 * (1 - 0.75 * way) + soft - apart, 0, 2 * soft) * (1 - 0.5 * way)
    lash = lash * (above > -0.6) * (above < reach) * smooth_step(1 - root.abs(), 0, 0.15)
    return 1 - (1 - line) * (1 - LASHES * lash)


def draw_iris(px: float) -> Tensor:
    """Return an iris, `[1, 4, rows, columns]`, over `IRIS_REACH` radii each way.

    Channels: where it is, in [0, 1]; how bright it is, about 1; where the colour of an iris is taken from, and where
    that of a white.

    Args:
        px: of a face of 256 that one of the picture is.
    """
    edge = px / RADIUS
    x = lay_cells(-IRIS_REACH, IRIS_REACH, edge)
    x, y = x + 0 * x[:, None], x[:, None] + 0 * x
    far, angle = (x.square() + y.square()).sqrt(), torch.atan2(y, x)
    fibres = 0.6 * torch.sin(17 * angle + torch.sin(5 * angle)) + 0.4 * torch.sin(37 * angle + 2 * torch.sin(3 * angle))
    # Light comes from above and goes through the iris to its foot.
    bright = (0.72 + 0.62 * smooth_step(y, -0.6, 0.8)) * (1 + 0.1 * fibres * smooth_step(far, PUPIL, 0.6))
    bright = bright * (1 - 0.62 * smooth_step(far, RING, 1.0)) * (1 - 0.9 * _disc(far, PUPIL, edge + 0.03))
    of_iris, of_white = ((far > low) & (far < high) for low, high in (OF_IRIS, OF_WHITE))
    return torch.stack([_disc(far, 1.0, edge + 0.05), bright, of_iris.float(), of_white.float()])[None]


def _disc(far: Tensor, radius: float, soft: float) -> Tensor:
    return smooth_step(far, radius + soft, radius - soft)
