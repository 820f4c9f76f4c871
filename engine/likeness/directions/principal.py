"""Principal directions: those in which latents spread most."""

import torch
from torch import Tensor

from likeness.errors import LikenessError


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
