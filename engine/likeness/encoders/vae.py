"""The encoder that a VAE was trained with: pictures to the latents that its decoder plays, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.networks.dcgan import START
from likeness.generators.networks.vae import ConvEncoder
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights

FAMILY = "vae-encoder"
LARGEST_Z, MOST_WIDTHS, LARGEST_WIDTH = 65536, 10, 8192


class VAEEncoder:
    """Photos to latents.

    Args:
        network: on its device.
        resolution: of the pictures that it was trained on, in px; others are scaled.
    """

    def __init__(self, network: ConvEncoder, resolution: int) -> None:
        self.network, self.resolution = network.eval().requires_grad_(False), resolution

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents `[batch, 1, z_dim]`, the means of the codes, of pictures `[batch, 3, H, W]` in [-1, 1], H = W.

        The same pictures give the same latents. No gradient, and on the pictures' device.
        """
        side = pictures.shape[3]
        if side != self.resolution:
            mode = "area" if side > self.resolution else "bicubic"
            pictures = functional.interpolate(pictures.float(), (self.resolution, self.resolution), mode=mode)
        mean, _ = self.network.to(pictures.device)(pictures.float())
        latent: Tensor = mean[:, None]
        return latent


def write_vae_encoder(
    path: Path, tensors: Mapping[str, Tensor], z_dim: int, widths: Sequence[int], licence: Licence
) -> None:
    """Write the tensors of an encoder for pictures twice the size of its last width, which `open_vae_encoder` opens.

    Raises:
        WeightsError: the disk refuses.
    """
    arguments = {"z_dim": z_dim, "widths": list(widths), "resolution": START << len(widths)}
    write_weights(path, WeightsHeader(FAMILY, arguments, licence), tensors)


def open_vae_encoder(path: Path) -> VAEEncoder:
    """Open the encoder in a file.

    Raises:
        WeightsError: it is absent, broken, or no encoder of a VAE.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} is of the family {header.family!r}, wanted {FAMILY!r}; train a VAE for one")
    z_dim, widths = header.arguments.get("z_dim"), header.arguments.get("widths")
    sound = isinstance(widths, list) and 1 <= len(widths) <= MOST_WIDTHS and isinstance(z_dim, int)
    # Checked before anything of that size is made.
    if not sound or not all(isinstance(width, int) and 0 < width <= LARGEST_WIDTH for width in widths or []):
        raise WeightsError(f"{path} says z_dim {z_dim!r} and widths {widths!r}, which no encoder has; train it again")
    if not 0 < z_dim <= LARGEST_Z:  # type: ignore[operator]
        raise WeightsError(f"{path} says z_dim {z_dim}, wanted 1 to {LARGEST_Z}; train it again")
    assert isinstance(z_dim, int)
    assert isinstance(widths, list)
    with torch.device("meta"):
        network = ConvEncoder(z_dim, widths)
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not hold the tensors of an encoder ({error}); train it again") from error
    return VAEEncoder(network, START << len(widths))
