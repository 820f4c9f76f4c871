"""Eyes drawn onto a face: irises, whites, lids and lashes as crisp as photographs have them, in the face's colours.

The eyes of a composite are means of many that looked elsewhere, soft and dull. These are drawn from measures of the
mean face, laid onto the picture by the face's own warp, and take their colours from those that they replace.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from likeness.generators.networks.eye_patterns import HALF, IRIS_REACH, LIDS_BOX, draw_iris, draw_lids
from likeness.generators.networks.laid_patterns import SIDE, find_band, lay_places, look_up, sample_pattern
from likeness.generators.networks.quiet_axis import smooth_step

# The eyes of the mean face: the middle between them, how far they are from it, the height of an eye's corners, and that
# of its pupil.
MIDDLE, OFF, CORNER, PUPIL = 128.0, 34.0, 125.5, 121.8
# Irises are round in the picture; their radius in widths of an eye there.
IRIS = 0.195
# What is looked at of the picture, as parts of it: top, bottom, left, right. Eyes lie within.
BAND = (0.385, 0.545, 0.25, 0.75)
ROUNDS = 3  # of finding where a place of the mean face lies in the picture; each comes several times nearer
# Three pigments, red, green and blue of mean 1; how much bluer than the skin a drawn iris must be, as parts of their
# brightness, and how light against its white, until it is taken for a light one; how little more red than blue skin
# must have for it; how bright irises are beside the white, and how much lighter ones differ.
BROWN, LIGHT_BROWN, BLUE = (1.27, 0.97, 0.76), (1.17, 1.0, 0.83), (0.84, 1.0, 1.16)
BLUISH, LIGHT_ONE, PALE = (0.26, 0.48), (0.44, 0.62), (0.7, 0.45)
BROWN_BRIGHT, BLUE_BRIGHT, LIGHTER = 0.25, 0.42, 0.12
# What eyes between brown and blue have more than their mean, and what those have more that were drawn so much greener.
HAZEL, GREEN, GREENEST = (-0.06, 0.05, -0.09), (-1.0, 0.8, 0.2), 0.15
# The white: how much brighter than the blur that it replaces, between which bounds, its tint, and how far it replaces.
WHITER, WHITE_SPAN, TINT, WHITE_SHARE = 1.8, (0.4, 0.9), (1.0, 0.985, 0.97), 0.65
# A window that both eyes mirror: its height and size in radii, how far it follows the light to a side, how bright.
WINDOW_UP, WINDOW_SIZE, WINDOW_ASIDE, WINDOW = 0.38, 0.2, 0.36, 0.85
RIM = (1.12, 0.03)  # how the wet rim of the lower lid is brighter: by a factor, and by so much
FLOOR = 0.05  # of brightness that is divided by


class EyeColours(NamedTuple):
    """What is found on a drawing, each `[batch, 3, 1, 1]` in [0, 1]; `light` `[batch, 1, 1, 1]`.

    Attributes:
        white, iris: what the eyes are drawn in.
        light: from which side light comes, from -1, the picture's left, to 1.
    """

    white: Tensor
    iris: Tensor
    light: Tensor


class DrawnEyes(nn.Module):
    """Draws the eyes of pictures anew; the same code on CPU, CUDA and MPS, no sync. No gradient flows through it.

    Both eyes look the same way and have one colour, for they are drawn alike. A mirrored face has mirrored eyes.

    Args:
        size: height and width of the pictures, px.
        strength: how far they replace those that are there, 0 to 1; 0 changes nothing and costs nothing.
    """

    lids: Tensor
    irises: Tensor
    places: Tensor

    def __init__(self, size: int, strength: float) -> None:
        super().__init__()
        self.strength = float(strength)
        if not strength:
            return
        self._rows, self._columns = find_band(size, BAND)
        self._px = SIDE / size
        self.register_buffer("lids", draw_lids(self._px), persistent=False)
        self.register_buffer("irises", draw_iris(self._px), persistent=False)
        self.register_buffer("places", lay_places(size, self._rows, self._columns), persistent=False)

    @torch.no_grad()
    def forward(self, pictures: Tensor, field: Tensor) -> Tensor:
        """Return pictures with their eyes drawn.

        Args:
            pictures: `[batch, 3, size, size]` in [-1, 1].
            field: the warp that drew them, in picture widths, x first, `[batch, 2, h, w]`.
        """
        if not self.strength:
            return pictures
        drawn = pictures.clone()
        band = drawn[:, :, self._rows, self._columns]
        band.copy_(self._draw((band.float() + 1) / 2, field.float()).mul_(2).sub_(1))
        return drawn

    def _draw(self, band: Tensor, field: Tensor) -> Tensor:
        """Return the band `[batch, 3, rows, columns]` in [0, 1] with eyes."""
        places = self.places.expand(len(field), -1, -1, -1)
        aside, down = ((places + look_up(field, places)) * SIDE).split(1, dim=1)
        # 1 where the picture's right eye is, -1 where the left one is; both are drawn as the right one.
        side = torch.where(aside < MIDDLE, -1.0, 1.0)
        outward = (aside - MIDDLE) * side - OFF
        inside, shade, lashes, rim, skin = sample_pattern(self.lids, outward, down - CORNER, LIDS_BOX).split(1, dim=1)
        pupils, width = _find_eyes(field)
        radius = IRIS * width
        centre = torch.where(side < 0, pupils[:, :, :1, None], pupils[:, :, 1:, None])
        across, below = ((places - centre) / radius).split(1, dim=1)
        box = (-IRIS_REACH, IRIS_REACH, -IRIS_REACH, IRIS_REACH)
        within, bright, of_iris, of_white = sample_pattern(self.irises, across * side, below, box).split(1, dim=1)
        colours = _find_colours(band, inside * of_iris, inside * of_white, skin, side)
        eye = torch.lerp(torch.lerp(band, colours.white, WHITE_SHARE), colours.iris * bright, within) * shade
        far = ((across - WINDOW_ASIDE * colours.light).square() + (below + WINDOW_UP).square()).sqrt()
        window = WINDOW * smooth_step(far, WINDOW_SIZE + self._px / 6, WINDOW_SIZE - self._px / 6)
        mirrored = (0.35 + colours.white.mean(1, keepdim=True)).clamp(max=1)
        eye = torch.lerp(eye, mirrored.expand_as(eye), window)
        drawn = torch.lerp(band, eye, inside * self.strength) * (1 - lashes * self.strength)
        return torch.lerp(drawn, drawn * RIM[0] + RIM[1], rim * self.strength).clamp_(0, 1)


def _find_colours(band: Tensor, of_iris: Tensor, of_white: Tensor, skin: Tensor, side: Tensor) -> EyeColours:
    """Return the colours that eyes are drawn in, and the side of the light, of what is drawn at some places.

    Args:
        band: the picture `[batch, 3, rows, columns]` in [0, 1].
        of_iris, of_white, skin: how much each place counts; skin lies below the eyes.
        side: -1 about the picture's left eye, 1 about the right one.
    """
    was_iris, was_white = _mean(band, of_iris), _mean(band, of_white)
    sides = [_mean(band, skin * (side == sign)) for sign in (-1, 1)]
    left, right = (each.mean(1, keepdim=True) for each in sides)
    light = torch.tanh(4 * (right - left) / (left + right).clamp_min(FLOOR))
    bright = was_white.mean(1, keepdim=True).clamp_min(FLOOR)
    # A white is white: what tint it has is that of the light.
    tint = (was_white / bright).clamp(0.6, 1.6)
    white = (1 + tint) / 2 * _colour(TINT, band) * (bright * WHITER).clamp(*WHITE_SPAN)
    light_one = smooth_step((was_iris / tint).mean(1, keepdim=True) / bright, *LIGHT_ONE)
    skin_colour = (sides[0] + sides[1]) / (left + right).clamp_min(FLOOR)
    redness = skin_colour[:, :1] - skin_colour[:, 2:]
    own = was_iris / was_iris.mean(1, keepdim=True).clamp_min(FLOOR)
    light_one = light_one * smooth_step(redness, *PALE)
    blue = smooth_step(own[:, 2:] - own[:, :1] + redness, *BLUISH) * light_one
    pigment = torch.lerp(_colour(BROWN, band), _colour(LIGHT_BROWN, band), light_one)
    pigment = torch.lerp(pigment, _colour(BLUE, band), blue) + 4 * blue * (1 - blue) * _colour(HAZEL, band)
    pigment = pigment + blue * (own[:, 1:2] - 1).clamp(0, GREENEST) * _colour(GREEN, band)
    share = BROWN_BRIGHT + (BLUE_BRIGHT - BROWN_BRIGHT) * blue + LIGHTER * (light_one - 0.5)
    return EyeColours(white, pigment * (1 + tint) / 2 * share * white.mean(1, keepdim=True), light)


def _find_eyes(field: Tensor) -> tuple[Tensor, Tensor]:
    """Return where both pupils are, `[batch, 2, 2]`, x first, and an eye's width in the picture, `[batch, 1, 1, 1]`.

    A warp says for a place of the picture which place of the mean face is there; the other way is found in rounds.
    """
    middles = (MIDDLE - OFF, MIDDLE + OFF)
    x = [middle + aside for aside in (0, -HALF, HALF) for middle in middles]
    wanted = torch.tensor([x, [PUPIL] * 2 + [CORNER] * 4], device=field.device)[None, :, :, None] / SIDE
    found = wanted = wanted.expand(len(field), -1, -1, -1)
    for _ in range(ROUNDS):
        found = wanted - look_up(field, found)
    pupils, left, right = found[..., 0].split(2, dim=2)
    return pupils, (right - left).norm(dim=1).mean(1)[:, None, None, None]


def _mean(band: Tensor, counts: Tensor) -> Tensor:
    """Return the mean colour of places, `[batch, 3, 1, 1]`."""
    return (band * counts).sum((2, 3), keepdim=True) / (counts.sum((2, 3), keepdim=True) + 1e-3)


def _colour(rgb: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(rgb, device=like.device)[None, :, None, None]
