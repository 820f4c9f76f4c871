"""The discriminator of StyleGAN2: residual blocks and minibatch deviation [Karras et al. 2020b]."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
GAIN = math.sqrt(2)
TAPS = (1.0, 3.0, 3.0, 1.0)
# Pictures whose spread becomes one more channel [Karras et al. 2018, sec. 3].
GROUP = 4


class AdaDiscriminator(nn.Module):
    """Score a picture by one logit; every layer is trained, with an equalised learning rate.

    Args:
        size: height and width of the pictures in px, a power of two from 8.
        channel_base, channel_max: a block of r px has min(channel_base / r, channel_max) channels.

    Raises:
        ValueError: for another size.
    """

    def __init__(self, size: int, *, channel_base: int = 16384, channel_max: int = 512) -> None:
        super().__init__()
        if size < 8 or size & (size - 1):
            raise ValueError(f"a discriminator for {size} px, wanted a power of two from 8")
        sizes = [size >> i for i in range(int(math.log2(size)) - 2)]  # down to 8
        widths = {r: max(1, min(channel_base // r, channel_max)) for r in [*sizes, 4]}
        self.from_rgb = _Convolution(3, widths[size], 1)
        self.blocks = nn.Sequential(*(_Residual(widths[r], widths[r // 2]) for r in sizes))
        self.conv = _Convolution(widths[4] + 1, widths[4], 3)
        self.dense = _Dense(widths[4] * 16, widths[4])
        self.out = _Dense(widths[4], 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits [batch, 1] of `images` [batch, 3, size, size] in [-1, 1].

        Pictures are compared within groups of four that follow each other at even distances.
        """
        x = self.blocks(_activate(self.from_rgb(images)))
        x = torch.cat([x, _group_deviation(x)], dim=1)
        x = _activate(self.conv(x)).flatten(1)
        logits: Tensor = self.out(_activate(self.dense(x)))
        return logits


class _Convolution(nn.Module):
    """An unactivated convolution that keeps the size, or halves it after a blur."""

    def __init__(self, into: int, out: int, kernel: int, down: bool = False, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out, into, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out)) if bias else None
        self.gain, self.padding, self.down = 1 / math.sqrt(into * kernel**2), kernel // 2, down
        taps = torch.tensor(TAPS)
        self.blur: Tensor
        self.register_buffer("blur", (torch.outer(taps, taps) / taps.sum() ** 2)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self.gain
        if not self.down:
            return functional.conv2d(x, weight, self.bias, padding=self.padding)
        # Four taps in the middle of which the new, twice as wide pixel lies; a 3x3 kernel needs a ring more of them.
        blur = self.blur.to(x.dtype).expand(x.shape[1], -1, -1, -1)
        if weight.shape[2] == 1:
            return functional.conv2d(
                functional.conv2d(x, blur, stride=2, padding=1, groups=x.shape[1]), weight, self.bias
            )
        x = functional.conv2d(x, blur, padding=2, groups=x.shape[1])
        return functional.conv2d(x, weight, self.bias, stride=2)


class _Residual(nn.Module):
    """Two convolutions beside one, at half the size."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.conv0 = _Convolution(into, into, 3)
        self.conv1 = _Convolution(into, out, 3, down=True)
        self.skip = _Convolution(into, out, 1, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = _activate(self.conv1(_activate(self.conv0(x))))
        beside: Tensor = self.skip(x)
        return (y + beside) * math.sqrt(0.5)


class _Dense(nn.Module):
    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(out, into)), nn.Parameter(torch.zeros(out))
        self.gain = 1 / math.sqrt(into)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight * self.gain, self.bias)


def _activate(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE) * GAIN


def _group_deviation(x: Tensor) -> Tensor:
    """Return one channel [batch, 1, h, w]: the mean standard deviation within each picture's group."""
    batch, _, height, width = x.shape
    group = math.gcd(batch, GROUP)
    rows = x.float().reshape(group, -1, *x.shape[1:])
    rows = rows - rows.mean(0)
    deviation = (rows.square().mean(0) + 1e-8).sqrt().mean((1, 2, 3))
    return deviation.repeat(group)[:, None, None, None].expand(batch, 1, height, width).to(x.dtype)
