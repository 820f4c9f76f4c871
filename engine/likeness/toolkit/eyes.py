"""The eyes of a composite's picture: where they look, and lids that shut over them."""

from collections.abc import Mapping

import torch
from torch import Tensor

from likeness.toolkit.face_part import SIDE, FacePart, mean_light
from likeness.toolkit.mouth_frame import (
    EYE_HALF_PX,
    EYE_OFF_PX,
    EYE_PX,
    LASHES_PX,
    LID_PX,
    LID_RISE_PX,
    LOWER_LID_PX,
    MIDDLE_PX,
    Box,
)

# What eyes do: lids shut, 1 for wholly, both or that of the person's own left or right; and where both look, 1 for as
# far as eyes go: toward the person's own left, and up.
EYE_MOVES = ("lids", "lid_left", "lid_right", "gaze_left", "gaze_up")
EYES_PART = Box(60, 84, 136, 68)
# Places on the mean face count from between the eyes.
LIDS = (MIDDLE_PX, EYE_PX)
# Of edges, in px of a picture of 256.
SOFT_PX = 1.0
# Of skin below the eyes, from the corners down; how bright lids are beside it, and how much brighter they are made.
BELOW_PX, BELOW_HIGH_PX, LID_LIGHT, MOST_GAIN = 8.0, 7.0, 0.85, 1.8
# How far an iris goes to a side, and up or down, in px of a picture of 256; more would fold what goes behind a lid.
GAZE_PX = (6.4, 2.4)
# How suddenly the shift ends at the lids: a high power keeps the iris round.
HELD = 2.4
# Lids nearer than this are shut.
RIM_PX = 1.5
LEAST = 1e-3


class Eyes:
    """Draws the eyes of pictures anew. The render thread."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, torch.device], FacePart] = {}

    def draw(self, picture: Tensor, field: Tensor, moves: Mapping[str, float]) -> Tensor:
        """Return the picture with its eyes moved; the same one where they are at rest.

        Args:
            picture: `[batch, 3, side, side]` in [-1, 1].
            field: the warp that drew it, in picture widths, `[batch, 2, h, w]`.
            moves: by the names of `EYE_MOVES`.
        """
        both = float(moves.get("lids", 0.0))
        left, right = (min(1.0, max(both, float(moves.get(name, 0.0)))) for name in ("lid_left", "lid_right"))
        gaze = tuple(max(-1.0, min(1.0, float(moves.get(name, 0.0)))) for name in ("gaze_left", "gaze_up"))
        looks, shut = max(map(abs, gaze)) >= LEAST, max(left, right) >= LEAST
        if not looks and not shut:
            return picture
        part = self._part(picture)
        mean = part.enlarge(part.find_mean(field))
        if looks:
            picture = self._draw_gaze(part, picture, mean, gaze[0], gaze[1])
        return self._draw_lids(part, picture, mean, left, right) if shut else picture

    def _draw_gaze(self, part: FacePart, picture: Tensor, mean: Tensor, left: float, up: float) -> Tensor:
        """Slide the eyeballs between the lids, which stay: what goes behind one lid is drawn together, the rest apart.

        Sampled as it is, an eyeball brought in skin and lashes, or streaks where that was held off.
        """
        x, y = mean[:, :1], mean[:, 1:]
        off = (x - torch.where(x < 0, -EYE_OFF_PX, EYE_OFF_PX)) / EYE_HALF_PX
        top, bottom = _lid_edges(off)
        # From -1 at one lid to 1 at the other.
        down = ((2 * y - top - bottom) / (bottom - top).clamp_min(RIM_PX)).clamp(-1, 1)
        held = (1 - off.abs().clamp(0, 1).pow(HELD)) * (1 - down.abs().pow(HELD))
        shift = torch.cat((held * (-left * GAZE_PX[0]), held * (up * GAZE_PX[1])), dim=1).mul_(2 / SIDE)
        drawn = picture.clone()
        part.cut(drawn).copy_(part.sample(picture, shift))
        return drawn

    def _draw_lids(self, part: FacePart, picture: Tensor, mean: Tensor, left: float, right: float) -> Tensor:
        along = (mean[:, :1].abs() - EYE_OFF_PX).abs() / EYE_HALF_PX
        edge = _lid_edges(along)[0]
        lids: Tensor | float = left if left == right else torch.where(mean[:, :1] < 0, right, left)
        # How far down the lid's edge comes, all the way to the lower lid, and less beside the eye's corners.
        falls = (LOWER_LID_PX - edge) * ((1.25 - along) * 4).clamp(0, 1).mul_(lids)
        above = edge + falls - mean[:, 1:]
        # The strip of skin above the edge is stretched over the eye, the lashes are not; what is above it stays.
        stretched = (above - LASHES_PX) * ((LID_PX - LASHES_PX) / (LID_PX - LASHES_PX + falls)) + LASHES_PX
        source = torch.where(above < LASHES_PX, above, torch.maximum(stretched, above - falls))
        down = (above - falls - source).mul_(2 / SIDE)
        lid = part.sample(picture, torch.cat((torch.zeros_like(down), down), dim=1))
        drawn = picture.clone()
        eyes = part.cut(drawn)
        # Skin that lay in the shade of the brow comes out into the light of the skin below the eye.
        between = along < 1
        bright = mean_light(eyes, between & (mean[:, 1:] > BELOW_PX) & (mean[:, 1:] < BELOW_PX + BELOW_HIGH_PX))
        shaded = mean_light(lid, between & (above > LASHES_PX) & (above < falls))
        gain = (bright * LID_LIGHT / shaded).clamp(1, MOST_GAIN) - 1
        lit = (above / LASHES_PX).clamp(0, 1) * ((LID_PX + falls - above) / (falls + LEAST)).clamp(0, 1)
        # A lid that is hardly down has nothing yet that came out of the shade.
        lit.mul_((falls / LASHES_PX - 1).clamp_(0, 1))
        lid = torch.addcmul(lid, lid + 1, lit.mul_(((1.2 - along) * 2.5).clamp(0, 1)) * gain)
        eyes.copy_(torch.lerp(eyes, lid, (above / SOFT_PX + 1).clamp(0, 1)))
        return drawn

    def _part(self, picture: Tensor) -> FacePart:
        key = picture.shape[-1], picture.device
        known = self._parts.get(key)
        if known is None:
            known = self._parts[key] = FacePart(EYES_PART, LIDS, *key)
        return known


def _lid_edges(off: Tensor) -> tuple[Tensor, Tensor]:
    """Return the height of the upper and the lower lid's edge `off` half eye widths from an eye's middle, px."""
    arc = (1 - off.square()).clamp_min(0)
    return -LID_RISE_PX * arc, LOWER_LID_PX * arc
