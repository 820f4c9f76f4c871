"""Latent history: the last ten minutes of faces, in a ring buffer on the CPU that is allocated once."""

import math
from array import array
from bisect import bisect_right

import torch
from torch import Tensor

from likeness.latent import lerp

REMEMBERED_S = 600.0
# 36,000 faces of one layer of 512 in half precision are 37 MB. Of 18 layers they would be 660: there one frame in
# several is kept, and faces between two of them are interpolated.
MAX_BYTES = 96 << 20


class LatentHistory:
    """A ring buffer of `(time, latent)`. The render thread writes; any thread may read.

    Args:
        num_ws, w_dim: of the latents.
        fps: frames a second.
        pinned: whether latents come from a CUDA device, which copies into pinned memory without waiting.
        seconds: how far it goes back.
    """

    def __init__(
        self, num_ws: int, w_dim: int, fps: float, *, pinned: bool = False, seconds: float = REMEMBERED_S
    ) -> None:
        frames = max(math.ceil(seconds * fps), 2)
        self._every = max(math.ceil(frames * num_ws * w_dim * 2 / MAX_BYTES), 1)
        size = math.ceil(frames / self._every)
        self._faces = torch.empty(size, num_ws, w_dim, dtype=torch.float16, pin_memory=pinned)
        self._times = array("d", bytes(8 * size))
        self._size, self._count, self._frames = size, 0, 0

    def add(self, latent: Tensor, time: float) -> None:
        """Record the first latent of `[batch, num_ws, w_dim]`. No allocation on the CPU, no wait for the device."""
        if self._frames % self._every == 0:
            slot = self._count % self._size
            self._times[slot] = time
            self._faces[slot].copy_(latent[0], non_blocking=True)
            self._count += 1
        self._frames += 1

    def latent_at(self, time: float) -> Tensor | None:
        """Return the latent `[num_ws, w_dim]` at the show's `time`, clamped to what is recorded; None if nothing is."""
        if not self._count:
            return None
        after = bisect_right(range(self._oldest(), self._count), time, key=self._time) + self._oldest()
        first, then = max(after - 1, self._oldest()), min(after, self._count - 1)
        passed = self._time(then) - self._time(first)
        share = min(max((time - self._time(first)) / passed, 0.0), 1.0) if passed > 0 else 0.0
        a, b = self._faces[first % self._size].float(), self._faces[then % self._size].float()
        return lerp(a, b, share)

    def _oldest(self) -> int:
        return max(self._count - self._size, 0)

    def _time(self, number: int) -> float:
        return self._times[number % self._size]
