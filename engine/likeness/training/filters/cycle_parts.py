"""Parts of the cycle: the critic of patches, and the pool of pictures that it remembers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
KERNEL = 4
WIDEST = 4  # times the width
LAYERS = 3  # that halve the size


class PatchCritic(nn.Module):
    """Scores of the patches of a picture, higher for real ones [Isola et al. 2017, "PatchGAN"].

    Each score sees a square of 70 px, so that it judges texture and light and leaves the whole picture alone.

    Args:
        width: channels at half the picture's size; twice as many at half of that, up to four times.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * min(2**layer, WIDEST) for layer in range(LAYERS + 1)]
        inputs = [3, *widths]
        strides = [2] * LAYERS + [1]
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, KERNEL, stride, 1)
            for before, after, stride in zip(inputs, widths, strides, strict=False)
        )
        self.last = nn.Conv2d(widths[-1], 1, KERNEL, 1, 1)
        for layer in (*self.layers, self.last):
            nn.init.normal_(layer.weight, std=0.02)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return scores `[batch, 1, h, w]` of images `[batch, 3, H, W]` in [-1, 1]; H and W from 32 px."""
        x = images
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number:
                x = functional.group_norm(x, x.shape[1])  # a group for each channel: an instance norm
            x = functional.leaky_relu(x, SLOPE)
        scores: Tensor = self.last(x)
        return scores


class PicturePool:
    """The last pictures that a filter drew: its critic sees old ones too [Shrivastava et al. 2017].

    Half of what is asked for is drawn from the pool and replaced in it, as in CycleGAN. One thread; its random numbers
    are torch's, and its pictures belong into a checkpoint.

    Args:
        most: pictures that are kept; 0 keeps none.

    Attributes:
        pictures: `[n, 3, H, W]`, those kept.
    """

    def __init__(self, most: int) -> None:
        self.most, self.pictures = most, torch.empty(0)

    def exchange(self, drawn: Tensor) -> Tensor:
        """Return pictures for the critic, in place of those just drawn `[batch, 3, H, W]`."""
        if not self.most:
            return drawn
        shown = []
        for picture in drawn:
            if len(self.pictures) < self.most:
                rows = [self.pictures, picture[None]] if len(self.pictures) else [picture[None]]
                self.pictures = torch.cat(rows)
                shown.append(picture)
            elif float(torch.rand(())) < 0.5:
                place = int(torch.randint(0, len(self.pictures), ()))
                shown.append(self.pictures[place].clone())
                self.pictures[place] = picture
            else:
                shown.append(picture)
        return torch.stack(shown)
