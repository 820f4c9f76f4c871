"""From face to face by search: each begins where the one before ended, and the first where the last ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.easing import smooth
from likeness.projection.search import Step

Search = Callable[[Tensor, Tensor | None], Iterator[Step]]
"""From a target `[1, 3, H, H]` and a start `[1, num_ws, w_dim]` (None: the usual one) to the steps."""


@dataclass(frozen=True)
class Link:
    """One face's way in a chain.

    Attributes:
        index: of the face.
        latents: of every step, the start first, `[steps + 1, num_ws, w_dim]`.
        loss: of its end.
    """

    index: int
    latents: Tensor
    loss: float


def links(targets: Sequence[Tensor], search: Search) -> Iterator[Link]:
    """Yield each face's way; the ways follow each other without a gap and close into a loop.

    Every face is searched for twice: from the usual start, which finds its home, and from the face before, which is
    the way. A way ends elsewhere than at home, and often less near: of eight faces three were held fast by the beard
    or the pose of the one before. What is missing is added along the way, a little in each step.
    """
    homes = [_way(search(target, None)) for target in targets]
    place = homes[-1].latents[-1]
    for index, (target, home) in enumerate(zip(targets, homes, strict=True)):
        latents = close_loop(_way(search(target, place[None])).latents, home.latents[-1])
        yield Link(index, latents, home.loss)
        place = latents[-1]


def close_loop(latents: Tensor, home: Tensor) -> Tensor:
    """Return a way `[steps + 1, ...]` bent so that it begins where it did and ends at `home`, to the bit."""
    along = torch.tensor([smooth(number / max(len(latents) - 1, 1)) for number in range(len(latents))])
    bent = latents + along.to(latents)[:, None, None] * (home - latents[-1])
    return torch.cat([bent[:-1], home[None]])


def _way(steps: Iterator[Step]) -> Link:
    latents, loss = [], 0.0
    for step in steps:
        latents.append(step.latent[0])
        loss = step.loss
    return Link(0, torch.stack(latents), loss)
