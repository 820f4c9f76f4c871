"""Training pairs of `refine`: a composite's drawing of a face, and the photo warped onto the drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.faces.flow import Bytes, Field, compose, limit_length, pixel_grid, resize_field
from likeness.files.atomic_write import atomic_write
from likeness.picture import to_pictures
from likeness.training.pictures import ProgressCallback, no_progress

PIXELS, CODES = "pairs.bytes", "codes.safetensors"
CHANNELS = 7  # of a pair: drawn RGB, skin, photo RGB
# The warp from photo to drawing: its longest step and its smoothness, in px of 256.
REACH, SMOOTH = 6.0, 2.0


@dataclass(frozen=True)
class Pair:
    """One face twice.

    Attributes:
        drawn: by the composite from its code, `[size, size, 4]` uint8: RGB, and where it is bare skin.
        photo: `[size, size, 3]` uint8 RGB, warped by the few pixels that drawing and photo differ in shape.
        code: `[num_ws, w_dim]`.
    """

    drawn: Bytes
    photo: Bytes
    code: NDArray[np.float32]


@torch.inference_mode()
def make_pair(encoder: CompositeEncoder, photo: Bytes) -> Pair:
    """Encode a photo `[size, size, 3]` uint8 RGB, draw it, and bring the photo onto the drawing."""
    network, found = encoder.network, encoder.encode(photo)
    parts = network.layers(found.latent)
    picture, skin = network.draw_with_skin(parts)
    step = parts.field[0].permute(1, 2, 0).numpy()
    drawn = np.concatenate([_to_bytes(picture), _to_bytes(2 * skin - 1)], axis=2)
    return Pair(drawn, align_photo(photo, step, found.field), found.latent[0].numpy())


def align_photo(photo: Bytes, drawn: Field, found: Field) -> Bytes:
    """Return the photo through the drawing's warp and then its own, in one resampling.

    Args:
        photo: `[size, size, 3]`.
        drawn: the drawing's field, in picture widths, of any size.
        found: the photo's, as its encoding tells it.
    """
    size = photo.shape[0]
    drawn = resize_field(np.ascontiguousarray(drawn) * np.float32(drawn.shape[0]), size)
    unit = size / 256
    way = limit_length(compose(drawn, resize_field(found, size)), REACH * unit)
    way = np.asarray(cv2.GaussianBlur(way, (0, 0), SMOOTH * unit), np.float32)
    places = pixel_grid(size, size) + way
    # cv2's stubs do not know that the second map may be None.
    moved = cv2.remap(photo, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[call-overload]
    return np.asarray(moved, np.uint8)


def _to_bytes(picture: Tensor) -> Bytes:
    return np.ascontiguousarray(to_pictures(picture)[0])


@dataclass(frozen=True)
class Pairs:
    """The pairs of a folder.

    Attributes:
        pixels: `[n, size, size, 7]` uint8, mapped from the disk: drawn RGB, skin, photo RGB.
        codes: `[n, num_ws, w_dim]`.
    """

    pixels: NDArray[np.uint8]
    codes: Tensor

    def __len__(self) -> int:
        return len(self.pixels)


def write_pairs(
    folder: Path, encoder: CompositeEncoder, photos: Bytes, progress: ProgressCallback = no_progress
) -> None:
    """Make the pairs of `photos` `[n, size, size, 3]` uint8 RGB, a tenth of a second each, unless they are there.

    Raises:
        TrainingError: the disk refuses.
    """

    def make(photo: Bytes) -> tuple[Sequence[Bytes], Tensor]:
        pair = make_pair(encoder, photo)
        return (np.concatenate([pair.drawn, pair.photo], axis=2),), torch.from_numpy(pair.code)

    write_files(folder, (PIXELS,), make, photos, progress)


def write_files(
    folder: Path,
    names: Sequence[str],
    make: Callable[[Bytes], tuple[Sequence[Bytes], Tensor]],
    photos: Bytes,
    progress: ProgressCallback,
) -> None:
    """Write the pairs of `photos`, the like of them one after the other in a file, unless they are there.

    Args:
        names: of the files.
        make: returns of a photo what goes into each file, and its code.

    Raises:
        TrainingError: the disk refuses.
    """
    if (folder / CODES).is_file():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        codes = []
        with ExitStack() as stack:
            files = [stack.enter_context((folder / name).open("wb")) for name in names]
            for done, photo in enumerate(photos):
                parts, code = make(np.ascontiguousarray(photo))
                for file, part in zip(files, parts, strict=True):
                    file.write(part.tobytes())
                codes.append(code)
                progress("pairs", done + 1, len(photos))
        # Last, so that where this file is, the others are complete.
        atomic_write(folder / CODES, save({"codes": torch.stack(codes)}))
    except (OSError, SafetensorError) as error:
        for name in names:
            (folder / name).unlink(missing_ok=True)
        raise TrainingError(f"the pairs could not be written into {folder} ({error}); free some space") from error


def open_pairs(folder: Path, size: int) -> Pairs:
    """Map the pairs of a folder, of pictures of `size` px.

    Raises:
        TrainingError: it holds none, or not what `write_pairs` wrote.
    """
    try:
        codes = load_file(folder / CODES)["codes"]
        pixels = np.memmap(folder / PIXELS, np.uint8, "r", shape=(len(codes), size, size, CHANNELS))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise TrainingError(
            f"{folder} does not hold the pairs of this run ({error}); remove {folder / CODES}, and go on"
        ) from error
    return Pairs(pixels, codes)
