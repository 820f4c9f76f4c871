"""Closed-form directions: those that a StyleGAN2's weights define, found without drawing a picture."""

import torch
from torch import Tensor, nn

from likeness.directions.covariance import deviation_along
from likeness.errors import LikenessError
from likeness.generator import Generator
from likeness.generators.networks.modulated_conv import ModulatedConv

# Enough for a deviation to a few per cent.
SAMPLES = 512


def closed_form_directions(generator: Generator, count: int) -> Tensor:
    """Return the directions of W that change the styles most, strongest first [Shen & Zhou 2021, eq. 5].

    Eigenvectors of A'A, with A the rows of all affine maps from w to the convolutions' styles, each of unit length.

    Args:
        generator: of the StyleGAN2 family.
        count: how many.

    Returns:
        `[count, num_ws, w_dim]`, the same in every layer, one standard deviation of w long.

    Raises:
        LikenessError: where the family has no such maps, or not so many directions.
    """
    synthesis = getattr(generator, "synthesis", None)
    modules = list(synthesis.modules()) if isinstance(synthesis, nn.Module) else []
    maps = [module.style.weight for module in modules if isinstance(module, ModulatedConv)]
    if not maps:
        raise LikenessError(
            f"the closed form is that of StyleGAN2; {generator.info.family} has none: take principal directions"
        )
    if not 1 <= count <= generator.info.w_dim:
        raise LikenessError(f"{count} directions are wanted; this generator has 1 to {generator.info.w_dim}")
    rows = torch.cat([weight.detach().double().cpu() for weight in maps])
    rows = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-12)
    _, basis = torch.linalg.eigh(rows.T @ rows)
    strongest = basis.flip(1)[:, :count].T
    w = generator.sample(range(SAMPLES))[:, 0].cpu()
    steps = torch.stack([unit * deviation_along(w, unit) for unit in strongest])
    return steps[:, None].repeat(1, generator.info.num_ws, 1).float()
