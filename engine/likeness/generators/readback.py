"""From the device to bytes: the frame's one read-back."""

import cv2
import torch
from torch import Tensor

from likeness.picture import Picture


def to_picture(image: Tensor) -> Picture:
    """Return the pictures `[heads, 3, H, W]` in [-1, 1] side by side as bytes `[H, heads * W, 3]`.

    What is not a number becomes black.
    """
    # Colours are interleaved after the read-back: at 512 px that took 0.5 ms on one core, torch's permute 1.5.
    picture: Picture = cv2.merge(list(to_levels(_row(image)).cpu().numpy()))
    return picture


def to_pictures(images: Tensor) -> list[Picture]:
    """Return pictures `[n, 3, H, W]` in [-1, 1] as bytes `[H, W, 3]` each; what is not a number becomes black."""
    return list(to_levels(images.detach()).permute(0, 2, 3, 1).cpu().numpy())


def to_levels(image: Tensor) -> Tensor:
    """Return uint8 of numbers in [-1, 1], on their device: the nearest level, the upper one of two as near."""
    return image.float().mul(127.5).add_(128.0).clamp_(0.0, 255.0).nan_to_num_(nan=0.0).to(torch.uint8)


def _row(image: Tensor) -> Tensor:
    return image[0] if len(image) == 1 else torch.cat(tuple(image), dim=-1)


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
        interleaved = to_levels(_row(image)).permute(1, 2, 0).contiguous()
        if self._place is None or self._place.shape != interleaved.shape:
            self._place = torch.empty(interleaved.shape, dtype=torch.uint8, pin_memory=True)
            self._done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        assert self._done is not None
        self._place.copy_(interleaved, non_blocking=True)
        self._done.record()
        self._done.synchronize()
        # A copy: outputs keep the picture while the next one is read.
        return self._place.numpy().copy()
