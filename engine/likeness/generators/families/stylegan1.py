"""Open the StyleGAN of 2018 from its TensorFlow snapshots, or from our own format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from likeness.generator import Generator
from likeness.generators.families.checkpoint import Source, made_of, number, whole
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.stylegan1 import Settings, StyleGAN1
from likeness.hookspecs import hookimpl

FAMILY = "stylegan1"
MOST_TAPS = 32


def settings(arguments: Mapping[str, Any]) -> Settings:
    """Return the settings in a file's arguments.

    Raises:
        ValueError: where one is of the wrong kind or out of range.
    """
    blur = arguments.get("blur", (1, 2, 1))
    if not isinstance(blur, list | tuple) or len(blur) > MOST_TAPS:
        raise ValueError(f"the argument 'blur' is {str(blur)[:60]!r}, wanted a short list of numbers")
    taps = [number({"blur": tap}, "blur", 0, -1e3, 1e3) for tap in blur]
    if taps and sum(taps) == 0:
        raise ValueError("the argument 'blur' sums to 0")
    return Settings(
        lr_multiplier=number(arguments, "lr_multiplier", 0.01, 1e-8, 1e4),
        blur=taps,
        fused_from=whole(arguments, "fused_from", 128, 0, 1 << 20),
    )


class StyleGAN1Generator(StyleGenerator):
    """A StyleGAN that plays in W+ (18 layers at 1024 px); see `likeness.generator.Generator`.

    Args:
        source: tensors as the snapshot reader names them.
        device: on which to draw.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """

    def __init__(self, source: Source, device: torch.device) -> None:
        network = StyleGAN1(source.tensors, settings(source.arguments)).to(device).eval()
        super().__init__(FAMILY, network.mapping, network.synthesis, source.licence, device)


@hookimpl
def load_generator(path: Path, device: torch.device) -> Generator | None:
    """First: open a StyleGAN of 2018.

    Raises:
        WeightsError: where the file is ours but broken.
    """
    return made_of(path, FAMILY, lambda source: StyleGAN1Generator(source, device))
