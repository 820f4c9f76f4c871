"""Pure maths on latents `[batch, num_ws, w_dim]`: on the device, never in place, without a sync."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from likeness.generator import GROUPS

# Beyond this cosine, 1.4e-3 from parallel or opposite, the arc is the chord: the cosine of float32 ends a few 1e-7 off
# 1, so that at a sine of 5e-4 opposite ends were taken for a great circle and thrown aside.
COLLINEAR_COSINE = 1.0 - 1e-6
# Below this psi the truncation is not undone in full.
LEAST_PSI = 0.4


def lerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Return the point at `t` on the straight line from `a` (0) to `b` (1); beyond both, the line goes on."""
    return a + (b - a) * t


def slerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Return the point at `t` on the great circle from `a` to `b`, per layer [Shoemake 1985, sec. 3.3].

    Lengths go linearly from one to the other, so that vectors of unequal length meet their ends exactly.
    Where the two are parallel (or one is zero) it is `lerp`; where they are opposite no circle is nearer than
    another, and it is `lerp` too.
    """
    length_a = a.norm(dim=-1, keepdim=True)
    length_b = b.norm(dim=-1, keepdim=True)
    unit_a = a / length_a.clamp_min(1e-12)
    unit_b = b / length_b.clamp_min(1e-12)
    cosine = (unit_a * unit_b).sum(-1, keepdim=True).clamp(-1.0, 1.0)
    omega = torch.acos(cosine)
    direction = (torch.sin((1.0 - t) * omega) * unit_a + torch.sin(t * omega) * unit_b) / torch.sin(omega)
    arc = direction * lerp(length_a, length_b, t)
    straight = (cosine.abs() > COLLINEAR_COSINE) | (length_a * length_b == 0.0)
    return torch.where(straight, lerp(a, b, t), arc)


def truncate(latent: Tensor, mean: Tensor, psi: float | Tensor) -> Tensor:
    """Return `latent` drawn toward `mean` [num_ws, w_dim] [Karras et al. 2019, sec. B]: 0 the mean, 1 unchanged."""
    return lerp(mean, latent, psi)


def mix_styles(a: Tensor, b: Tensor, amounts: Tensor) -> Tensor:
    """Return `a` with `amounts` [num_ws] of `b` in each layer [Karras et al. 2019, sec. 3.1].

    0 and 1 give the style mixing of the paper; between them the layer is a straight blend of both.
    """
    return lerp(a, b, amounts[:, None])


def undo_truncation(latent: Tensor, mean: Tensor, psi: float) -> Tensor:
    """Return the latent that `truncate` at `psi` brings back to `latent`: for a face to be shown as it is.

    Args:
        latent: `[..., num_ws, w_dim]`.
        mean: `[num_ws, w_dim]`.
        psi: of the truncation to come; below 0.4 it counts as 0.4, since what it asks for would lie too far out.
    """
    return mean + (latent - mean) / max(psi, LEAST_PSI)


def layer_amounts(num_ws: int, groups: Sequence[tuple[int, int, float]]) -> list[float]:
    """Return one amount per layer from `(start, stop, amount)` ranges; layers in no range get 0."""
    amounts = [0.0] * num_ws
    for start, stop, amount in groups:
        amounts[start:stop] = [amount] * (min(stop, num_ws) - start)
    return amounts


def row(values: Sequence[float], like: Tensor) -> Tensor:
    """Return `values` as a tensor `[len(values)]` of the type of `like`, on its device, without waiting for it.

    A plain `torch.tensor(values, device="cuda")` waits until the device has done all its work.
    """
    # Pageable memory is copied to a staging buffer before the call returns, so that `values` may go.
    return torch.tensor(values, dtype=like.dtype).to(like.device, non_blocking=like.is_cuda)


def layers_of(groups: Mapping[str, tuple[int, int]], num_ws: int, amounts: Mapping[str, float]) -> list[float]:
    """Return one amount per layer from an amount per layer group.

    Args:
        groups: layer ranges `[start, stop)` by name, as a generator gives them.
        num_ws: layers.
        amounts: by group name; a name that the family has not does nothing.

    Returns:
        `num_ws` amounts. A family of one layer, or one that names no groups, cannot tell coarse from fine:
        there the largest amount goes to every layer. Layers in no group get 0.
    """
    if num_ws == 1 or not groups:
        return [max(amounts.values())] * num_ws
    return layer_amounts(num_ws, [(*groups[name], amount) for name, amount in amounts.items() if name in groups])


def layer_mask(groups: Mapping[str, tuple[int, int]], num_ws: int, name: str, like: Tensor) -> Tensor:
    """Return 1 for the layers of the group `name` and 0 for the others: `[num_ws, 1]`, on the device of `like`.

    "all" is every layer, and so is any group of a family that cannot tell coarse from fine (see `layers_of`).
    """
    if name == "all":
        return row([1.0] * num_ws, like)[:, None]
    return row(layers_of(groups, num_ws, {group: float(group == name) for group in GROUPS}), like)[:, None]
