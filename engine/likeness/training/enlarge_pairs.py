"""Training pairs of `enlarge`: a composite's drawing of a face, and its photo of twice the size on top of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.faces.flow import Bytes
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.enlarger import FACTOR
from likeness.picture import to_pictures
from likeness.training.pairs import CODES, align_photo, write_files
from likeness.training.pictures import ProgressCallback, no_progress

DRAWN, PHOTOS = "drawn.bytes", "photos.bytes"
DRAWN_CHANNELS = 5  # RGB, bare skin, person


@dataclass(frozen=True)
class EnlargePairs:
    """The pairs of a folder, their pictures mapped from the disk.

    Attributes:
        drawn: `[n, size, size, 5]` uint8: RGB, where there is bare skin, and where the person is.
        photos: `[n, 2 size, 2 size, 3]` uint8 RGB, warped by the few pixels in which drawing and photo differ.
        codes: `[n, num_ws, w_dim]`.
    """

    drawn: NDArray[np.uint8]
    photos: NDArray[np.uint8]
    codes: Tensor

    def __len__(self) -> int:
        return len(self.codes)


@torch.inference_mode()
def draw_pair(encoder: CompositeEncoder, network: CompositeNetwork, photo: Bytes) -> tuple[Bytes, Bytes, Tensor]:
    """Encode a photo `[2 size, 2 size, 3]` uint8 RGB; return its drawing, itself on top of that, and its code."""
    found = encoder.encode(photo)
    parts = network.layers(found.latent)
    picture = network.draw_parts(parts, network.size)
    regions = network.draw_regions(parts) * 2 - 1
    # Three channels at a time, as pictures are made.
    masks = to_pictures(torch.cat([regions, regions[:, :1]], dim=1))[0][..., :2]
    drawn = np.concatenate([to_pictures(picture)[0], masks], axis=2)
    step = parts.field[0].permute(1, 2, 0).numpy()
    return drawn, align_photo(photo, step, found.field), found.latent[0].clone()


def write_enlarge_pairs(
    folder: Path,
    encoder: CompositeEncoder,
    network: CompositeNetwork,
    photos: Bytes,
    progress: ProgressCallback = no_progress,
) -> None:
    """Make the pairs of `photos` `[n, 2 size, 2 size, 3]` uint8 RGB, an eighth of a second each, unless they are there.

    Raises:
        TrainingError: the disk refuses.
    """

    def make(photo: Bytes) -> tuple[tuple[Bytes, Bytes], Tensor]:
        drawn, moved, code = draw_pair(encoder, network, photo)
        return (drawn, moved), code

    write_files(folder, (DRAWN, PHOTOS), make, photos, progress)


def open_enlarge_pairs(folder: Path, size: int) -> EnlargePairs:
    """Map the pairs of a folder, of drawings of `size` px.

    Raises:
        TrainingError: it holds none, or not what `write_enlarge_pairs` wrote.
    """
    try:
        codes = load_file(folder / CODES)["codes"]
        count, large = len(codes), FACTOR * size
        drawn = np.memmap(folder / DRAWN, np.uint8, "r", shape=(count, size, size, DRAWN_CHANNELS))
        photos = np.memmap(folder / PHOTOS, np.uint8, "r", shape=(count, large, large, 3))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise TrainingError(
            f"{folder} does not hold the pairs of this run ({error}); remove {folder / CODES}, and go on"
        ) from error
    return EnlargePairs(drawn, photos, codes)
