"""Open StyleGAN2: official PyTorch and TensorFlow snapshots, rosinality's checkpoints, state dicts, our own format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from likeness.generator import Generator
from likeness.generators.families.checkpoint import Source, clamp, made_of, number, text, whole
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.modulated_conv import Settings
from likeness.generators.networks.stylegan2 import StyleGAN2
from likeness.hookspecs import hookimpl

FAMILY = "stylegan2"


def settings(arguments: Mapping[str, Any]) -> Settings:
    """Return the settings in a file's arguments.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    return Settings(
        lr_multiplier=number(arguments, "lr_multiplier", 0.01, 1e-8, 1e4),
        mapping_activation=text(arguments, "mapping_activation", "lrelu"),
        activation=text(arguments, "activation", "lrelu"),
        conv_clamp=clamp(arguments, None),
        shuffle=whole(arguments, "shuffle", 1, 1, 4),
    )


class StyleGAN2Generator(StyleGenerator):
    """A StyleGAN2 that plays in W+; see `likeness.generator.Generator`.

    Args:
        source: tensors under the official names.
        device: on which to draw.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """

    def __init__(self, source: Source, device: torch.device) -> None:
        network = StyleGAN2(source.tensors, settings(source.arguments)).to(device).eval()
        super().__init__(FAMILY, network.mapping, network.synthesis, source.licence, device)


@hookimpl
def load_generator(path: Path, device: torch.device) -> Generator | None:
    """First: open a StyleGAN2 of any layout.

    Raises:
        WeightsError: where the file is ours but broken.
    """
    return made_of(path, FAMILY, lambda source: StyleGAN2Generator(source, device))
