"""Features of pictures and of generators' samples, which the metrics compare."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from likeness.errors import LikenessError, PhotoError
from likeness.faces.photo import read_photo
from likeness.faces.photo_files import list_photo_files
from likeness.generator import Generator
from likeness.latent import truncate
from likeness.picture import from_levels, resize_images, to_levels, to_tensor

log = logging.getLogger(__name__)

# What EfficientNet-Lite0 was trained at; pictures of 64 px hardly reach its last layers.
FEATURE_SIZE = 224
BATCH = 16
Progress = Callable[[int, int], None]  # done, total


class Features(Protocol):
    """A network that gives features of pictures: `likeness.generators.perceptual.open_features`."""

    def pooled(self, images: Tensor) -> Tensor:
        """Return `[batch, d]` of pictures `[batch, 3, H, W]` in [-1, 1]."""
        ...


def no_progress(done: int, total: int) -> None:
    """Report no progress."""


def round_to_bytes(images: Tensor) -> Tensor:
    """Return pictures as they are once they are bytes: a file's rounding must not tell it from a drawing."""
    return from_levels(to_levels(images))


def picture_files(folder: Path) -> list[Path]:
    """Return the files of a folder by name, without sub-folders, hidden files and editors' copies.

    Raises:
        LikenessError: where there is no such folder or nothing in it.
    """
    if not folder.is_dir():
        raise LikenessError(f"there is no folder {folder}; give one of pictures that are cut like the generator's")
    found = list_photo_files(folder)
    if not found:
        raise LikenessError(f"{folder} is empty; give a folder of pictures that are cut like the generator's")
    return found


def read_square(path: Path, size: int) -> Tensor:
    """Return the middle square of a picture as `[1, 3, size, size]` in [-1, 1].

    Raises:
        PhotoError: where it cannot be read.
    """
    photo = read_photo(path)
    side = min(photo.shape[:2])
    top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
    return resize_images(to_tensor(photo[top : top + side, left : left + side]), size)


@torch.no_grad()
def picture_features(
    network: Features, files: Sequence[Path], resolution: int, device: torch.device, progress: Progress = no_progress
) -> tuple[list[Path], Tensor]:
    """Return the files that are pictures, and their features `[n, d]` on the CPU.

    Each is first brought to the generator's resolution, so that it has no details that the generator cannot draw.

    Raises:
        LikenessError: where fewer than two are pictures.
    """
    kept: list[Path] = []
    found: list[Tensor] = []
    for start in range(0, len(files), BATCH):
        pictures = []
        for path in files[start : start + BATCH]:
            try:
                pictures.append(read_square(path, resolution))
                kept.append(path)
            except PhotoError as error:
                log.warning("%s", error)
        if pictures:
            images = resize_images(round_to_bytes(torch.cat(pictures).to(device)), FEATURE_SIZE)
            found.append(network.pooled(images).float().cpu())
        progress(min(start + BATCH, len(files)), len(files))
    if len(kept) < 2:
        raise LikenessError(f"{len(kept)} of {len(files)} files are pictures, two or more are wanted; add some")
    return kept, torch.cat(found)


def draw_batches(generator: Generator, latents: Tensor, batch: int = BATCH) -> list[Tensor]:
    """Return pictures `[k, 3, H, W]` in [-1, 1] of latents `[n, num_ws, w_dim]`, in parts, as rounded as bytes."""
    return [round_to_bytes(generator.synthesize(part)) for part in torch.split(latents, batch)]


@torch.no_grad()
def sample_features(
    network: Features, generator: Generator, seeds: Sequence[int], psi: float = 1.0, progress: Progress = no_progress
) -> tuple[Tensor, Tensor]:
    """Return latents `[n, num_ws, w_dim]` of seeds at truncation `psi`, and features `[n, d]`, both on the CPU."""
    latents, found = [], []
    for start in range(0, len(seeds), BATCH):
        latent = truncate(generator.sample(seeds[start : start + BATCH]), generator.mean, psi)
        images = round_to_bytes(generator.synthesize(latent))
        found.append(network.pooled(resize_images(images, FEATURE_SIZE)).float().cpu())
        latents.append(latent.cpu())
        progress(min(start + BATCH, len(seeds)), len(seeds))
    return torch.cat(latents), torch.cat(found)
