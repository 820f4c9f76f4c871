"""The refiner: a small encoder-decoder that adds photographic detail to the skin, eyes and mouth of a drawn face."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from likeness.generators.networks.arithmetic import Arithmetic
from likeness.generators.networks.eight_bit_network import Blocks, EightBitNetwork, convolution
from likeness.generators.networks.resampling import filter_both_ways

WIDTHS = (32, 64, 128, 192)
# Convolutions in a row at a sixteenth of the picture's size, where they see half a face.
MIDDLE = 2
# So small a last layer leaves the drawing as it is at the first step, and still lets the gradient through.
LAST_SCALE = 1e-3
HALF_BAND = (-1 / 16, 4 / 16, 10 / 16, 4 / 16, -1 / 16)
COARSEST = 16  # sizes must be multiples of it


class Refiner(EightBitNetwork):
    """From pictures to pictures of the same size; the same code on CPU, CUDA and MPS, no sync, no noise.

    A U-Net [Ronneberger et al. 2015] whose ends fold pixels into channels [Shi et al. 2016, PixelShuffle]: at full
    size nothing is multiplied, which is where a CPU would spend its time. It has no norms and no noise, so what it
    draws moves as smoothly as the drawing that it is given.

    Args:
        widths: channels at a half, a quarter, an eighth and a sixteenth of the picture's size.
    """

    prefix, entrances = "refiner.", ("fine_in", "in64", "down32", "down16")

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__(widths)
        half, quarter, eighth, least = widths
        self.fine_in = convolution(12, half)
        self.in64 = convolution(48, quarter)
        self.down32 = convolution(quarter, eighth, stride=2)
        self.enc32 = convolution(eighth, eighth)
        self.down16 = convolution(eighth, least, stride=2)
        self.mid = nn.ModuleList(convolution(least, least) for _ in range(MIDDLE))
        self.up32 = convolution(least, 4 * eighth, kernel=1)
        self.dec32 = convolution(eighth, eighth)
        self.up64 = convolution(eighth, 4 * quarter, kernel=1)
        self.dec64 = convolution(quarter, quarter)
        self.up128 = convolution(quarter, 4 * half, kernel=1)
        self.dec128 = convolution(half, half)
        self.out = convolution(half, 12)
        for residual in (self.enc32, *self.mid, self.dec32, self.dec64):
            residual.weight.data.mul_(0.5)
        nn.init.normal_(self.out.weight, std=LAST_SCALE)

    def forward(self, picture: Tensor, skin: Tensor) -> Tensor:
        """Return a drawing refined.

        Args:
            picture: `[batch, 3, H, W]` in [-1, 1]; H and W multiples of 16.
            skin: where there is bare skin, in [0, 1], `[batch, 1, H, W]`; the rest stays as it is.

        Returns:
            The picture, about [-1, 1].
        """
        return torch.addcmul(picture, self._find_detail(picture), skin.square())

    def residual(self, picture: Tensor, skin: Tensor) -> Tensor:
        """Return what is added to `picture`, in its number type; multiplied in that of the weights.

        Nothing is added to hair and walls: half an hour of a critic papered both with scales. Squared, so that what
        is half skin takes a quarter: there it dotted the rim of the face.
        """
        return self._find_detail(picture) * skin.square()

    def _find_detail(self, picture: Tensor) -> Tensor:
        """Return what would be added everywhere."""
        steps, entering = self._begin(picture)
        return _remove_checkerboard(steps.leave(self._run(steps, entering)).to(picture.dtype))

    def _own_numbers(self) -> torch.dtype:
        return self.out.weight.dtype

    def _run(self, steps: Arithmetic, drawn: Tensor) -> Tensor:
        """Return what is added to a drawing, before its filter."""
        blocks = Blocks(steps)
        convolve, add, unfold = blocks.convolve, blocks.add, blocks.unfold
        read = steps.read(drawn)
        half = steps.activate("fine_in", steps.fold("fine_in", read, 2))
        quarter = steps.activate("in64", steps.fold("in64", read, 4))
        eighth = add("enc32", convolve("down32", quarter))
        x = convolve("down16", eighth)
        for number in range(len(self.mid)):
            x = add(f"mid.{number}", x)
        x = add("dec32", unfold("up32", x, eighth))
        x = add("dec64", unfold("up64", x, quarter))
        x = convolve("dec128", unfold("up128", x, half))
        return steps.unfold("out", x)


def _remove_checkerboard(added: Tensor) -> Tensor:
    """Take out what alternates from pixel to pixel, the pattern that PixelShuffle leaves on skin.

    The half-band filter (-1, 4, 10, 4, -1) / 16 both ways: nothing of a period of 2 px stays, three quarters of one
    of 4, nine tenths of one of 5.
    """
    return filter_both_ways(added, HALF_BAND)
