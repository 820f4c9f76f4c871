"""StyleGAN3, configurations t and r: official snapshots, state dicts, our own format."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from likeness.generator import NoiseMode
from likeness.generators.families.checkpoint import Source, read_clamp, read_integer, read_number
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.ops import check_square
from likeness.generators.networks.stylegan3 import StyleGAN3, StyleGAN3Settings, plane_transform

FAMILY = "stylegan3"
NAMES = (FAMILY,)


def parse_settings(arguments: Mapping[str, Any]) -> StyleGAN3Settings:
    """Return the settings in a file's arguments.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    size = arguments.get("img_resolution")
    if isinstance(size, list | tuple) and len(size) == 2 and all(isinstance(n, int) for n in size):
        check_square(size, size[0])
        arguments = {**arguments, "img_resolution": size[0]}
    return StyleGAN3Settings(
        img_resolution=read_integer(arguments, "img_resolution", 0, 16, 8192),
        lr_multiplier=read_number(arguments, "lr_multiplier", 0.01, 1e-8, 1e4),
        num_critical=read_integer(arguments, "num_critical", 2, 0, 64),
        first_cutoff=read_number(arguments, "first_cutoff", 2.0, 0.01, 4096),
        first_stopband=read_number(arguments, "first_stopband", 2**2.1, 0.01, 8192),
        last_stopband_rel=read_number(arguments, "last_stopband_rel", 2**0.3, 0.5, 16),
        margin_size=read_integer(arguments, "margin_size", 10, 0, 256),
        output_scale=read_number(arguments, "output_scale", 0.25, -1e6, 1e6),
        conv_clamp=read_clamp(arguments, 256),
        lrelu_upsampling=read_integer(arguments, "lrelu_upsampling", 2, 1, 8),
    )


class StyleGAN3Generator(StyleGenerator):
    """A StyleGAN3 that plays in W+, its plane movable; see `likeness.generator.Generator`."""

    # The plane of sine waves has the first row of the latent.
    first_row = 0

    def inputs(self, latent: Tensor) -> tuple[Tensor, ...]:
        """Return the latent and the transform of the plane."""
        return latent, self.transform

    @property
    def transform(self) -> Tensor:
        """What is done to the plane that the picture is drawn from, `[3, 3]`."""
        transform: Tensor = self.synthesis.input.get_buffer("transform")
        return transform

    def move(self, x: float = 0.0, y: float = 0.0, degrees: float = 0.0) -> None:
        """Show the picture moved by `x`, `y` (1 is its width) and turned, from the next one on; no device sync."""
        self.transform.copy_(plane_transform(x, y, degrees), non_blocking=True)

    def draw(self, noise: NoiseMode, *inputs: Tensor) -> Tensor:
        """Return what the network draws; it has no noise."""
        image: Tensor = self.synthesis(*inputs)
        return image


def open_source(source: Source, device: torch.device, size: int | None = None) -> StyleGAN3Generator:
    """Return the generator of `source`; its pictures have one size.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """
    network = StyleGAN3(source.tensors, parse_settings(source.arguments)).to(device).eval()
    return StyleGAN3Generator(FAMILY, network.mapping, network.synthesis, source.licence, device)


def to_own_format(source: Source) -> tuple[str, dict[str, Any]]:
    """Return the family and all arguments, defaults included.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    return FAMILY, asdict(parse_settings(source.arguments))
