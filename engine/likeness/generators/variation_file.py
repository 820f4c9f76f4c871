"""DAGAN files: networks that draw other pictures of a picture's class, in the program's weights format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.networks.dcgan import START
from likeness.generators.networks.variation import VariationNetwork
from likeness.generators.weights_file import WeightsHeader, is_of_family, read_count, read_weights, write_weights

FAMILY = "dagan"
LAYERS, WIDTH, NOISE = (2, 8), (1, 2048), (1, 4096)


@dataclass(frozen=True, eq=False)
class Variation:
    """A DAGAN that draws; one thread at a time.

    Args:
        network: placed, in eval mode.
        licence: of the file.
    """

    network: VariationNetwork
    licence: Licence

    @torch.inference_mode()
    def draw(self, images: Tensor, z: Tensor) -> Tensor:
        """Return other pictures of the classes of `images`, as `VariationNetwork` does, on the network's device."""
        device = self.network.noise.weight.device
        drawn: Tensor = self.network(images.to(device), z.to(device))
        return drawn


def write_variation(path: Path, network: VariationNetwork, licence: Licence) -> WeightsHeader:
    """Write a DAGAN's generator; the old file stays until the new one is whole.

    Raises:
        WeightsError: the disk refuses.
    """
    arguments = {"widths": list(network.widths), "z_dim": network.z_dim}
    return write_weights(path, WeightsHeader(FAMILY, arguments, licence), network.state_dict())


def is_variation(path: Path) -> bool:
    """Return whether a file says that it is a DAGAN; whether it is a whole one is not looked at."""
    return is_of_family(path, FAMILY)


def open_variation(path: Path, device: torch.device) -> Variation:
    """Open a DAGAN's generator on the device.

    Raises:
        WeightsError: it is absent, broken, changed since it was written, or no DAGAN.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} holds weights of the family {header.family}; give a run of `likeness train dagan`")
    try:
        widths, z_dim = _read_arguments(header.arguments)
        # Before a network is built: a header may ask for more memory than the file holds.
        if tuple(tensors["down.0.weight"].shape) != (widths[0], 3, 4, 4) or len(tensors["noise.weight"][0]) != z_dim:
            raise ValueError("its tensors are of other widths than its header says")
        for name, tensor in tensors.items():
            if not bool(tensor.isfinite().all()):
                raise ValueError(f"{name} holds numbers that are not finite")
        network = VariationNetwork(widths, z_dim)
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:300]
        raise WeightsError(f"{path} is a broken DAGAN ({line}); train or copy it again") from error
    return Variation(network.eval().requires_grad_(False).to(device), header.licence)


def _read_arguments(arguments: Mapping[str, Any]) -> tuple[tuple[int, ...], int]:
    """Return widths and length of the noise.

    Raises:
        KeyError, TypeError, ValueError: something is absent or out of range.
    """
    widths = tuple(read_count(width, WIDTH, "widths") for width in arguments["widths"])
    if not LAYERS[0] <= len(widths) <= LAYERS[1]:
        raise ValueError(f"{len(widths)} widths, wanted {LAYERS[0]} to {LAYERS[1]}: from {START} px up")
    return widths, read_count(arguments["z_dim"], NOISE, "z_dim")
