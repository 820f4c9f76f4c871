"""A plugin whose picture can be read like a dial: four stripes, as bright as the tanh of the latent's layers."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from likeness import Float, Param, Values, hookimpl
from likeness.generator import Generator, GeneratorInfo, Licence

LAYERS, WIDTH, SIDE = 4, 16, 64


class Stripes:
    """Layer k's first number is the brightness of the k-th stripe; the rest gives latents a length to turn about."""

    def __init__(self) -> None:
        self.info = GeneratorInfo("stripes", LAYERS, WIDTH, SIDE, Licence("CC0", True), {})
        self.mean = torch.zeros(LAYERS, WIDTH)

    def sample(self, seeds: Sequence[int]) -> Tensor:
        latent = torch.ones(len(seeds), LAYERS, WIDTH)
        latent[:, :, 0] = 0.0
        return latent

    def synthesize(self, latent: Tensor, noise: str = "const") -> Tensor:
        stripes = torch.tanh(latent[:, :, 0]).repeat_interleave(SIDE // LAYERS, dim=1)
        return stripes[:, None, :, None].expand(-1, 3, SIDE, SIDE)


class Plugin:
    """The first stripe is as bright as `level` says, the second as `other`."""

    @hookimpl
    def load_generator(self, path: Path) -> Generator | None:
        return Stripes() if path.suffix == ".stripes" else None

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [Float("level", 0.0, min=-1.0), Float("other", 0.0, min=-1.0)]

    @hookimpl
    def update(self, latent: Tensor, params: Values) -> Tensor:
        moved = latent.clone()
        moved[:, 0, 0] += float(params["level"])
        moved[:, 1, 0] += float(params["other"])
        return moved
