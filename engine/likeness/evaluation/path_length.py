"""Perceptual path length: how much the picture changes for a small step of the latent."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from likeness.generator import Generator
from likeness.latent import lerp, slerp

Distance = Callable[[Tensor, Tensor], Tensor]  # pictures [batch, 3, H, W] twice -> [batch]
# What the paper steps by; smaller drowns in float32 [Karras et al. 2019, sec. 4.1].
EPSILON = 1e-4
# The makers' code leaves out the hundredth at either end, where single steps weigh thousands of times the rest.
TRIM = 0.01


def z_dim(generator: Generator) -> int:
    """Return the width of the z that `map_z` takes."""
    return int(getattr(generator, "z_dim", generator.info.w_dim))


@torch.no_grad()
def path_length(
    generator: Generator,
    distance: Distance,
    *,
    space: Literal["z", "w"],
    where: Literal["full", "ends"],
    pairs: int,
    epsilon: float = EPSILON,
    batch: int = 8,
    trim: float = TRIM,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _done: None,
) -> float:
    """Return the mean of distance / epsilon^2 along paths between two samples [Karras et al. 2019, eq. 2 and 3].

    Paths go round the sphere in z (`slerp`), straight in w; where a family has z alone the two differ by that.

    Args:
        distance: perceptual, of second order near 0 as squared differences of features are.
        where: "full" looks anywhere on the path, "ends" at its beginning.
        pairs: how many steps are measured.
        epsilon: the step, as a share of the path.
        trim: share left out at either end of the sorted values.
        progress: called with the number of pairs done.
    """
    rng = torch.Generator().manual_seed(seed)
    width, device = z_dim(generator), generator.mean.device
    found = []
    for start in range(0, pairs, batch):
        count = min(batch, pairs - start)
        z = torch.randn(2, count, width, generator=rng).to(device)
        t = torch.rand(count, generator=rng).to(device) if where == "full" else torch.zeros(count, device=device)
        first, second = _step(generator, z, t, epsilon, space)
        apart = distance(generator.synthesize(first), generator.synthesize(second))
        found.append(apart.double().cpu() / epsilon**2)
        progress(start + count)
    values = torch.cat(found).sort().values
    left_out = int(len(values) * trim)
    return float(values[left_out : len(values) - left_out].mean())


def _step(
    generator: Generator, z: Tensor, t: Tensor, epsilon: float, space: Literal["z", "w"]
) -> tuple[Tensor, Tensor]:
    """Return the latents at `t` [batch] and a step further on the paths between `z` [2, batch, z_dim]."""
    if space == "z":
        there = (generator.map_z(slerp(z[0], z[1], at[:, None])) for at in (t, t + epsilon))
        return next(there), next(there)
    w = generator.map_z(z[0]), generator.map_z(z[1])
    return lerp(*w, t[:, None, None]), lerp(*w, (t + epsilon)[:, None, None])
