"""The trained encoder: features of a frozen network, and one matrix from them to W+, the same in a mirror."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError
from likeness.files.paths import ENCODER, search_dirs
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.perceptual import open_features
from likeness.generators.weights_file import fingerprint, read_header, read_weights, shared_latents
from likeness.picture import resize_images

FAMILY = "encoder"
# Pictures are scaled to `LOOK` px, and each map of features to a grid of GRID x GRID means.
LOOK, GRID = 160, 4


class TrainedEncoder:
    """Pictures to latents in one pass: EfficientNet-Lite's four maps, their strongest components, a linear map.

    Where it knows the generator's mirror images, it guesses those of the pictures too, and returns the mean: then the
    latent of a mirror image is the mirrored latent. A network for photographs sees left and right a little otherwise,
    and a guess from the one picture alone was lopsided.

    Args:
        network: the frozen one.
        tensors: `centre` [features], `basis` [features, components], `map` [components, num_ws * w_dim], `origin`
            [num_ws, w_dim], and for generators that know their mirror images their `mirror_signs` [num_ws, w_dim].
    """

    def __init__(self, network: EfficientNetLite, tensors: dict[str, Tensor]) -> None:
        self._network = network
        self._centre, self._origin = tensors["centre"].float(), tensors["origin"].float()
        self._basis, self._map = tensors["basis"].float(), tensors["map"].float()
        if self._basis.shape[1] != self._map.shape[0] or self._map.shape[1] != self._origin.numel():
            raise ValueError(f"basis {list(self._basis.shape)} and map {list(self._map.shape)} do not fit each other")
        signs = tensors.get("mirror_signs")
        self._mirror_signs = signs if signs is None else signs.float()
        if signs is not None and signs.shape != self._origin.shape:
            raise ValueError(f"mirror_signs {list(signs.shape)} and origin {list(self._origin.shape)} differ")

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents `[batch, num_ws, w_dim]` of `pictures` `[batch, 3, H, W]` in [-1, 1]; see `Encoder.encode`."""
        seen = pictures.to(self._centre)
        if self._mirror_signs is None:
            return self._guess(seen).to(pictures.device)
        as_is, mirrored = self._guess(torch.cat([seen, seen.flip(3)])).chunk(2)
        return ((as_is + mirrored * self._mirror_signs) / 2).to(pictures.device)

    def _guess(self, pictures: Tensor) -> Tensor:
        moved = (feature_means(self._network, pictures) - self._centre) @ self._basis @ self._map
        return self._origin + moved.reshape(-1, *self._origin.shape)


def feature_means(network: EfficientNetLite, pictures: Tensor) -> Tensor:
    """Return the features that the encoder maps, `[batch, 7936]`: the means of its maps in a coarse grid.

    Square roots, for features are never negative for long and a few large ones would be all that a matrix sees.
    """
    rows = [functional.adaptive_avg_pool2d(each, GRID).flatten(1) for each in network(resize_images(pictures, LOOK))]
    return torch.cat([row.sign() * row.abs().sqrt() for row in rows], dim=1)


def encoder_file(weights: Path) -> Path:
    """Return where the trained encoder of `weights` is, or would be: named in its header, else beside it."""
    header = read_header(weights)
    named = header.arguments.get("encoder") if header else None
    if isinstance(named, str) and named:
        return weights.parent / named
    return weights.with_name(weights.name.removesuffix(weights.suffix) + ENCODER)


def find_encoder(weights: Path) -> tuple[Path, str]:
    """Return the file of the trained encoder of `weights`, which need not exist, and the SHA-256 that it must be for.

    Their own where it is there, else that of the weights whose latents they play, "" where they have no SHA-256.
    """
    header, own = read_header(weights), encoder_file(weights)
    shared = shared_latents(header)
    if shared is not None and not own.is_file():
        for folder in (weights.parent, *search_dirs("weights")):
            if (folder / (shared.weights + ENCODER)).is_file():
                return folder / (shared.weights + ENCODER), shared.sha256
    return own, fingerprint(weights) if header else ""


def open_trained(path: Path, sha256: str, num_ws: int | None = None, w_dim: int | None = None) -> TrainedEncoder:
    """Open a trained encoder.

    Args:
        path: of its file.
        sha256: of the weights that it is to encode for, "" where they have none.
        num_ws, w_dim: of their latents, where they are known.

    Raises:
        WeightsError: it is absent, broken, or was trained for other weights.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} holds a {header.family}, not a trained encoder; make one: likeness train encoder")
    meant = str(header.arguments.get("for", ""))
    try:
        encoder = TrainedEncoder(open_features(), tensors)
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsError(f"{path} lacks what an encoder needs ({error!r}); train it again") from error
    shape = tuple(tensors["origin"].shape)
    wanted = (num_ws, w_dim)
    if (meant and sha256 and meant != sha256) or (num_ws is not None and shape != wanted):
        raise WeightsError(f"{path} was trained for other weights; train it again: likeness train encoder WEIGHTS")
    return encoder
