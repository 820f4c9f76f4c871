"""The enlarger: a small network from a drawn face to the same face as a photograph of twice the size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.arithmetic import Arithmetic
from likeness.generators.networks.eight_bit_network import Blocks, EightBitNetwork, Layer, convolution
from likeness.generators.networks.resampling import enlarge

WIDTHS = (32, 48, 96, 160)
# Convolutions in a row at the coarsest size, where a cell is a sixteenth of the drawing.
MIDDLE = 2
# So small a last layer leaves the enlarged drawing as it is at the first step, and still lets the gradient through.
LAST_SCALE = 1e-3
FACTOR = 2  # from the drawing's size to the picture's
FOLD = 2  # px of the drawing, both ways, that the network reads as one cell
COARSEST = 16  # heights and widths of drawings must be multiples of it


class Enlarger(EightBitNetwork):
    """From drawings to pictures of twice their size; the same code on CPU, CUDA and MPS, no sync, no noise.

    A U-Net [Ronneberger et al. 2015] on cells of two by two px of the drawing, each of which becomes four by four px of
    the picture at the end, as by PixelShuffle [Shi et al. 2016]: nothing is multiplied at the picture's size, nor at
    the drawing's. It has no norms and no noise, so that a picture moves as smoothly as its drawing.

    The drawing is enlarged bilinearly in its own number type, and what the network makes of its cells is added; before
    training that is next to nothing. It comes from the U-Net and, past it, from one more layer, `smooth`.

    Args:
        widths: channels at a half, a quarter, an eighth and a sixteenth of the drawing's size.
    """

    prefix, entrances = "enlarger.", ("enter", "down_half", "down_quarter", "down_eighth")
    bilinear: Tensor

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__(widths)
        cells, half, quarter, eighth = widths
        # Both see a rim of repeated cells, or the picture would fade to grey at its edge.
        self.enter = convolution(3 * FOLD**2, cells, padding=0)
        self.smooth = convolution(3 * FOLD**2, 3 * (FOLD * FACTOR) ** 2, padding=0)
        self.down_half = convolution(cells, half, stride=2)
        self.down_quarter = convolution(half, quarter, stride=2)
        self.around_quarter = convolution(quarter, quarter)
        self.down_eighth = convolution(quarter, eighth, stride=2)
        self.middle = nn.ModuleList(convolution(eighth, eighth) for _ in range(MIDDLE))
        self.up_quarter = convolution(eighth, 4 * quarter, kernel=1)
        self.join_quarter = convolution(quarter, quarter)
        self.up_half = convolution(quarter, 4 * half, kernel=1)
        self.join_half = convolution(half, half)
        self.up_cells = convolution(half, 4 * cells, kernel=1)
        self.join_cells = convolution(cells, cells)
        self.leave = convolution(cells, 3 * (FOLD * FACTOR) ** 2, kernel=1)
        for residual in (self.around_quarter, *self.middle, self.join_quarter, self.join_half):
            residual.weight.data.mul_(0.5)
        nn.init.normal_(self.leave.weight, std=LAST_SCALE)
        # In a file `smooth` enlarges bilinearly, too, less a repetition of each px.
        bilinear = _bilinear_weights()
        bilinear[:, :, 1, 1] -= _repeat_weights()
        self.smooth.weight.data.copy_(bilinear)
        self.register_buffer("bilinear", bilinear, persistent=False)

    def forward(self, drawn: Tensor) -> Tensor:
        """Return drawings enlarged.

        Args:
            drawn: `[batch, 3, H, W]` in [-1, 1]; H and W multiples of 16.

        Returns:
            The pictures `[batch, 3, 2 H, 2 W]`, about [-1, 1], in the number type of `drawn`.
        """
        steps, entering = self._begin(drawn)
        return steps.spread(self._run(steps, entering), FOLD * FACTOR, enlarge(drawn, FACTOR))

    def _own_numbers(self) -> torch.dtype:
        return self.leave.weight.dtype

    def _run(self, steps: Arithmetic, drawn: Tensor) -> Tensor:
        """Return what is added to each cell of a drawing."""
        blocks = Blocks(steps)
        convolve, add, unfold = blocks.convolve, blocks.add, blocks.unfold
        read = steps.read_cells(drawn, FOLD)
        cells = steps.activate("enter", steps.convolve_cells("enter", read, FOLD))
        half = convolve("down_half", cells)
        quarter = add("around_quarter", convolve("down_quarter", half))
        x = convolve("down_eighth", quarter)
        for number in range(len(self.middle)):
            x = add(f"middle.{number}", x)
        x = add("join_quarter", unfold("up_quarter", x, quarter))
        x = add("join_half", unfold("up_half", x, half))
        x = convolve("join_cells", unfold("up_cells", x, cells))
        return steps.add("leave", steps.convolve("leave", x), steps.convolve_cells("smooth", read, FOLD))

    def _layers(self) -> dict[str, Layer]:
        """The convolutions, the last ones with channels as PixelShuffle has them and `smooth` less what is bilinear."""
        smooth = _Reordered(self.smooth.weight - self.bilinear, self.smooth.bias)
        return super()._layers() | {"smooth": smooth, "leave": _Reordered(self.leave.weight, self.leave.bias)}


class _Reordered:
    """A convolution whose channels are a cell's px row by row with RGB last, as one that has them RGB first."""

    stride, padding = (1, 1), (0, 0)

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        assert bias is not None
        self.weight, self.bias = _rgb_first(weight), _rgb_first(bias)

    def __call__(self, x: Tensor, /) -> Tensor:
        return functional.conv2d(x, self.weight, self.bias)


def _rgb_first(by_channel: Tensor) -> Tensor:
    return by_channel.reshape(-1, 3, *by_channel.shape[1:]).transpose(0, 1).flatten(0, 1)


def _bilinear_weights() -> Tensor:
    """Return the convolution `[48, 12, 3, 3]` of cells that enlarges a drawing bilinearly.

    Its outputs are a cell's px row by row, with RGB last.
    """
    side, shown = 3 * FOLD, FOLD * FACTOR
    impulses = torch.eye(side * side).reshape(-1, 1, side, side)
    answers = functional.interpolate(impulses, scale_factor=FACTOR, mode="bilinear", align_corners=False)
    middle = answers[:, 0, shown : 2 * shown, shown : 2 * shown].reshape(3, FOLD, 3, FOLD, shown, shown)
    middle = middle.permute(4, 5, 1, 3, 0, 2)  # picture's row and column, drawing's within a cell, cell's
    weights = torch.zeros(shown, shown, 3, 3, FOLD, FOLD, 3, 3)
    for channel in range(3):
        weights[:, :, channel, channel] = middle
    return weights.reshape(3 * shown**2, 3 * FOLD**2, 3, 3)


def _repeat_weights() -> Tensor:
    """Return the matrix `[48, 12]` that repeats each px of a cell twice both ways."""
    once, colours = torch.eye(FOLD).repeat_interleave(FACTOR, 0), torch.eye(3)
    return torch.einsum("ia,jb,cd->ijcdab", once, once, colours).reshape(3 * (FOLD * FACTOR) ** 2, 3 * FOLD**2)
