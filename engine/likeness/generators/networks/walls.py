"""Walls behind a drawn person: what a linear backdrop blurs, kept from some photos and blended by nearness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from likeness.generators.networks.composite import COLOUR_ROW
from likeness.generators.networks.composite_parts import Exemplars
from likeness.generators.networks.packed_bytes import pack_bytes, unpack_bytes
from likeness.generators.networks.resampling import resize

# Of the choice, per squared standard deviation, and walls drawn at a time; with 20 and 4 a walk jumped between them.
SHARPNESS, CHOSEN = 8.0, 6
STRONGEST = 1.0  # what a wall may differ by from its own blur, where pictures are in [-1, 1]
PREFIX = "wall"


def pack_walls(walls: np.ndarray) -> str:
    """Return what is left of walls without their blur, `[n, 3, size, size]` about [-1, 1], as text for a header."""
    return pack_bytes(walls / STRONGEST * 127)


def unpack_walls(text: str, count: int, size: int) -> Tensor:
    """Return `[count, 3, size, size]` of what `pack_walls` made.

    Raises:
        ValueError: it is broken, or there is more or less of it.
    """
    steps = unpack_bytes(text, "the walls")
    return torch.from_numpy(steps.reshape(count, 3, size, size).astype(np.float32) * (STRONGEST / 127))


class Walls(nn.Module):
    """Rooms, lights and leaves behind a person; the same code on CPU, CUDA and MPS, no sync.

    A composite's backdrop has 16 px: walls do not line up from face to face, and their components are fog. Over it lies
    what some photos have more than their own blur, of those that stand nearest to the latent's colours, as strong as in
    one of them [Heitz & Neyret 2018, eq. 3]. A wall stands still while the person before it changes shape. No gradient
    flows through it.

    Args:
        told: of a composite's header: `size` and `count` of the walls, and `pictures` as `pack_walls` makes them; the
            `query` from a latent's columns to the plane in which they are compared, `[w_dim, k]`, of whose axes the
            first `even` are even; and their `keys` there, `[count, k]`.
        parity: of each of the latent's columns, true for odd.
    """

    def __init__(self, told: Mapping[str, Any], parity: Tensor) -> None:
        super().__init__()
        walls = unpack_walls(told["pictures"], int(told["count"]), int(told["size"]))
        left, right = walls.chunk(2, dim=-1)
        halves = {"even": (left + right.flip(-1)) / 2, "odd": (left - right.flip(-1)) / 2}
        query, keys, even = torch.tensor(told["query"]), torch.tensor(told["keys"]), int(told["even"])
        tensors = {
            f"{PREFIX}.query_even": query[~parity, :even],
            f"{PREFIX}.query_odd": query[parity, even:],
            f"{PREFIX}.keys_even": keys[:, :even],
            f"{PREFIX}.keys_odd": keys[:, even:],
        }
        for kind, half in halves.items():
            scale = half.abs().amax((1, 2, 3)).clamp(min=1e-8) / 127
            tensors[f"{PREFIX}.detail_{kind}"] = (half / scale.reshape(-1, 1, 1, 1)).round().to(torch.int8)
            tensors[f"{PREFIX}.detail_{kind}_scale"] = scale
        self.exemplars = Exemplars(tensors, PREFIX, {"detail": 1}, parity, SHARPNESS, CHOSEN, mirrored=False)

    @torch.no_grad()
    def forward(self, latent: Tensor) -> Tensor:
        """Return what is behind the people of `latent` `[batch, 4, w_dim]`, `[batch, 3, size, size]`, about 0."""
        choice = self.exemplars.choose(latent[:, COLOUR_ROW])
        return self.exemplars.draw(("detail",), choice)["detail"] / choice.power.sqrt()[:, None, None, None]


def put_behind(picture: Tensor, wall: Tensor, person: Tensor) -> Tensor:
    """Return pictures before their walls, in [-1, 1].

    Args:
        picture: `[batch, 3, H, H]` in [-1, 1].
        wall: what `Walls` returns.
        person: where the people are, `[batch, 1, h, h]` in [0, 1].
    """
    size = picture.shape[-1]
    return torch.addcmul(picture, resize(wall, size), 1 - resize(person, size)).clamp_(-1, 1)
