"""The StyleGAN of 2018, from its TensorFlow snapshots or our own format."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from likeness.generators.families.checkpoint import Source, read_integer, read_number
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.stylegan1 import StyleGAN1, StyleGAN1Settings

FAMILY = "stylegan1"
NAMES = (FAMILY,)
MOST_TAPS = 32


def parse_settings(arguments: Mapping[str, Any]) -> StyleGAN1Settings:
    """Return the settings in a file's arguments.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    blur = arguments.get("blur", (1, 2, 1))
    if not isinstance(blur, list | tuple) or len(blur) > MOST_TAPS:
        raise ValueError(f"the argument 'blur' is {str(blur)[:60]!r}, wanted a short list of numbers")
    taps = [read_number({"blur": tap}, "blur", 0, -1e3, 1e3) for tap in blur]
    if taps and sum(taps) == 0:
        raise ValueError("the argument 'blur' sums to 0")
    return StyleGAN1Settings(
        lr_multiplier=read_number(arguments, "lr_multiplier", 0.01, 1e-8, 1e4),
        blur=taps,
        fused_from=read_integer(arguments, "fused_from", 128, 0, 1 << 20),
    )


def open_source(source: Source, device: torch.device, size: int | None = None) -> StyleGenerator:
    """Return the generator of `source`; its pictures have one size.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """
    network = StyleGAN1(source.tensors, parse_settings(source.arguments)).to(device).eval()
    return StyleGenerator(FAMILY, network.mapping, network.synthesis, source.licence, device)


def to_own_format(source: Source) -> tuple[str, dict[str, Any]]:
    """Return the family and all arguments, defaults included.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    return FAMILY, asdict(parse_settings(source.arguments))
