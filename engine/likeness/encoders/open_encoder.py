"""The encoder that goes with a generator: its family's own, or one in a file beside the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from torch import Tensor

from likeness.encoders import composite, trained, vae
from likeness.encoders.trained import find_encoder
from likeness.errors import WeightsError
from likeness.generator import Generator
from likeness.generators.weights_file import read_header


class Encoder(Protocol):
    """Pictures in, latents out, in one pass."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents `[batch, num_ws, w_dim]` of aligned `pictures` `[batch, 3, H, W]` in [-1, 1], H = W.

        The same pictures give the same latents. No gradient, and on the pictures' device.
        """
        ...


# By the weights' family: what the weights file holds an encoder for itself.
OWN_ENCODERS: Mapping[str, Callable[[Path], Encoder]] = {"composite": composite.open_picture_encoder}
# By the family of the file beside the weights; called with that file, the weights' SHA-256 ("" where they have none)
# and the shape of their latents (empty where it is not known).
ENCODER_FILES: Mapping[str, Callable[[Path, str, tuple[int, ...]], Encoder]] = {
    vae.FAMILY: lambda file, sha256, shape: vae.open_vae_encoder(file),
    trained.FAMILY: lambda file, sha256, shape: trained.open_trained(file, sha256, *shape),
}


def open_encoder_for(source: Generator | Path | str) -> Encoder:
    """Open the encoder of a generator, or of the weights file at a path. Reads files; not for the render thread.

    Args:
        source: a generator that was opened from a file, or that file.

    Raises:
        WeightsError: there is none, or its file is broken or was trained for other weights.
    """
    if isinstance(source, str | Path):
        weights, shape = Path(source), tuple[int, ...]()
    elif source.info.weights is not None:
        weights, shape = source.info.weights, (source.info.num_ws, source.info.w_dim)
    else:
        raise WeightsError(
            f"this {source.info.family} generator was not opened from a file, so no encoder is known; start at the mean"
        )
    header = read_header(weights)
    if header is not None and header.family in OWN_ENCODERS:
        return OWN_ENCODERS[header.family](weights)
    file, sha256 = find_encoder(weights)
    if not file.is_file():
        raise WeightsError(
            f"{weights} has no encoder ({file.name} is not beside it); make one with "
            f"`likeness train encoder {weights}`, or start at the mean"
        )
    beside = read_header(file)
    # A file of another kind goes there too, and is refused by what it is.
    family = beside.family if beside is not None and beside.family in ENCODER_FILES else trained.FAMILY
    return ENCODER_FILES[family](file, sha256, shape)
