"""The patterns that make-up is laid on by: lips, the right eye's lids and cheeks of the mean face; made once.

Places are those of the mean face, in px of its 256: outward from its middle or from the middle of an eye, and down.
"""

from __future__ import annotations

import torch
from torch import Tensor

from likeness.generators.networks.eye_patterns import HALF, find_upper_lid
from likeness.generators.networks.laid_patterns import lay_cells
from likeness.generators.networks.quiet_axis import smooth_step

# The parts of the mean face: from the middle and the line between the lips; from the middle between an eye's corners;
# from the middle and the height of the cheekbones. What is even about the middle goes on a little beyond it.
LIPS_BOX, LIDS_BOX, CHEEKS_BOX = (-4.0, 32.0, -16.0, 20.0), (-24.0, 32.0, -24.0, 14.0), (-4.0, 90.0, -40.0, 40.0)
MOUTH, EYES, EYE_OFF, CHEEKS = 192.0, 125.5, 34.0, 160.0
# Of lips: how far the corners are from the middle, how high they lie, how high the upper lip rises and how low the
# lower one falls from there; the dip of the upper edge in the middle, how deep and how wide; and the edge's softness.
CORNER, CORNER_UP, RISE, FALL, DIP, DIP_WIDE, SOFT = 25.8, 0.8, 9.2, 14.0, 3.4, 3.2, 1.1
# Where teeth may be seen: half the width, top and bottom.
TEETH = (22.0, -6.0, 8.0)
# Light on the lower lip: how far from the middle, how low, how wide and how high; and the creases across it.
SHINE, CREASES = (6.5, 6.2, 5.5, 1.7), (0.35, 1.6)
# Of the shadow: how far it is whole above the lid's edge, and where it ends, in the middle and at the outer corner.
WHOLE, ENDS, ENDS_OUTSIDE = 3.5, 8.5, 12.0
# Of the line on the lid: how thick at the inner and at the outer corner; its wing: how far out and up, how thick.
THIN, THICK, WING = 0.5, 1.7, (7.0, 4.6, 1.5)
# Of the blush: where it is, half its width and height, and how it rises outward.
BLUSH, BLUSH_HALF, BLUSH_SLOPE = (47.0, 2.0), (25.0, 14.0), 0.45
CHEEKS_PX = 2.0  # of the cheeks' pattern, which is smooth


def draw_lips(px: float) -> Tensor:
    """Return the right half of the lips, `[1, 3, rows, columns]` in [0, 1], over `LIPS_BOX`.

    Channels: where lips are; where teeth may be between them; where the lower one shines.

    Args:
        px: of a face of 256 that one of the picture is: so soft are edges.
    """
    left, right, top, bottom = LIPS_BOX
    x, y = lay_cells(left, right, px).abs(), lay_cells(top, bottom, px)[:, None]
    arc = (1 - (x / CORNER).square()).clamp_min(0)
    dip = DIP * torch.exp(-(x / DIP_WIDE).square())
    upper, lower = -CORNER_UP - RISE * arc.pow(0.9) + dip, -CORNER_UP + FALL * arc.pow(1.15)
    soft = max(SOFT, 0.6 * px)
    cover = smooth_step(torch.minimum(y - upper, lower - y), -soft, soft) * smooth_step(CORNER - x, 0.0, 2.0)
    wide, high, low = TEETH
    teeth = smooth_step(wide - x, 0, 6) * smooth_step(y, high, high + 3) * smooth_step(low - y, 0, 3)
    aside, down, half, height = SHINE
    shine = torch.exp(-((x - aside) / half).square() - ((y - down) / height).square())
    deep, apart = CREASES
    creases = 1 - deep * (0.5 + 0.5 * torch.cos(2 * torch.pi * x / apart + 0.25 * y))
    return torch.stack([cover, teeth, shine * creases])[None]


def draw_lids(px: float) -> Tensor:
    """Return what is laid about a right eye, `[1, 3, rows, columns]` in [0, 1], over `LIDS_BOX`.

    Channels: eye shadow; the line along the lashes; its wing.

    Args:
        px: of a face of 256 that one of the picture is: so soft are edges.
    """
    left, right, top, bottom = LIDS_BOX
    x, y = lay_cells(left, right, px), lay_cells(top, bottom, px)[:, None]
    across = x / HALF + 0 * y
    # Beyond the outer corner the edge goes on, up to the brow's end.
    beyond = (x - HALF).clamp_min(0)
    edge = find_upper_lid(across) - 0.55 * beyond
    above = edge - y
    outward = smooth_step(across, -0.9, 0.9)
    ends = ENDS + (ENDS_OUTSIDE - ENDS) * outward
    upper = smooth_step(above, -0.6, 0.8) * (1 - smooth_step((above - WHOLE) / (ends - WHOLE), 0, 1))
    upper = upper * smooth_step(across, -1.25, -0.5) * (1 - smooth_step(across, 1.0, 1.75)) * (0.75 + 0.25 * outward)
    under = y - find_lower_lid(across)
    lower = smooth_step(under, -0.4, 0.8) * (1 - smooth_step(under, 0.8, 4.0)) * smooth_step(across, -0.1, 0.8)
    lower = 0.55 * lower * (1 - smooth_step(across, 0.95, 1.25))
    soft = max(0.45, 0.5 * px)
    thick = THIN + (THICK - THIN) * outward
    line = smooth_step(thick - (above - 0.3).abs(), -soft, soft) * smooth_step(1.06 - across.abs(), 0, 0.2)
    out, up, wide = WING
    way = ((x - HALF + 1.5) / (out + 1.5)).clamp(0, 1)
    far = (y + way * up + 0.2).abs()
    wing = smooth_step(wide * (1 - way) - far, -soft, soft) * smooth_step(x, HALF - 2, HALF) * (x < HALF + out)
    return torch.stack([torch.maximum(upper, lower), line, wing])[None]


def find_lower_lid(across: Tensor) -> Tensor:
    """Return the height of the lower lid's lashes, px below the corners, from -1 at the inner one to 1 at the outer."""
    return 4.0 * (1 - across.square()).clamp_min(0)


def draw_cheeks() -> Tensor:
    """Return the right cheek's blush, `[1, 1, rows, columns]` in [0, 1], over `CHEEKS_BOX`."""
    left, right, top, bottom = CHEEKS_BOX
    x, y = lay_cells(left, right, CHEEKS_PX), lay_cells(top, bottom, CHEEKS_PX)[:, None]
    x = x.abs() - BLUSH[0]
    y = y - BLUSH[1] + BLUSH_SLOPE * x
    return torch.exp(-(x / BLUSH_HALF[0]).square() - (y / BLUSH_HALF[1]).square())[None, None]
