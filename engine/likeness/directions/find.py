"""Directions from labelled latents, each changing one attribute, and the principal directions of any latents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from likeness.directions.covariance import deviation_along
from likeness.directions.disentangle import balance, project_out
from likeness.directions.fit import Fit, Method, fit_direction
from likeness.errors import LikenessError

# What a fit must reach to be called found: chance is 0.5 of accuracy and 0 of correlation. With 50 labelled pictures
# an accuracy of 0.65 is two standard errors above chance.
LEAST_ACCURACY, LEAST_CORRELATION = 0.65, 0.4


@dataclass(frozen=True)
class Direction:
    """A direction that was found.

    Attributes:
        name: of the attribute.
        tensor: `[num_ws, w_dim]`, float32, one standard deviation of the latents long.
        fit: what it was made from.
        kept: names of the attributes that it leaves as they are.
        left: cosine with the direction before that; 1 where there was nothing to take out.
    """

    name: str
    tensor: Tensor
    fit: Fit
    kept: tuple[str, ...]
    left: float


def is_found(found: Fit) -> bool:
    """Say whether a fit tells enough to be called found."""
    return found.score >= (LEAST_ACCURACY if found.measure == "accuracy" else LEAST_CORRELATION)


def find_directions(
    latents: Tensor,
    labels: Mapping[str, Sequence[float]],
    method: Method | None = None,
    keep: Sequence[str] | None = None,
    *,
    against_rest: bool = False,
) -> tuple[list[Direction], dict[str, Fit]]:
    """Find the directions of some attributes, each without what it shares with the others.

    Args:
        latents: `[n, num_ws, w_dim]`.
        labels: `n` values by attribute, NaN where unknown.
        method: see `fitting.fit`.
        keep: names of attributes that all others leave as they are; all that are found, where it is left out.
        against_rest: whether each attribute is one class against all the others. Such planes add up to nothing, so
            that nothing would be left without all of them; a direction then leaves the balance among the others as it
            is, which is what their planes differ in.

    Returns:
        The directions, and the fits that did not reach `LEAST_ACCURACY` or `LEAST_CORRELATION`.

    Raises:
        LikenessError: where too few are labelled, or nothing is left of a direction.
    """
    rows = latents.flatten(1)
    fits = {name: fit_direction(rows, rows.new_tensor(values), method) for name, values in labels.items()}
    found = {name: each for name, each in fits.items() if is_found(each)}
    kept = [name for name in found if keep is None or name in keep]
    directions = []
    for name, each in found.items():
        others = tuple(other for other in kept if other != name)
        normals = [found[other].normal for other in others]
        if against_rest:
            normals = [b - a for a, b in pairwise(normals)]
        normal = project_out(each.normal, normals)
        tensor = (normal * deviation_along(rows, normal)).reshape(latents.shape[1:]).float()
        directions.append(Direction(name, tensor, each, others, float(normal @ each.normal)))
    return directions, {name: each for name, each in fits.items() if name not in found}


def balance_directions(
    found: Sequence[Direction], changed: Mapping[str, Mapping[str, float]], names: Sequence[str], latents: Tensor
) -> list[Direction]:
    """Return the directions, those of `names` mixed so that in the pictures they change nothing but their own.

    Args:
        changed: what each direction changes of each attribute, by `effects.effects`.
        latents: `[n, num_ws, w_dim]`, whose deviation is the directions' length.

    Raises:
        LikenessError: where two directions change the same.
    """
    if not names:
        return list(found)
    before = torch.stack([each.tensor.flatten() for each in found])
    mixed = balance(before, torch.tensor([[changed[a.name][b.name] for b in found] for a in found]))
    rows, result = latents.flatten(1), []
    for each, row in zip(found, mixed, strict=True):
        if each.name in names:
            unit = row / row.norm()
            cosine = float(unit @ each.tensor.flatten().double()) / float(each.tensor.norm())
            tensor = (unit * deviation_along(rows, unit)).reshape(each.tensor.shape).float()
            each = replace(each, tensor=tensor, left=each.left * cosine)
        result.append(each)
    return result


def principal_directions(latents: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the strongest directions, each one standard deviation long, and their shares of the variance.

    [Haerkoenen et al. 2020, sec. 2.1]. The sign is such that the largest entry is positive.

    Args:
        latents: `[n, num_ws, w_dim]`, of samples or of encoded pictures.
        count: how many directions.

    Returns:
        `[count, num_ws, w_dim]` and `[count]`.

    Raises:
        LikenessError: where there are not so many.
    """
    rows = latents.flatten(1).double()
    most = min(len(rows) - 1, rows.shape[1])
    if not 1 <= count <= most:
        raise LikenessError(f"{count} principal directions of {len(rows)} latents: there are 1 to {max(most, 0)}")
    _, spread, basis = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    largest = basis.gather(1, basis.abs().argmax(1, keepdim=True))
    steps = basis * largest.sign() * (spread[:, None] / (len(rows) - 1) ** 0.5)
    shares = spread.square() / spread.square().sum().clamp_min(1e-30)
    return steps[:count].reshape(count, *latents.shape[1:]).float(), shares[:count]
