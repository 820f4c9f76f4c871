"""The filter network: pictures in, pictures out, at stage rate, in several styles by one set of convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

CELL = 4  # px of the picture, both ways, that the network reads and writes as one cell
MULTIPLE = 2 * CELL  # heights and widths within the network are multiples of it
GRAIN_CHANNELS = 4
WIDTHS = (32, 64)
BLOCKS = 3
OUTER, INNER = (1, 512), (0, 32)  # what a file may ask for: channels, blocks
MOST_STYLES = 64
NORM_EPSILON = 1e-4
# So small a second convolution of a block leaves a new block an identity, nearly.
BLOCK_SCALE = 0.5
GRAIN_SCALE = 0.2  # of a new network's grain, beside its picture


class FilterNetwork(nn.Module):
    """From pictures to pictures of the same size; the same code on CPU, CUDA and MPS, no sync.

    The network of Johnson et al. [2016] made for a stage: it works on cells of four by four px, which the last layer
    writes as PixelShuffle does [Shi et al. 2016], and on half as many each way in between, so that nothing is
    multiplied at the picture's size. Its norms are conditional instance norms [Dumoulin et al. 2017, eq. 5]: each style
    has a gain and a bias of its own for each channel, and all share the convolutions. Gains and biases between two
    styles' are a style between the two.

    Beside the picture it reads a grain, noise that the caller draws: on an even wall nothing else would say where a
    stroke begins, and a network without it makes its strokes of the raster of its cells.

    Args:
        widths: channels of cells, and at half their number each way.
        blocks: residual blocks between.
        styles: how many.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS, blocks: int = BLOCKS, styles: int = 1) -> None:
        super().__init__()
        cells, half = widths
        self.widths, self.styles = (cells, half), styles
        # Overlapping windows: cells that are read apart from each other are seen in the result.
        self.enter = nn.Conv2d(3, cells, 2 * CELL, CELL)
        self.sow = nn.Conv2d(GRAIN_CHANNELS, cells, 1, bias=False)
        self.down = nn.Conv2d(cells, half, 3, 2)
        self.first = nn.ModuleList(nn.Conv2d(half, half, 3) for _ in range(blocks))
        self.second = nn.ModuleList(nn.Conv2d(half, half, 3) for _ in range(blocks))
        self.up = nn.Conv2d(half, cells, 1)
        self.join = nn.Conv2d(cells, cells, 3)
        # Each px is written by the four cells around it, as a transposed convolution of stride 4 would.
        self.leave = nn.Conv2d(cells, 3 * CELL**2, 2)
        for layer in self.modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        self.sow.weight.data.mul_(GRAIN_SCALE)
        for block in self.second.parameters():
            block.data.mul_(BLOCK_SCALE)
        # The px of one cell alike: unlike ones begin as a checkerboard [Aitken et al. 2017].
        self.leave.weight.data = self.leave.weight.data[:3].repeat(CELL**2, 1, 1, 1)
        self.leave.weight.data.mul_(0.3)
        channels = [cells, half, *[half] * 2 * blocks, cells]
        self.gains = nn.ParameterList(nn.Parameter(torch.ones(styles, count)) for count in channels)
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(styles, count)) for count in channels)

    def forward(self, images: Tensor, shares: Tensor, grain: Tensor) -> Tensor:
        """Return pictures filtered.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1]; H and W multiples of 8.
            shares: of the styles in each picture, `[batch, styles]`, or `[1, styles]` for all of them alike, which is
                faster; a row that sums to 1 is a style or one between styles.
            grain: of `draw_grain`, `[batch or 1, 4, H / 4, W / 4]`.

        Returns:
            Pictures `[batch, 3, H, W]`, about [-1, 1], in the number type of the weights, channels last.
        """
        dtype, edge = self.enter.weight.dtype, CELL // 2
        # Padded first and sorted by px then: the other way round took twice as long.
        own = functional.pad(images.to(dtype), (edge, edge, edge, edge), mode="reflect")
        x = self.enter(own.contiguous(memory_format=torch.channels_last)) + self.sow(grain.to(dtype))
        cells = functional.relu(self._norm(0, x, shares), inplace=True)
        x = self.down(functional.pad(cells, (1, 0, 1, 0), mode="replicate"))
        x = functional.relu(self._norm(1, x, shares), inplace=True)
        for number, (first, second) in enumerate(zip(self.first, self.second, strict=True)):
            y = functional.relu(self._norm(2 + 2 * number, first(repeat_edge(x)), shares), inplace=True)
            x = x + self._norm(3 + 2 * number, second(repeat_edge(y)), shares)
        # Not by PixelShuffle: what it writes recurs in every second cell, and strokes fall in with it.
        x = functional.interpolate(self.up(x), scale_factor=2, mode="bilinear", align_corners=False)
        x = functional.relu(x + cells, inplace=True)
        x = functional.relu(self._norm(len(self.gains) - 1, self.join(repeat_edge(x)), shares), inplace=True)
        return remove_raster(_write_cells(self.leave(repeat_edge(x))))

    def _norm(self, number: int, x: Tensor, shares: Tensor) -> Tensor:
        """The norm of that number: each channel of each picture by itself, then the styles' gain and bias."""
        gain, bias = (torch.mm(shares, table[number]) for table in (self.gains, self.biases))
        channels = x.shape[1]
        # With a group for each channel it is an instance norm, in a tenth of `instance_norm`'s time on one core.
        if len(gain) == 1:
            return functional.group_norm(x, channels, gain[0], bias[0], NORM_EPSILON)
        normal = functional.group_norm(x, channels, eps=NORM_EPSILON)
        return normal * gain[:, :, None, None] + bias[:, :, None, None]


def repeat_edge(x: Tensor, rim: int = 1) -> Tensor:
    """Return `x` with a rim of its edge, so wide: black there would draw a frame around every picture."""
    return functional.pad(x, (rim, rim, rim, rim), mode="replicate")


def draw_grain(height: int, width: int, count: int = 1, dice: torch.Generator | None = None) -> Tensor:
    """Return normal noise for pictures of that size in px, multiples of 8: `[count, 4, height / 4, width / 4]`, CPU."""
    return torch.randn(count, GRAIN_CHANNELS, height // CELL, width // CELL, generator=dice)


def _write_cells(cells: Tensor) -> Tensor:
    """Return cells `[batch, 48, h, w]`, their px row by row with RGB last, as pictures `[batch, 3, 4 h, 4 w]`."""
    batch, _, height, width = cells.shape
    rows = cells.permute(0, 2, 3, 1).reshape(batch, height, width, CELL, 3 * CELL).transpose(2, 3)
    return rows.reshape(batch, height * CELL, width * CELL, 3).permute(0, 3, 1, 2)


def remove_raster(x: Tensor) -> Tensor:
    """Return pictures `[batch, 3, H + 4, W + 4]` without what recurs every 2 or 4 px, a rim of 2 px narrower.

    What a network writes cell by cell recurs in each, and shows on even walls as a raster. The filter (1, 2, 2, 2, 1) /
    8 both ways lets nothing of these periods through, three fifths of 8 px, and all of what is broad; as means of two
    slices each, in a fifth of the time of a depthwise convolution on one core.
    """
    for axis in (2, 3):
        for step in (1, 2, 1):
            count = x.shape[axis] - step
            x = torch.lerp(x.narrow(axis, 0, count), x.narrow(axis, step, count), 0.5)
    return x
