"""The earrings on a face: studs and hoops of metal or pearl that hang where bare skin meets what is behind a head.

A latent says whether they are worn by a `QuietAxis`, and which by a place on another such direction of its fine layer,
along which kinds stand in a row from studs to large hoops: between two lies a third. They hang straight down from
where the face's warp takes its edge at the height of the lobes, and hair beside it hides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from likeness.generators.networks.composite_layers import Layers
from likeness.generators.networks.laid_patterns import SIDE, find_band, lay_places, look_up
from likeness.generators.networks.quiet_axis import KindAxis, smooth_step

# What is looked at of the picture for the left one, as parts of it: top, bottom, left, right; the right one mirrors it.
BAND = (0.54, 0.84, 0.09, 0.35)
# On the mean face, px of 256: the height of the lobes, over how many rows to either side they are sought, and how far
# they lie within the edge.
LOBE, ROWS, INSET = 164.0, 3.0, 3.0
# How much hair beside the face hides them: it begins to, and they are gone, px of 256.
HAIR = (4.0, 7.0)
ROUNDS = 4  # of finding where a place of the mean face lies in the picture; each comes several times nearer
# Where the row of kinds ends on either side, in standard deviations, and how decidedly a face wears one of them.
REACH, SHARPNESS = 1.3, 14.0
# Metal: how bright it is away from light, how much brighter towards it, and its highlights, by where on a ring they
# are, in radians from the right downward, how wide and how bright.
DULL, TOWARD, LIGHTS = 0.55, 0.35, ((-2.4, 0.35, 0.9), (0.9, 0.3, 0.5))
# How bright they are in the dark, and how much brighter beside bright skin.
DIM, LIT = 0.45, 0.9
SHINE = (-0.35, -0.35, 0.3)  # on a stud: where, in radii, and how wide


@dataclass(frozen=True)
class Kind:
    """One kind of earring; lengths in px of a picture of 256, `stud` and `hoop` shares in [0, 1].

    Attributes:
        stud: how much there is one.
        radius: of the stud.
        hoop: how much there is one.
        wide, high: half of the hoop's width and height.
        thick: half of its wire's width.
        colour: red, green and blue in [0, 1].
    """

    stud: float
    radius: float
    hoop: float
    wide: float
    high: float
    thick: float
    colour: tuple[float, float, float]

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Kind:
        """Return what a header tells, whatever else it says.

        Raises:
            KeyError, TypeError, ValueError: something is absent or no number, or the colour not three.
        """
        red, green, blue = told["colour"]
        measures = {field.name: float(told[field.name]) for field in fields(cls) if field.name != "colour"}
        return cls(**measures, colour=(float(red), float(green), float(blue)))

    def flat(self) -> list[float]:
        """All numbers, in the order of the attributes."""
        *measures, colour = astuple(self)
        return [*measures, *colour]


class Earrings(KindAxis):
    """What the latent says of earrings, and their drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        told: of a weights file's header: `worn` and `kind`, `[n_even]` each, unit vectors over the latent's even
            columns, and `kinds`, each as `Kind`, from studs to large hoops.
        even_index: the latent's even columns.
        size: height and width of the pictures, px.

    Raises:
        KeyError, TypeError, ValueError: something is absent or of another shape.
    """

    kinds: Tensor
    places: Tensor

    def __init__(self, told: Mapping[str, Any], even_index: Tensor, size: int) -> None:
        kinds = torch.tensor([Kind.from_json(each).flat() for each in told["kinds"]])
        super().__init__(told["worn"], told["kind"], even_index, torch.linspace(-REACH, REACH, len(kinds)), SHARPNESS)
        if not len(kinds):
            raise ValueError("no kind of earrings")
        self.register_buffer("kinds", kinds)
        self._px = SIDE / size
        self._rows, columns = find_band(size, BAND)
        self._sides = columns, slice(size - columns.stop, size - columns.start)
        self.register_buffer("places", lay_places(size, self._rows, columns))

    def hang(self, picture: Tensor, latent: Tensor, parts: Layers) -> Tensor:
        """Return the picture of a face with the earrings of `latent`; where there are none, bit by bit as it was.

        Args:
            picture: `[batch, 3, size, size]` in [-1, 1].
            latent: `[batch, 4, w_dim]`.
            parts: of the same faces.
        """
        left, right = self._sides
        # The right side mirrored, so that both are left ones.
        both = torch.cat([picture[:, :, self._rows, left], picture[:, :, self._rows, right].flip(3)])
        mirrored = parts.field.flip(3) * torch.tensor([-1.0, 1.0], device=picture.device)[None, :, None, None]
        lobe, seen = _find_lobes(parts)
        where = _find_place(torch.cat([parts.field, mirrored]), lobe)
        places = torch.cat([where[: len(picture)], _mirror(where[len(picture) :])], dim=3)
        light = torch.cat(((look_up(picture, places) + 1) / 2).mean(1, keepdim=True).chunk(2, dim=3))
        kinds = (self.choose(latent) @ self.kinds).repeat(2, 1)[:, :, None, None]
        x, y = ((self.places - where) * SIDE).split(1, dim=1)
        cover, colour = self._draw(x, y, kinds)
        shown = cover * (self.opacity(latent).repeat(2)[:, None, None, None] * seen)
        drawn = 2 * torch.lerp((both + 1) / 2, (colour * (DIM + LIT * light)).clamp(0, 1), shown) - 1
        drawn = torch.where(shown > 0, drawn, both)
        out = picture.clone()
        out[:, :, self._rows, left] = drawn[: len(picture)]
        out[:, :, self._rows, right] = drawn[len(picture) :].flip(3)
        return out

    def _draw(self, x: Tensor, y: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Return where earrings are, `[batch, 1, rows, columns]`, and their colour, of places about a lobe in px."""
        stud, radius, hoop, wide, high, thick = kinds[:, :6].split(1, 1)
        soft = 0.3 * self._px + 0.1
        across, down = x / wide, (y - high) / high
        far, turn = (across.square() + down.square()).clamp_min(1e-6).sqrt(), torch.atan2(down, across)
        ring = hoop * smooth_step(thick - (far - 1).abs() * (wide + high) / 2, -soft, soft)
        metal = DULL + TOWARD * torch.cos(turn + 2.2)
        for at, width, bright in LIGHTS:
            metal = metal + bright * torch.exp(-((turn - at) / width).square())
        from_middle = (x.square() + y.square()).clamp_min(1e-6).sqrt()
        ball = stud * smooth_step(radius - from_middle, -soft, soft)
        aside, up, size = SHINE
        shine = torch.exp(-((x / radius - aside).square() + (y / radius - up).square()) / size**2)
        round_ = 0.85 - 0.35 * (from_middle / radius).clamp(0, 1).square() + shine
        cover = torch.maximum(ring, ball)
        return cover, kinds[:, 6:] * torch.where(ball > ring, round_, metal)


def _find_lobes(parts: Layers) -> tuple[Tensor, Tensor]:
    """Return where lobes lie in the mean frame, in widths, `[2 * batch, 2, 1, 1]`, and how much of them hair leaves.

    The left ones first, then the right ones as left ones of the mirrored face.
    """
    size = parts.mattes.shape[-1]
    rows = slice(round((LOBE - ROWS) / SIDE * size), round((LOBE + ROWS) / SIDE * size) + 1)
    edges = []
    for region in (parts.skin_region(), parts.mattes[:, 1:]):
        row = region[:, 0, rows].mean(1)
        half = torch.cat([row, row.flip(1)])[:, : size // 2]
        edges.append(0.5 - half.sum(1) / size)
    skin, person = edges
    x = skin + INSET / SIDE
    place = torch.stack([x, torch.full_like(x, LOBE / SIDE)], dim=1)[:, :, None, None]
    return place, 1 - smooth_step((skin - person) * SIDE, *HAIR)[:, None, None, None]


def _mirror(places: Tensor) -> Tensor:
    """Return where places `[batch, 2, rows, columns]`, in widths, lie in the mirrored picture."""
    return torch.cat([1 - places[:, :1], places[:, 1:]], dim=1)


def _find_place(field: Tensor, wanted: Tensor) -> Tensor:
    """Return where places `[batch, 2, 1, 1]` of the mean frame lie in the picture, alike."""
    found = wanted
    for _ in range(ROUNDS):
        found = wanted - look_up(field, found)
    return found
