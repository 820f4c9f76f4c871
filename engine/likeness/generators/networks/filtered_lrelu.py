"""The filtered nonlinearity of StyleGAN3: up by a FIR filter, the nonlinearity, down by a FIR filter."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import MOST_TAPS, Tensors


class Resampler(nn.Module):
    """Upsample by `up`, apply a leaky ReLU, downsample by `down` [Karras et al. 2021, sec. 3.1].

    A filter stored as a row works along both axes in turn; one stored as a square (radially symmetric) at once.

    Args:
        up_filter, down_filter: [taps] or [taps, taps] of sum 1, or None for the identity.
        padding: zeros before and behind what the upsampling spread, in px of the fine grid; negative crops.
    """

    def __init__(
        self,
        up_filter: Tensor | None,
        down_filter: Tensor | None,
        channels: int,
        up: int,
        down: int,
        padding: tuple[int, int],
    ) -> None:
        super().__init__()
        self.up, self.down, self.padding = up, down, padding
        self.channels = channels
        self.register_buffer("spread", _depthwise_weights(up_filter, channels, up))
        # Flipped, because conv2d is a correlation.
        self.register_buffer("gather", _depthwise_weights(_flip(down_filter), channels, 1))

    @classmethod
    def for_layer(cls, tensors: Tensors, channels: int, size: int, wanted: int, up: int, down: int) -> "Resampler":
        """Return the one that brings `size` px to `wanted` px with the filters of a layer.

        Raises:
            ValueError: where a filter is neither a row nor a square.
        """
        up_filter, down_filter = _read_filter(tensors, "up_filter"), _read_filter(tensors, "down_filter")
        up_taps = 1 if up_filter is None else up_filter.shape[0]
        down_taps = 1 if down_filter is None else down_filter.shape[0]
        total = (wanted - 1) * down + 1 - size * up + up_taps + down_taps - 2
        low = (total + up) // 2
        return cls(up_filter, down_filter, channels, up, down, (low, total - low))

    def forward(self, x: Tensor, slope: float | None, clamp: float | None) -> Tensor:
        """Return the resampled `x` [batch, channels, h, h]; linear where `slope` is None."""
        x = self._upsample(x)
        if slope is not None:
            x = functional.leaky_relu(x, slope) if x.requires_grad else functional.leaky_relu_(x, slope)
        if clamp is not None:
            x = x.clamp(-clamp, clamp) if x.requires_grad else x.clamp_(-clamp, clamp)
        return self._downsample(x)

    def _upsample(self, x: Tensor) -> Tensor:
        low, high = self.padding
        kernel = self.spread
        if not isinstance(kernel, Tensor):
            return _crop(x, -low, -high, (2, 3))
        taps = kernel.shape[2]
        if kernel.shape[3] == taps:
            # A transposed convolution begins with the filter's first tap, `taps - 1` px before the first whole one.
            y = functional.conv_transpose2d(x, kernel, stride=self.up, groups=self.channels)
            return _crop(y, taps - 1 - low, taps - self.up - high, (2, 3))
        return self._spread(self._spread(x, kernel, 2), kernel.transpose(2, 3), 3)

    def _spread(self, x: Tensor, kernel: Tensor, axis: int) -> Tensor:
        """Upsample along one axis: one short depthwise convolution for each phase, then the phases in turn.

        Several times faster than a depthwise transposed convolution, for which oneDNN has no kernel of its own
        (6.7 GFLOP/s on one thread, in bfloat16 less than half of that).
        """
        up, low, high = self.up, *self.padding
        # Plain numbers: a tracer hands shapes out as tensors.
        taps, size = int(kernel.shape[axis]), int(x.shape[axis])
        length = size * up + low + high - taps + 1
        # Pixel n is the sum over j of f[p + up j] x[q - j], where n + taps - 1 - low = up q + p.
        shift, phase = divmod(taps - 1 - low, up)
        reach, count = -(-taps // up), -(-length // up)
        late = 1 if phase else 0  # the phases after the wrap begin one pixel later
        padding = [reach - 1 - shift, count - 1 + late + shift - (size - 1)]
        padded = functional.pad(x, [0, 0, *padding] if axis == 2 else padding)
        parts = []
        for b in range(up):
            wrapped, p = divmod(b + phase, up)
            taken = kernel.narrow(axis, p, taps - p).unfold(axis, 1, up).squeeze(-1)
            part = functional.conv2d(padded, _pad_front(taken.flip(axis), reach, axis), groups=self.channels)
            # As height, width, channels: how the memory lies, so that putting the phases in turn copies whole rows.
            parts.append(part.narrow(axis, wrapped, count).permute(0, 2, 3, 1))
        y = torch.stack(parts, dim=axis)
        return y.flatten(axis - 1, axis).narrow(axis - 1, 0, length).permute(0, 3, 1, 2)

    def _downsample(self, x: Tensor) -> Tensor:
        kernel = self.gather
        if not isinstance(kernel, Tensor):
            return x[:, :, :: self.down, :: self.down]
        if kernel.shape[2] == kernel.shape[3]:
            return functional.conv2d(x, kernel, stride=self.down, groups=self.channels)
        x = functional.conv2d(x, kernel, stride=(self.down, 1), groups=self.channels)
        return functional.conv2d(x, kernel.transpose(2, 3), stride=(1, self.down), groups=self.channels)


def _read_filter(tensors: Tensors, name: str) -> Tensor | None:
    """Return the filter [taps] or [taps, taps], or None where it is not stored, being the identity."""
    if not tensors.has(name):
        return None
    shape = tensors.shape(name)
    if len(shape) not in (1, 2) or len(set(shape)) != 1 or shape[0] > MOST_TAPS:
        raise ValueError(f"the filter {name!r} is {list(shape)}, wanted a row or a square of {MOST_TAPS} taps at most")
    return tensors.read(name, *shape)


def _depthwise_weights(kernel: Tensor | None, channels: int, up: int) -> Tensor | None:
    """Return weights [channels, 1, taps, 1 or taps], one copy a channel, at the level that zeros put between need."""
    if kernel is None:
        return None
    if kernel.ndim == 1:
        return (kernel * up)[None, None, :, None].repeat(channels, 1, 1, 1)
    return (kernel * up**2)[None, None].repeat(channels, 1, 1, 1)


def _flip(kernel: Tensor | None) -> Tensor | None:
    return None if kernel is None else kernel.flip(tuple(range(kernel.ndim)))


def _pad_front(kernel: Tensor, taps: int, axis: int) -> Tensor:
    """Return `kernel` with zeros before it along the axis, to `taps`."""
    missing = taps - kernel.shape[axis]
    if missing == 0:
        return kernel.contiguous()
    return functional.pad(kernel, (0, 0, missing, 0) if axis == 2 else (missing, 0)).contiguous()


def _crop(x: Tensor, low: int, high: int, axes: tuple[int, ...]) -> Tensor:
    """Return `x` without its first `low` and last `high` px along the axes; with zeros there where negative."""
    for axis in axes:
        x = x.narrow(axis, max(low, 0), x.shape[axis] - max(low, 0) - max(high, 0))
    if low < 0 or high < 0:
        pad = (max(-low, 0), max(-high, 0))
        x = functional.pad(x, (*(pad if 3 in axes else (0, 0)), *(pad if 2 in axes else (0, 0))))
    return x
