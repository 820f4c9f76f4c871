"""The frame's one read-back: from the device to bytes, through pinned memory where there is a card."""

import torch
from torch import Tensor

from likeness.picture import Picture, side_by_side, to_levels, to_picture


class ReadBack:
    """Reads pictures back, from a CUDA device through pinned memory that is taken once. The render thread alone.

    A plain `.cpu()` goes through pageable memory, which the driver copies a second time, and allocates each frame.
    """

    def __init__(self) -> None:
        self._place: Tensor | None = None
        self._done: torch.cuda.Event | None = None

    def __call__(self, image: Tensor) -> Picture:
        """Return the bytes of `image`, as `to_picture` does; waits for the device."""
        if not image.is_cuda:
            return to_picture(image)
        interleaved = to_levels(side_by_side(image)).permute(1, 2, 0).contiguous()
        if self._place is None or self._place.shape != interleaved.shape:
            self._place = torch.empty(interleaved.shape, dtype=torch.uint8, pin_memory=True)
            self._done = torch.cuda.Event()
        assert self._done is not None
        self._place.copy_(interleaved, non_blocking=True)
        self._done.record()
        self._done.synchronize()
        # A copy: outputs keep the picture while the next one is read.
        return self._place.numpy().copy()
