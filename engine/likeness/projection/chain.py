"""Chained searches: each starts at the face before, and the first at the last, so that the way is a loop."""

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


def chain_searches(targets: Sequence[Tensor], search: Search) -> Iterator[Link]:
    """Yield each face's way; together they form a loop without a gap.

    Every face is searched for twice: from the usual start, which finds its best latent (its home), and from the face
    before, which gives the way. A way ends elsewhere, and often farther from the photo: of eight faces three kept the
    beard or the pose of the one before. The difference is spread over the steps of the way.
    """
    homes = [_collect_steps(search(target, None)) for target in targets]
    end = homes[-1].latents[-1]
    for index, (target, home) in enumerate(zip(targets, homes, strict=True)):
        latents = close_loop(_collect_steps(search(target, end[None])).latents, home.latents[-1])
        yield Link(index, latents, home.loss)
        end = latents[-1]


def close_loop(latents: Tensor, home: Tensor) -> Tensor:
    """Bend a way `[steps + 1, ...]` so that it starts where it did and ends exactly at `home`."""
    along = torch.tensor([smooth(number / max(len(latents) - 1, 1)) for number in range(len(latents))])
    bent = latents + along.to(latents)[:, None, None] * (home - latents[-1])
    return torch.cat([bent[:-1], home[None]])


def _collect_steps(steps: Iterator[Step]) -> Link:
    latents, loss = [], 0.0
    for step in steps:
        latents.append(step.latent[0])
        loss = step.loss
    return Link(0, torch.stack(latents), loss)
