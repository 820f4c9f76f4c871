"""Projection of many photos in batches: the training data of an encoder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.encoders.open_encoder import open_encoder_for
from likeness.encoders.trained import feature_means
from likeness.errors import LikenessError, WeightsError
from likeness.faces.photo import read_photo
from likeness.generator import Generator
from likeness.generators.perceptual import open_features
from likeness.picture import to_tensor
from likeness.projection.loss import face_mask
from likeness.projection.search import project

log = logging.getLogger(__name__)

BATCH = 8


def project_batch(
    generator: Generator,
    photos: Sequence[Path],
    steps: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Search for every photo, from its encoder's guess where there is an encoder, else from the mean.

    A photo that cannot be read is logged and left out.

    Args:
        generator: of any family.
        photos: aligned and square.
        steps: of each search.
        progress: told how many photos of how many are done.

    Returns:
        The photos' features by `likeness.encoders.trained.feature_means`, `[count, features]`, their latents
        `[count, num_ws, w_dim]`, and the features of their mirror images.

    Raises:
        LikenessError: no photo can be read.
    """
    size, device = generator.info.resolution, generator.mean.device
    feature_net, mask = open_features(device), face_mask(size, device)
    try:
        encoder = open_encoder_for(generator)
    except WeightsError as error:
        log.info("%s", error)
        encoder = None
    seen, found, mirrored = [], [], []
    for first in range(0, len(photos), BATCH):
        pictures = _read_photos(photos[first : first + BATCH], size)
        if pictures is not None:
            target = pictures.to(device)
            start = None if encoder is None else encoder.encode(target)
            *_, last = project(generator, target, start=start, steps=steps, mask=mask, feature_net=feature_net)
            with torch.no_grad():
                seen.append(feature_means(feature_net, target))
                mirrored.append(feature_means(feature_net, target.flip(3)))
            found.append(last.latent)
        progress(min(first + BATCH, len(photos)), len(photos))
    if not found:
        raise LikenessError("no photo could be read; give a folder of aligned faces")
    return torch.cat(seen), torch.cat(found), torch.cat(mirrored)


def _read_photos(paths: Sequence[Path], size: int) -> Tensor | None:
    """Return the photos that can be read, `[count, 3, size, size]` in [-1, 1]; None if none can."""
    rows = []
    for path in paths:
        try:
            photo = read_photo(path)
        except LikenessError as error:
            log.warning("%s", error)
            continue
        if photo.shape[:2] != (size, size):
            photo = np.asarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
        rows.append(to_tensor(photo))
    return torch.cat(rows) if rows else None
