"""Operations on a layer's activations `[batch, channels, h, w]`: new tensors, on the device, without a sync.

After Broad, Leymarie & Grierson 2021, "Network Bending", sec. 3.2. Each is the identity at rest and moves smoothly away
from it. What depends on how strong a layer is goes by its standard deviation, so that one fader plays all layers.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from likeness.latent import row

# The largest square of `erode` and `dilate` reaches so far, in widths of the layer.
REACH = 0.05


@dataclass(frozen=True)
class Operations:
    """What is done to one layer, in this order; the defaults do nothing.

    Args:
        degrees, zoom, right, down: of `transform`.
        across, over: of `flip`.
        dilated, eroded: radii in [0, 1], 1 being a twentieth of the layer's width.
        level: of `threshold`, in standard deviations.
        inverted, exchanged: of `invert` and `exchange`, in [0, 1].
        gain: what the layer is multiplied by.
        noise: in standard deviations.
    """

    degrees: float = 0.0
    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    across: float = 0.0
    over: float = 0.0
    dilated: float = 0.0
    eroded: float = 0.0
    level: float = 0.0
    inverted: float = 0.0
    exchanged: float = 0.0
    gain: float = 1.0
    noise: float = 0.0

    def apply(self, x: Tensor, pattern: Tensor | None = None) -> Tensor:
        """Return `x` [batch, channels, h, w] with all of it done; `pattern` [1 or channels, h, w] is the noise."""
        if (self.degrees, self.zoom, self.right, self.down) != (0.0, 1.0, 0.0, 0.0):
            x = transform(x, self.degrees, self.zoom, self.right, self.down)
        x = flip(x, self.across, self.over)
        if self.dilated:
            x = dilate(x, self.dilated * REACH * x.shape[3])
        if self.eroded:
            x = erode(x, self.eroded * REACH * x.shape[3])
        if self.level:
            x = threshold(x, self.level)
        if self.inverted:
            x = invert(x, self.inverted)
        if self.exchanged:
            x = exchange(x, self.exchanged)
        if self.gain != 1.0:
            x = x * self.gain
        return x if not self.noise or pattern is None else add_noise(x, pattern, self.noise)


REST = Operations()


def transform(x: Tensor, degrees: float = 0.0, zoom: float = 1.0, right: float = 0.0, down: float = 0.0) -> Tensor:
    """Return `x` zoomed and turned about its middle, then shifted; mirrored beyond its edges.

    Args:
        x: a layer.
        degrees: clockwise.
        zoom: 2 shows all twice as large.
        right, down: in widths of the layer.
    """
    angle = math.radians(degrees)
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    # Where each place looks, in [-1, 1]: back by the shift, then the inverse of the turn and the zoom.
    x0, y0 = 2.0 * right, 2.0 * down
    numbers = [cos, sin, -cos * x0 - sin * y0, -sin, cos, sin * x0 - cos * y0]
    theta = row(numbers, x).view(1, 2, 3).expand(len(x), 2, 3)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def flip(x: Tensor, across: float = 0.0, over: float = 0.0) -> Tensor:
    """Return `x` blended with its mirror image; 0.5 is symmetric.

    Args:
        x: a layer.
        across: of the image with left and right exchanged, in [0, 1].
        over: of the image with top and bottom exchanged, in [0, 1].
    """
    x = torch.lerp(x, x.flip(3), across) if across else x
    return torch.lerp(x, x.flip(2), over) if over else x


def add_noise(x: Tensor, pattern: Tensor, amount: float) -> Tensor:
    """Return `x` with `amount` standard deviations of `pattern` added, `[1 or channels, h, w]` of unit variance."""
    return torch.addcmul(x, pattern, _spread(x), value=amount)


def threshold(x: Tensor, level: float) -> Tensor:
    """Return `x` with `level` standard deviations taken off all it has, and 0 where it has less [Donoho 1995, eq. 3].

    Unlike the paper's hard threshold nothing jumps while the level moves.
    """
    limit = level * _spread(x)
    return x - torch.maximum(torch.minimum(x, limit), -limit)


def dilate(x: Tensor, radius: float) -> Tensor:
    """Return the largest value within `radius` px, in a square; a radius between two whole ones blends both."""
    whole = math.floor(radius)
    wide = _dilate_whole(x, whole)
    part = radius - whole
    # One more px around the square of before is the larger square.
    return torch.lerp(wide, _dilate_whole(wide, 1), part) if part else wide


def erode(x: Tensor, radius: float) -> Tensor:
    """Return the smallest value within `radius` px, in a square; a radius between two whole ones blends both."""
    return -dilate(-x, radius)


def invert(x: Tensor, amount: float) -> Tensor:
    """Return `x` mirrored about each channel's mean: 0 as it is, 0.5 flat, 1 inverted."""
    return torch.lerp(x, x.mean((2, 3), keepdim=True), 2.0 * amount)


def exchange(x: Tensor, amount: float) -> Tensor:
    """Return `x` with each channel blended with the one as far from the other end: the first with the last, ..."""
    return torch.lerp(x, x.flip(1), amount)


def bend_part(x: Tensor, bent: Tensor, weights: Tensor | None, amount: float) -> Tensor:
    """Return `amount` of `bent` in `x`, in [0, 1], for each channel times its weight `[channels]`; None for all."""
    if weights is None:
        return bent if amount >= 1.0 else torch.lerp(x, bent, amount)
    return torch.lerp(x, bent, (weights * amount)[:, None, None])


def channel_weights(count: int, first: float, share: float) -> list[float]:
    """Return how far each of `count` channels is in a range, in [0, 1]: the outermost ones in part, so nothing jumps.

    Args:
        count: of channels.
        first: where the range begins, in [0, 1]; it goes on at 0 beyond the last channel.
        share: how much of all it holds, in [0, 1].
    """
    start, length = first * count, share * count
    return [min(1.0, sum(_overlap(c + turn, start, length) for turn in (0, count))) for c in range(count)]


def _overlap(channel: float, start: float, length: float) -> float:
    """Return how much of `[channel, channel + 1]` lies in `[start, start + length]`."""
    return max(0.0, min(channel + 1.0, start + length) - max(channel, start))


def _spread(x: Tensor) -> Tensor:
    """Return the standard deviation of each face's layer, `[batch, 1, 1, 1]`; 0 for one that is flat."""
    return (x - x.mean((1, 2, 3), keepdim=True)).square().mean((1, 2, 3), keepdim=True).sqrt()


def _dilate_whole(x: Tensor, radius: int) -> Tensor:
    """Return the largest value within `radius` px, down and then across: a square is both."""
    if radius == 0:
        return x
    # A pooling pads at most half its window; a square beyond the layer's own size holds all of it.
    radius = min(radius, *x.shape[2:])
    x = functional.max_pool2d(x, (2 * radius + 1, 1), 1, (radius, 0))
    return functional.max_pool2d(x, (1, 2 * radius + 1), 1, (0, radius))
