"""Find the encoder that goes with a generator: its family's own, or a trained one in a file beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from likeness.encoders.composite import CompositeEncoder, open_encoder
from likeness.encoders.trained import encoder_file, open_trained
from likeness.encoders.vae import FAMILY as VAE
from likeness.encoders.vae import open_vae_encoder
from likeness.errors import WeightsError
from likeness.generator import Generator
from likeness.generators.weights_file import read_header
from likeness.picture import to_pictures


class Encoder(Protocol):
    """Pictures in, latents out, in one pass."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents `[batch, num_ws, w_dim]` of aligned `pictures` `[batch, 3, H, W]` in [-1, 1], H = W.

        The same pictures give the same latents. No gradient, and on the pictures' device.
        """
        ...


class CompositePictures:
    """The composite's own encoder behind the `Encoder` protocol; one picture after the other, on the CPU."""

    def __init__(self, own: CompositeEncoder) -> None:
        self.own = own

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Encoder.encode`."""
        photos = [np.ascontiguousarray(picture) for picture in to_pictures(pictures)]
        # Cloned: what inference mode makes could not be optimised from.
        found = [self.own.encode(photo).latent.clone() for photo in photos]
        return torch.cat(found).to(pictures.device)


def open_encoder_for(source: Generator | Path | str) -> Encoder:
    """Open the encoder of a generator, or of the weights file at a path. Reads files; not for the render thread.

    Args:
        source: a generator that was opened from a file, or that file.

    Raises:
        WeightsError: there is none, or its file is broken or was trained for other weights.
    """
    weights = Path(source) if isinstance(source, str | Path) else source.info.weights
    if weights is None:
        assert not isinstance(source, str | Path)
        raise WeightsError(
            f"this {source.info.family} generator was not opened from a file, so no encoder is known; start at the mean"
        )
    header = read_header(weights)
    if header is not None and header.family == "composite":
        return CompositePictures(open_encoder(weights))
    file = encoder_file(weights)
    if file.is_file():
        trained = read_header(file)
        if trained is not None and trained.family == VAE:
            return open_vae_encoder(file)
        shape = () if isinstance(source, str | Path) else (source.info.num_ws, source.info.w_dim)
        return open_trained(file, header.sha256 if header else "", *shape)
    raise WeightsError(
        f"{weights} has no encoder ({encoder_file(weights).name} is not beside it); make one with "
        f"`likeness train encoder {weights}`, or start at the mean"
    )
