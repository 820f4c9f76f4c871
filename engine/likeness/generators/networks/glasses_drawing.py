"""Drawing of glasses onto a picture from the measures of their rims.

Rims are superellipses [Gridgeman 1970] by their first-order distance [Taubin 1991, eq. 1], laid onto the picture by the
similarity that the warp makes of the mean face around its eyes: glasses are stiff where a face is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# The eyes of the mean face, in picture widths, as faces are cut everywhere here; and the middle between them.
EYES = ((0.373, 0.472), (0.627, 0.472))
CENTRE = (0.5, 0.472)
# The bridge of its nose: a turned head carries it sideways, and the bridge of the glasses with it.
NOSE = (0.5, 0.53)
REACH = 0.035  # of what places the glasses, around each of these
NOSE_WIDTH = 0.12  # beyond which lenses stay where the eyes are
# From the middle to where a temple has gone behind an ear at the latest, and from which part of its way it fades.
EAR, FADES = 0.37, 0.35
SKIN_GRID = (48, 96)  # rows and columns of a band in which it is looked up where skin hides no temple
SOFTNESS = 1.3  # px of an edge, as soft as the faces are
COLOURS = ("colour", "foot_colour", "lens")  # measures of three numbers
# Light: where it comes from (above, a little from the left); a shadow's depth, half its width and how far below it
# falls in picture widths; what clear lenses take and mirror, what dark ones mirror; how dark it is just inside a rim,
# and how far in.
LIGHT = (-0.5, -0.87)
SHADOW, SHADOW_REACH, SHADOW_BELOW = 0.4, 0.014, 0.012
CLEAR_TAKES, CLEAR_MIRRORS, DARK_MIRRORS = 0.03, 0.07, 0.22
# A window that a dark lens mirrors: how bright, where across it (from -1 to 1), half how wide, how slanting, how soft.
WINDOW, WINDOW_AT, WINDOW_HALF, WINDOW_SLANT, WINDOW_SOFT = 0.34, -0.25, 0.45, 0.4, 0.45
RIM_SHADE, RIM_SHADE_WIDTH = 0.2, 0.014


@dataclass(frozen=True)
class Rims:
    """One kind of rims as it is measured on a face, lengths in picture widths.

    Attributes:
        heavy, round: where it lies among the kinds, in standard deviations.
        apart: from the middle to a lens' centre.
        below: from the line of the eyes down to it.
        half_width, half_height: of a lens.
        power: of its superellipse: 2 an ellipse, 4 nearly a rectangle.
        taper: how much narrower a lens is at its foot, and wider at its top, as a part of its width.
        tilt: how far the outer corner is drawn up (cat's eyes).
        droop: how far the lens' outer foot hangs outward and down (aviators).
        top, foot: width of the rim.
        bridge, bridge_height: width of the bridge; from a lens' centre up to it, as a part of its half height.
        bar: width of a second bridge at the rims' top, 0 for none.
        hinge: from a lens' centre up to the temple, as a part of its half height.
        temple: width of the temple at the hinge.
        colour, foot_colour: of the rim at top and foot, red, green and blue in [0, 1].
        gloss: of its highlights, 0 matt.
        solid: its opacity.
        lens: what dark lenses let through, red, green and blue in [0, 1].
    """

    heavy: float
    round: float
    apart: float
    below: float
    half_width: float
    half_height: float
    power: float
    taper: float
    tilt: float
    droop: float
    top: float
    foot: float
    bridge: float
    bridge_height: float
    bar: float
    hinge: float
    temple: float
    colour: tuple[float, float, float]
    foot_colour: tuple[float, float, float]
    gloss: float
    solid: float
    lens: tuple[float, float, float]

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Rims:
        """Return the rims that a header tells.

        Raises:
            KeyError, TypeError, ValueError: a measure is absent or no number, a colour not three.
        """
        read: dict[str, Any] = {}
        for field in fields(cls):
            value = told[field.name]
            read[field.name] = tuple(float(x) for x in value) if isinstance(value, Sequence) else float(value)
        if any(len(read[name]) != 3 for name in COLOURS):
            raise ValueError(f"a colour of glasses is three numbers; {[read[name] for name in COLOURS]} came")
        return cls(**read)

    def flat(self) -> list[float]:
        """All measures in their order, colours spread out."""
        return [x for value in astuple(self) for x in (value if isinstance(value, tuple) else (value,))]


class Measures:
    """Measures `[batch, n]` of rims, as `Rims.flat`, by their names: each `[batch, 1 or 3, 1, 1]`."""

    def __init__(self, measures: Tensor) -> None:
        self._parts: dict[str, Tensor] = {}
        start = 0
        for field in fields(Rims):
            width = 3 if field.name in COLOURS else 1
            self._parts[field.name] = measures[:, start : start + width, None, None]
            start += width

    def __getitem__(self, name: str) -> Tensor:
        return self._parts[name]


@dataclass(frozen=True)
class Outlines:
    """Where the parts of glasses are, each `[batch, 1, height, width]`.

    Attributes:
        solid: opacity of rims, bridge and temples, in [0, 1].
        beyond: of what is not a lens, in [0, 1].
        outside: distance from the lens' edge in picture widths, negative within.
        shadow: of the rims on the skin, in [0, 1].
        upper: from 0 at a lens' foot to 1 at its top.
        height: over a lens, about -1 at its top and 1 at its foot.
        across: over a lens, about -1 at the picture's left and 1 at its right.
        facing: how far the rim's surface looks to the light, in [-1, 1]; 0 beside it.
        back: along a temple, 0 at the hinge and 1 at the ear.
    """

    solid: Tensor
    beyond: Tensor
    outside: Tensor
    shadow: Tensor
    upper: Tensor
    height: Tensor
    across: Tensor
    facing: Tensor
    back: Tensor


class Placement:
    """Where glasses lie on faces with warps of one size.

    Args:
        like: one of these warps, `[batch, 2, rows, columns]`.
    """

    def __init__(self, like: Tensor) -> None:
        rows, columns = like.shape[2:]
        y = (torch.arange(rows, device=like.device, dtype=like.dtype) + 0.5) / rows
        x = (torch.arange(columns, device=like.device, dtype=like.dtype) + 0.5) / columns
        self._here = torch.stack([x.expand(rows, columns), y[:, None].expand(rows, columns)])
        near, self._nose = self._around(EYES[0]) + self._around(EYES[1]), self._around(NOSE)
        self._near, self._nose = near / near.sum(), self._nose / self._nose.sum()
        self._middle = (self._near * self._here).sum((1, 2))
        self._from_here = self._here - self._middle[:, None, None]
        self._power = (self._near * self._from_here.square().sum(0)).sum()
        self._centre = torch.tensor(CENTRE, device=like.device, dtype=like.dtype)[:, None, None]

    def _around(self, place: tuple[float, float]) -> Tensor:
        apart = (self._here[0] - place[0]).square() + (self._here[1] - place[1]).square()
        return torch.exp(-apart / REACH**2)

    def find(self, field: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return where pixels lie on upright glasses of the mean face, across and down from between the eyes.

        The similarity is that of least squares around the eyes [Umeyama 1991, eq. 39-43].

        Args:
            field: of `composite.Layers`.
            places: of the pixels in the picture, in its widths, `[1, 2, height, width]`.

        Returns:
            Two `[batch, 1, height, width]` in picture widths.
        """
        near, from_here = self._near, self._from_here
        source = self._here + field
        source_middle = (near * source).sum((2, 3), keepdim=True)
        from_source = source - source_middle
        along = (near * (from_here * from_source).sum(1)).sum((1, 2)) / self._power
        turned = from_here[0] * from_source[:, 1] - from_here[1] * from_source[:, 0]
        turned = (near * turned).sum((1, 2)) / self._power
        along, turned = along[:, None, None, None], turned[:, None, None, None]
        start = source_middle - self._centre
        stiff = start[:, :1] + along * from_here[:1] - turned * from_here[1:]
        moved = (self._nose * (stiff - source[:, :1] + CENTRE[0])).sum((2, 3), keepdim=True)
        across, down = places[:, :1] - self._middle[0], places[:, 1:] - self._middle[1]
        u = start[:, :1] + along * across - turned * down
        v = start[:, 1:] + turned * across + along * down
        return u - moved * torch.exp(u.square() * (-1 / NOSE_WIDTH**2)), v


def sample_skin(places: Tensor, field: Tensor, mattes: Tensor, height: int, width: int) -> Tensor:
    """Return where bare skin is seen in a band, `[batch, 1, height, width]` in [0, 1].

    Args:
        places: of fewer pixels over the same band, in picture widths, `[1, 2, rows, columns]`.
        field, mattes: of `composite.Layers`.
    """
    grid = (2 * places - 1).permute(0, 2, 3, 1).expand(len(field), -1, -1, -1)
    moved = functional.grid_sample(field, grid, padding_mode="border", align_corners=False)
    grid = grid + 2 * moved.permute(0, 2, 3, 1)
    seen = functional.grid_sample(mattes, grid, padding_mode="reflection", align_corners=False)
    return functional.interpolate(seen[:, :1] * seen[:, 1:], size=(height, width), mode="bilinear", align_corners=False)


def draw_glasses(
    picture: Tensor, u: Tensor, v: Tensor, skin: Tensor, of: Measures, dark: Tensor, worn: Tensor
) -> Tensor:
    """Return a picture with glasses.

    Args:
        picture: `[batch, 3, height, width]` in [-1, 1].
        u, v: places on the glasses, as `Placement.find` returns them.
        skin: as `sample_skin` returns it; beside skin, temples are hidden.
        of: the rims.
        dark, worn: darkness of the lenses and opacity of it all, in [0, 1], `[batch, 1, 1, 1]`.
    """
    return _shade(picture, _draw_outlines(u, v, skin, of), of, dark, worn)


def _draw_outlines(u: Tensor, v: Tensor, skin: Tensor, of: Measures) -> Outlines:
    pixel = SOFTNESS * (u[..., :1, 1:] - u[..., :1, :-1]).abs().mean((2, 3), keepdim=True).clamp(min=1e-4)
    per_pixel, half = 1 / pixel, torch.full_like(pixel, 0.5)

    def cover(inside: Tensor) -> Tensor:
        """How much of a pixel lies inside an edge, from the distance to it."""
        return torch.addcmul(half, inside, per_pixel).clamp(0, 1)

    # A lens: where x and y are on it, bent by tilt, droop and taper, and how far it is to its edge.
    side = u.abs()
    x, y = side - of["apart"], v - of["below"]
    y = torch.addcmul(y, x, of["tilt"])
    height = y / of["half_height"]
    on_it = height.clamp(-1.3, 1.3)
    x = torch.addcmul(x, on_it, -of["droop"])
    width = torch.addcmul(of["half_width"], on_it, -of["half_width"] * of["taper"])
    a, b = (x.abs() / width).clamp(min=1e-3), height.abs().clamp(min=1e-3)
    a_power, b_power = a.pow(of["power"] - 1), b.pow(of["power"] - 1)
    total = torch.addcmul(a * a_power, b, b_power)
    radius = total.pow(1 / of["power"])
    # The gradient of the radius is this times radius / total.
    slope_x, slope_y = a_power / width, b_power / of["half_height"]
    slope = torch.addcmul(slope_x * slope_x, slope_y, slope_y).sqrt()
    outside = (radius - 1) * total / (radius * slope)

    upper = (0.56 - 1.25 * height).clamp(0, 1)
    rim = torch.lerp(of["foot"], of["top"], upper)
    beyond = cover(outside)
    rims = torch.minimum(beyond, cover(rim - outside))
    out_x, out_y = torch.copysign(slope_x, x * u) / slope, torch.copysign(slope_y, y) / slope
    across = (2 * outside / rim - 1).clamp(-1, 1)
    facing = (LIGHT[0] * out_x + LIGHT[1] * out_y) * across * rims
    # What lies a little above is nearer the edge or farther, by how far the edge faces down.
    above = outside - SHADOW_BELOW * out_y - rim / 2
    shadow = (1 - above.abs() / SHADOW_REACH).clamp(min=0)

    between = cover(of["apart"] - side)
    inner = of["apart"] - of["half_width"]
    arch = 0.35 * inner - 0.35 * side.square() / inner
    bridge_at = of["below"] - of["bridge_height"] * of["half_height"]
    bridge = cover(of["bridge"] / 2 - (v - bridge_at + arch.clamp(min=0)).abs())
    bar_at = of["below"] - of["half_height"] - of["top"] / 2
    bar = cover(of["bar"] / 2 - (v - bar_at).abs()) * (of["bar"] / pixel).clamp(max=1)
    outer = of["apart"] + of["half_width"]
    back = ((side - outer) / (EAR - outer)).clamp(0, 1)
    temple_at = of["below"] - of["hinge"] * of["half_height"]
    temple = cover(of["temple"] * (0.5 - 0.25 * back) - (v - temple_at - 0.008 * back).abs())
    temple = temple * ((1 - back) / (1 - FADES)).clamp(max=1)
    # Its first piece stands before the hair.
    temple = temple * (1 - between) * (1 - (5 * back).clamp(max=1) * (1 - skin))
    joined = torch.maximum(torch.maximum(bridge, bar) * between, temple) * beyond
    across = torch.copysign(x / width, x * u)
    return Outlines(torch.maximum(rims, joined), beyond, outside, shadow, upper, height, across, facing, back)


def _shade(picture: Tensor, seen: Outlines, of: Measures, dark: Tensor, worn: Tensor) -> Tensor:
    """Return the picture with shadow, lenses and rims laid over it."""
    shown = (picture + 1) / 2
    light = (0.55 + shown.mean((1, 2, 3), keepdim=True)).clamp(0.6, 1.15)
    # What is under the lenses: darker just inside the rim; what they let through, and what they mirror.
    edge = (1 + seen.outside / RIM_SHADE_WIDTH).clamp(0, 1)
    under = (1 - SHADOW * worn * seen.shadow) * (1 - RIM_SHADE * worn * edge * edge * (1 - seen.beyond))
    through = torch.lerp(torch.full_like(of["lens"], 1 - CLEAR_TAKES), of["lens"], dark)
    mirrors = light * torch.lerp(torch.full_like(dark, CLEAR_MIRRORS), torch.full_like(dark, DARK_MIRRORS), dark)
    # The sky above, and a window, in both lenses alike.
    sky = (0.5 - 0.5 * seen.height).clamp(0, 1)
    slanting = (seen.across + WINDOW_SLANT * seen.height - WINDOW_AT).abs()
    window = ((WINDOW_HALF - slanting) / WINDOW_SOFT).clamp(0, 1) * ((0.9 + seen.height) / WINDOW_SOFT).clamp(0, 1)
    mirrors = mirrors * sky * sky + (WINDOW * dark * light) * window * window * sky
    lens = (1 - seen.beyond) * worn
    shown = shown * (under * torch.lerp(torch.ones_like(through), through, lens)) + mirrors * lens
    # The rims, with a highlight along what looks to the light.
    highlight = (1 - 16 * (seen.facing - 0.7).square()).clamp(min=0)
    lit = light * (1 + 0.3 * seen.facing) * (1 - 0.45 * seen.back)
    colour = torch.lerp(of["foot_colour"], of["colour"], seen.upper) * lit + 0.45 * of["gloss"] * light * highlight
    shown = torch.lerp(shown, colour, seen.solid * (of["solid"] * worn))
    return (2 * shown - 1).clamp(-1, 1)
