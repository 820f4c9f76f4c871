"""Crisper pictures: an unsharp mask, on the device."""

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness import Float, Param, Values, hookimpl
from likeness.latent import row

# The bell is cut off where it has fallen to 1 % of its height.
SIGMAS = 3.0


class Plugin:
    """Adds what a Gaussian blur takes away; kernel and edge correction are kept until radius or picture change."""

    def __init__(self) -> None:
        self._prepared_for: tuple[object, ...] = ()

    # Each picture is sharpened by itself: a render may leave out those before its first one.
    memoryless = True

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("amount", 0.4, max=3.0, glide=0.1, help="How much of the detail is added; 0 leaves the picture."),
            Float(
                "radius", 1.0, min=0.3, max=12.0, unit="px", warp="exp",
                help="What counts as detail: 1 is skin and hair, from 6 on it is the modelling of the face.",
            ),
        ]  # fmt: skip

    @hookimpl
    def process_image(self, image: Tensor, params: Values) -> Tensor | None:
        amount = float(params["amount"])
        if amount == 0.0:
            return None
        self._prepare(image, round(float(params["radius"]), 1))
        if image.is_cpu and image.dtype == torch.float32:
            blurred = self._blur_planes(image).mul_(self._edges)
        else:
            blurred = self._blur(self._blur(image, 3), 2).mul_(self._edges)
        # blurred + (image - blurred) * (1 + amount): the blur, and more than all that it took away.
        return torch.lerp(blurred, image, 1.0 + amount).clamp_(-1.0, 1.0)

    def _blur(self, image: Tensor, axis: int) -> Tensor:
        """Return `image` weighted along `axis`, as if it were black outside.

        Sums of shifted slices: at 512 px and 11 weights both axes took 2 ms on one core, a depthwise convolution 5.6.
        """
        reach, size = self._reach, image.shape[axis]
        out = image * self._weights[reach]
        for step in range(1, min(reach + 1, size)):
            weight, length = self._weights[reach - step], size - step
            out.narrow(axis, step, length).add_(image.narrow(axis, 0, length), alpha=weight)
            out.narrow(axis, 0, length).add_(image.narrow(axis, step, length), alpha=weight)
        return out

    def _blur_planes(self, image: Tensor) -> Tensor:
        """Return what `_blur` makes of a picture on a processor both ways, in a third of the time."""
        taps, made = np.array(self._weights, np.float32), torch.empty_like(image, memory_format=torch.contiguous_format)
        planes = zip(image.detach().flatten(0, 1).numpy(), made.flatten(0, 1).numpy(), strict=True)
        for plane, out in planes:
            cv2.sepFilter2D(plane, -1, taps, taps, dst=out, borderType=cv2.BORDER_CONSTANT)
        return made

    def _prepare(self, image: Tensor, sigma: float) -> None:
        """Make the kernel of `sigma` px for pictures like `image`."""
        key = (sigma, image.shape[1:], image.dtype, image.device)
        if key == self._prepared_for:
            return
        self._reach = math.ceil(SIGMAS * sigma)
        bell = [math.exp(-0.5 * (x / sigma) ** 2) for x in range(-self._reach, self._reach + 1)]
        self._weights = weights = [height / sum(bell) for height in bell]
        # Beyond the picture there is nothing: near its edge the weights that fall outside are shared out anew.
        shares = (_share_inside(weights, size) for size in image.shape[2:])
        height, width = (row([1.0 / share for share in line], image) for line in shares)
        self._edges = height[:, None] * width
        self._prepared_for = key


def _share_inside(weights: list[float], size: int) -> list[float]:
    """Return per pixel of a line how much of the kernel lies inside."""
    reach = len(weights) // 2
    return [sum(weights[max(reach - x, 0) : reach + size - x]) for x in range(size)]
