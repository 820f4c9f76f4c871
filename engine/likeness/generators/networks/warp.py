"""The warp from the mean frame to a face's own shape."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.resampling import resize


class Warp:
    """Draws what lies in the mean frame in the shapes of faces; the same code on CPU, CUDA and MPS, no sync.

    Beyond its rim what is drawn is mirrored. It keeps where the pixels of each size look.
    """

    def __init__(self) -> None:
        self._grids: dict[tuple[int, float, torch.device], tuple[Tensor, Tensor]] = {}

    def __call__(self, flat: Tensor, field: Tensor, size: int) -> Tensor:
        """Return `[batch, channels, size, size]`: `flat` where a field says.

        Args:
            flat: `[batch, channels, height, width]` in the mean frame; what is higher than wide goes on above it.
            field: in picture widths, x first, `[batch, 2, n, n]`.
            size: of the result, px.
        """
        height, width = flat.shape[2:]
        grid, scale = self._grid(size, width / height, flat.device)
        places = resize(field * scale, size).add_(grid).permute(0, 2, 3, 1)
        return functional.grid_sample(flat, places, mode="bilinear", padding_mode="reflection", align_corners=False)

    def _grid(self, size: int, part: float, device: torch.device) -> tuple[Tensor, Tensor]:
        """Where every pixel of a `size` picture looks, and how far a warp moves it, in halves of what it looks at.

        Args:
            size: of the picture.
            part: of what it looks at, from its foot up, that is the frame.
            device: of both.

        Returns:
            `[1, 2, size, size]` and `[1, 2, 1, 1]`, x first; made once.
        """
        key = (size, part, device)
        if key not in self._grids:
            with torch.inference_mode(False):  # a gradient may go through it later
                axis = (torch.arange(size, device=device, dtype=torch.float32) * 2 + 1) / size - 1
                shrink = torch.tensor([1.0, part], device=device).reshape(1, 2, 1, 1)
                grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
                self._grids[key] = grid * shrink + (1 - shrink), 2 * shrink
        return self._grids[key]
