"""Single hairs: a fine pattern that frays the outlines of heads of hair and gives them streaks.

Strands do not line up from head to head, and a mean of exemplars is a helmet with an even contour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.head_shape import MIDDLE_X, MIDDLE_Y, STEEPNESS
from likeness.generators.networks.resampling import resize

# The pattern is drawn at so many times the picture's size and brought down, so that hairs may be thinner than a px.
FINER = 2
# How short hair lies, in degrees from straight outward toward the side, at the crown and beside the ears; how far long
# hair leaves the outline, in widths for each width along it round the head, and for each width down from there.
TILT, LEAVES, OUTWARD = (12.0, 62.0), 0.25, 0.12
# How far from the middle of the face hair is, about, in picture widths.
RADIUS = 0.33
# How long hairs are, in picture widths; by how much they are bent at random, and how many bends there are in a width.
SHORT_LENGTH, LONG_LENGTH = 0.07, 0.16
SHORT_BENT, LONG_BENT = (0.007, 18), (0.008, 10)
# In squares of this many widths the pattern has no mean.
EVEN = 1 / 16
# Where hair is looked for to tell how long it is: beside the jaw, in parts of the height and of the width; with less
# than the first share of it filled hair is short, with more than the second long.
BESIDE_ROWS, BESIDE_COLUMNS = (0.52, 0.66), (0.10, 0.26)
SHORT, LONG = 0.12, 0.42
# Above these rows hair is hair; below them it is clothes.
SHOULDERS = (0.68, 0.80)
# How far hairs stand out of an outline, in px of 256: short ones, long ones. Those that stand out count for more than
# gaps do. The hairline over a forehead is frayed too. Half as far again, short hair was spikes on a full screen.
OUT_SHORT, OUT_LONG, SKEW = 0.35, 0.25, 0.3
HAIRLINE, BROWS = 0.4, (0.37, 0.47)
# How fast logits may rise for each px. An edge that rises slowly, as the mean of silhouettes that lie apart, is moved
# as far as a crisp one and no farther: it would be a fringe as wide as it is soft.
STEEPEST = 1.0
# Within how many logits of an edge it is frayed.
NEAR, NEAR_HAIRLINE = 5.0, 4.0
# The widest that hairs are from the middle on either side, and the longest way along them, in picture widths.
WIDEST, LONGEST = 1.2, 2.4
SEED = 1


class HairTexture(nn.Module):
    """Frays outlines and streaks hair; the same code on CPU, CUDA and MPS, no sync.

    Noise that is long along the way that hair lies and short across it, made once from a fixed seed in the mean frame,
    so that it stays on the head that it is on: one pattern of short and one of long hair, mixed by how much hair there
    is beside the jaw. It is drawn, not learnt. No gradient flows through it.

    Args:
        size: height and width of the mean frame, px.
        strength: standard deviation of the streaks' log-brightness.
    """

    short: Tensor
    long: Tensor
    hairline_rows: Tensor

    def __init__(self, size: int, strength: float) -> None:
        super().__init__()
        self.size, self.strength = size, strength
        row = (torch.arange(size) + 0.5) / size
        hair_rows = ((SHOULDERS[1] - row) / (SHOULDERS[1] - SHOULDERS[0])).clamp(0, 1)[:, None]
        for name, lie, length, bent in (
            ("short", _find_short, SHORT_LENGTH, SHORT_BENT),
            ("long", _find_long, LONG_LENGTH, LONG_BENT),
        ):
            hairs = _draw_hairs(size, lie, length, bent) * hair_rows
            standing = hairs + SKEW * hairs.clamp(min=0).square()
            self.register_buffer(name, torch.cat([hairs, standing], dim=1), persistent=False)
        row = (torch.arange(size // 2) + 0.5) / (size // 2)  # of the edges
        hairline_rows = ((BROWS[1] - row) / (BROWS[1] - BROWS[0])).clamp(0, 1)[:, None]
        self.register_buffer("hairline_rows", hairline_rows, persistent=False)

    @torch.no_grad()
    def forward(self, edges: Tensor) -> Hairs:
        """Return the single hairs of heads.

        Args:
            edges: signed distances of skin and person, squashed, `[batch, 2, h, h]`.
        """
        high, wide = edges.shape[2:]
        top, end = (round(part * high) for part in BESIDE_ROWS)
        left, right = (round(part * wide) for part in BESIDE_COLUMNS)
        rows = edges[:, :, top:end]
        beside = torch.cat([rows[..., left:right], rows[..., wide - right : wide - left]], dim=3)
        skin, person = torch.sigmoid(STEEPNESS * beside).unbind(1)
        filled = (person * (1 - skin)).mean((1, 2)).reshape(-1, 1, 1, 1)
        length = ((filled - SHORT) / (LONG - SHORT)).clamp(0, 1)
        pattern = torch.lerp(self.short, self.long, length)
        # Two patterns that have nothing to do with each other lose strength where they are mixed.
        restored = (length.square() + (1 - length).square()).rsqrt()
        return Hairs(pattern, restored, length, self.strength, self.hairline_rows)


@dataclass(frozen=True)
class Hairs:
    """The single hairs of some heads.

    Attributes:
        pattern: `[batch, 2, size, size]` in the mean frame, as it streaks hair, and as it stands out of an outline.
        restored: by which it is multiplied to have a standard deviation of about 1, `[batch, 1, 1, 1]`.
        length: how long hairs are, `[batch, 1, 1, 1]` from 0, short, to 1.
        strength: of the streaks.
        hairline_rows: how much of them is seen in a hairline, by rows of the edges, `[size / 2, 1]`.
    """

    pattern: Tensor
    restored: Tensor
    length: Tensor
    strength: float
    hairline_rows: Tensor

    @property
    def streaks(self) -> Tensor:
        """What is added to the log-brightness of strands, `[batch, 1, size, size]`."""
        return self.pattern[:, :1] * (self.strength * self.restored)

    def fray(self, edges: Tensor, small: Tensor) -> Tensor:
        """Return logits of the mattes of skin and person with hairs along their edges.

        Args:
            edges: the logits, `[batch, 2, size, size]`.
            small: the same at a smaller size, by which it is told where edges are.
        """
        with torch.no_grad():
            skin, person = small.split(1, dim=1)
            # By the shoulders and round a bald head what is beside the outline is skin.
            outlined = (-skin / 5 - 0.3).clamp_(0, 1) * torch.exp(-(person / NEAR).square())
            hairy = ((person - skin) / 6 - 0.5).clamp_(0, 1) * self.hairline_rows
            lined = hairy * torch.exp(-(skin / NEAR_HAIRLINE).square())
            reach = OUT_SHORT + (OUT_LONG - OUT_SHORT) * self.length
            size = edges.shape[-1]
            slope = (_find_slope(small) * (small.shape[-1] / size)).clamp_(max=STEEPEST) * (size / 256)
            along = torch.cat([-HAIRLINE * self.restored * lined, reach * self.restored * outlined], dim=1) * slope
            along = resize(along, size)
        return torch.addcmul(edges, self.pattern, along)


def _find_slope(edges: Tensor) -> Tensor:
    """Return how fast edges rise for each of their px, `[batch, 2, size, size]`."""
    around = functional.pad(edges, (1, 1, 1, 1), mode="replicate")
    across = around[..., 1:-1, 2:] - around[..., 1:-1, :-2]
    down = around[..., 2:, 1:-1] - around[..., :-2, 1:-1]
    return torch.hypot(across, down) / 2


def _find_short(right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Return where short hairs are, across them and along them, in picture widths; places are from the face's middle.

    They stand out and lean aside: a logarithmic spiral keeps its angle to the outline.
    """
    away, around = torch.hypot(right, down).clamp(min=0.02), torch.atan2(right.abs(), -down)
    share = (around / (math.pi / 2)).clamp(max=1)
    lean = torch.deg2rad(TILT[0] + (TILT[1] - TILT[0]) * share).tan()
    return RADIUS * (around - lean * (away / RADIUS).log()), away * (1 + lean.square()).sqrt()


def _find_long(right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Return where long hairs are, across them and along them: they follow the head and hang from its sides."""
    hanging = down.clamp(min=0)
    around = torch.atan2(right.abs(), -down.clamp(max=0))
    across = torch.hypot(right, down.clamp(max=0)) - LEAVES * RADIUS * around - OUTWARD * hanging
    return across, RADIUS * around + hanging


def _draw_hairs(
    size: int, lie: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], length: float, bent: tuple[float, int]
) -> Tensor:
    """Return hairs, `[1, 1, size, size]`, standard deviation 1: noise that is long one way and a px the other."""
    generator = torch.Generator().manual_seed(SEED)  # on the CPU, so that it is the same on every device
    fine = FINER * size
    axis = (torch.arange(fine) + 0.5) / fine
    right, down = torch.meshgrid(axis - MIDDLE_X, axis - MIDDLE_Y, indexing="xy")
    across, along = lie(right, down)
    amount, bends = bent
    bend = torch.randn(1, 1, bends, bends, generator=generator)
    bend = functional.interpolate(bend, size=(fine, fine), mode="bicubic", align_corners=False)[0, 0]
    # The same hairs on the left as on the right: the mirror image of a latent draws the mirror image of a head.
    across = across + amount * (bend + bend.flip(-1)) / math.sqrt(2)
    noise = torch.randn(1, 1, round(2 * LONGEST / length), round(2 * WIDEST * fine), generator=generator)
    places = torch.stack([across / WIDEST, 2 * along / LONGEST - 1], dim=-1)[None]
    hairs = functional.grid_sample(noise, places, padding_mode="reflection", align_corners=False)
    hairs = functional.avg_pool2d(hairs, FINER)
    hairs = hairs - resize(functional.avg_pool2d(hairs, round(EVEN * size)), size)
    return hairs / hairs.std()
