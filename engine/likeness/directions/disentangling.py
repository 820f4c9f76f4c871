"""Take out of a direction what it would change besides."""

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
