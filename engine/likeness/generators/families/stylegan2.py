"""StyleGAN2: official PyTorch and TensorFlow snapshots, rosinality's checkpoints, state dicts, our own format."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from likeness.generators.families.checkpoint import Source, read_clamp, read_integer, read_number, read_text
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.modulated_conv import StyleGAN2Settings
from likeness.generators.networks.stylegan2 import StyleGAN2

FAMILY = "stylegan2"
NAMES = (FAMILY,)


def parse_settings(arguments: Mapping[str, Any]) -> StyleGAN2Settings:
    """Return the settings in a file's arguments.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    return StyleGAN2Settings(
        lr_multiplier=read_number(arguments, "lr_multiplier", 0.01, 1e-8, 1e4),
        mapping_activation=read_text(arguments, "mapping_activation", "lrelu"),
        activation=read_text(arguments, "activation", "lrelu"),
        conv_clamp=read_clamp(arguments, None),
        shuffle=read_integer(arguments, "shuffle", 1, 1, 4),
    )


def open_source(source: Source, device: torch.device, size: int | None = None) -> StyleGenerator:
    """Return the generator of `source`; its pictures have one size.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """
    network = StyleGAN2(source.tensors, parse_settings(source.arguments)).to(device).eval()
    return StyleGenerator(FAMILY, network.mapping, network.synthesis, source.licence, device)


def to_own_format(source: Source) -> tuple[str, dict[str, Any]]:
    """Return the family and all arguments, defaults included.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    return FAMILY, asdict(parse_settings(source.arguments))
