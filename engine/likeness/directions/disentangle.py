"""Disentangling: a direction without what it would change besides."""

from collections.abc import Sequence

import torch
from torch import Tensor

from likeness.errors import LikenessError

# Below this share of a direction's length what is left of it is noise.
LEAST_LEFT = 0.1


def project_out(normal: Tensor, others: Sequence[Tensor]) -> Tensor:
    """Return `normal` [d] without what lies along `others` [d], of unit length [Shen et al. 2020, sec. 3.4].

    To move along it leaves the side of every other plane, and the value of every other regression, as they are: for
    one other that is n1 - (n1.n2) n2, the paper's conditional manipulation.

    Raises:
        LikenessError: where hardly anything is left.
    """
    normal = normal.double() / normal.double().norm()
    if not others:
        return normal
    basis = torch.linalg.qr(torch.stack([other.double() / other.double().norm() for other in others], dim=1)).Q
    left = normal - basis @ (basis.T @ normal)
    if float(left.norm()) < LEAST_LEFT:
        raise LikenessError(
            f"without the {len(others)} others only {float(left.norm()):.0%} of the direction is left: "
            "their labels say the same; keep fewer still"
        )
    unit: Tensor = left / left.norm()
    return unit


def balance(directions: Tensor, changed: Tensor) -> Tensor:
    """Return mixtures of some directions that each change one attribute alone, as far as changes add up.

    What leaks in the pictures, though the latents' planes are at right angles, is taken out by a little of the others:
    the rows of the inverse of `changed`, each with 1 of its own direction.

    Args:
        directions: `[k, d]`.
        changed: `[k, k]`: what direction i changes of attribute j, in the pictures.

    Raises:
        LikenessError: where two directions change the same.
    """
    try:
        mixed = torch.linalg.inv(changed.double())
    except RuntimeError as error:
        raise LikenessError("two directions change the same in the pictures; leave one of them out") from error
    own = mixed.diagonal()
    if not bool(mixed.isfinite().all()) or float(own.abs().min()) < 1e-9 * float(mixed.abs().max()):
        raise LikenessError("two directions change the same in the pictures; leave one of them out")
    pure: Tensor = (mixed / own[:, None]) @ directions.double()
    return pure
