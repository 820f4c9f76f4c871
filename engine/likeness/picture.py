"""Finished pictures (bytes), and conversions to and from images (tensors in [-1, 1]).

Outputs need this file and no torch, whose import takes seconds: what nobody can open is refused before that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import OutputError, find_renamed
from likeness.files.atomic_write import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

Picture = NDArray[np.uint8]
"""`[height, width, 3]` in RGB."""
Alpha = NDArray[np.uint8]
"""The opacity of each pixel of a picture, or one of its colours, `[height, width]`."""

# The encoder of each ending and its arguments. A path without an ending was always written as PNG.
ENCODINGS: dict[str, tuple[str, tuple[int, ...]]] = {
    ".png": (".png", ()),
    ".jpg": (".jpg", (cv2.IMWRITE_JPEG_QUALITY, 95)),
    ".jpeg": (".jpg", (cv2.IMWRITE_JPEG_QUALITY, 95)),
    ".webp": (".webp", (cv2.IMWRITE_WEBP_QUALITY, 95)),
    "": (".png", ()),
}

# Part of a level that makes the upper of two levels the nearer one.
LEAST_UP = 1e-4


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture as the generator and the plugins drew it, before the master.

    Args:
        picture: never changed afterwards.
        time: the show's time of its frame, in seconds.
        private: whether it shows a visitor who has not agreed to be kept: it may be shown, and stored nowhere.
        face: the latent `[num_ws, w_dim]` of its first head, before truncation; never changed in place. None where it
            is not known or not to be kept.
        alpha: where the person is, for outputs with an alpha channel; None where nobody asks, or nobody knows.
    """

    picture: Picture
    time: float
    private: bool
    face: Tensor | None = None
    alpha: Alpha | None = None


class KeptPicture:
    """Keeps the last picture that was made of another, so that what has not changed is the same array. One thread."""

    def __init__(self) -> None:
        self._source: Picture | None = None
        self._settings: object = None
        self._made: Picture | None = None

    def get(self, source: Picture, settings: object, make: Callable[[], Picture]) -> Picture:
        """Return what `make` returned last if `source` is the same array and `settings` are equal, else make it anew.

        Args:
            source: that the picture is made of; never changed.
            settings: all else that it depends on.
            make: makes the picture.
        """
        if self._made is None or source is not self._source or settings != self._settings:
            self._source, self._settings, self._made = source, settings, make()
        return self._made

    def forget(self) -> None:
        """Drop what is kept: it may show somebody who is to be forgotten."""
        self._source = self._settings = self._made = None


def black(width: int, height: int) -> Picture:
    """Return a black picture."""
    return np.zeros((height, width, 3), np.uint8)


def heads_of(picture: Picture, heads: int) -> list[Picture]:
    """Return the pictures that stand side by side in `picture` `[height, heads * width, 3]`, as views."""
    return [picture] if heads == 1 else np.split(picture, heads, axis=1)


def dim(picture: Picture, gain: float) -> Picture:
    """Return `picture` at `gain` in [0, 1]; the same array where nothing changes."""
    if gain >= 1.0:
        return picture
    table = (np.arange(256) * max(gain, 0.0) + 0.5).astype(np.uint8)
    # At 1920x1080 this took 1.7 ms, and `table[picture]` 8.6, half of the frame.
    return cv2.LUT(picture, table).astype(np.uint8, copy=False)


def sheet(pictures: Sequence[Picture], columns: int, gap: int = 4) -> Picture:
    """Return a contact sheet: pictures of one size in rows of at most `columns`, `gap` px of black between."""
    columns = min(columns, len(pictures))
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    out = black(columns * (width + gap) - gap, rows * (height + gap) - gap)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        out[top : top + height, left : left + width] = picture
    return out


def check_picture_path(path: Path) -> None:
    """Refuse a path whose ending names no kind of picture that is written; call it before long work.

    Raises:
        OutputError: naming the endings that are.
    """
    if path.suffix.lower() not in ENCODINGS:
        endings = ", ".join(ending for ending in ENCODINGS if ending)
        raise OutputError(f"{path} cannot be written: pictures end in {endings}, {path.suffix} came")


def write_picture(path: Path, picture: Picture) -> None:
    """Write a picture in the format that the ending of `path` names, in any case; PNG where it has none.

    Raises:
        OutputError: for another ending, or where the disk refuses; a file that was there stays whole.
    """
    check_picture_path(path)
    ending, arguments = ENCODINGS[path.suffix.lower()]
    height, width = picture.shape[:2]
    too_large = f"{path} could not be written: {width} x {height} px are too many for a {ending} file; name a .png"
    try:
        encodes, encoded = cv2.imencode(ending, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), arguments)
    except cv2.error as error:
        raise OutputError(too_large) from error
    if not encodes:
        raise OutputError(too_large)
    try:
        atomic_write(path, encoded.tobytes())
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error}") from error


def to_picture(image: Tensor) -> Picture:
    """Return images `[heads, 3, H, W]` side by side as one picture `[H, heads * W, 3]`.

    NaN becomes black.
    """
    planes = side_by_side(image.detach())
    # On a processor plane by plane: at 512 px that takes 0.3 ms of one core, by `to_levels` 1.2. Colours are
    # interleaved after the read-back: torch's permute took three times as long.
    levels = [_round_plane(plane) for plane in planes] if image.is_cpu else list(to_levels(planes).cpu().numpy())
    merged = cv2.merge(levels).astype(np.uint8, copy=False)
    # OpenCV takes a picture of one channel for a plane.
    return merged if merged.ndim == 3 else merged[..., None]


def _round_plane(plane: Tensor) -> Alpha:
    """Return the levels of one colour, `[H, W]` on the CPU, as `to_levels` does; OpenCV rounds to the even of two."""
    levels = cv2.convertScaleAbs(plane.float().clamp(-1, 1).numpy(), alpha=127.5, beta=127.5 + LEAST_UP)
    return levels.astype(np.uint8, copy=False)


def to_pictures(images: Tensor) -> list[Picture]:
    """Return images `[n, 3, H, W]` as one picture `[H, W, 3]` each; NaN becomes black."""
    if images.is_cpu:
        return [to_picture(image[None]) for image in images]
    return list(to_levels(images.detach()).permute(0, 2, 3, 1).cpu().numpy())


def to_levels(image: Tensor) -> Tensor:
    """Return uint8 of numbers in [-1, 1], on their device: the nearest level, the upper one of two as near."""
    import torch

    return image.float().mul(127.5).add_(128.0).clamp_(0.0, 255.0).nan_to_num_(nan=0.0).to(torch.uint8)


def to_tensor(picture: NDArray[np.uint8]) -> Tensor:
    """Return a picture `[H, W, 3]` as an image `[1, 3, H, W]` in [-1, 1], float32 on the CPU."""
    import torch

    return from_levels(torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None])


def from_levels(levels: Tensor) -> Tensor:
    """Return float32 numbers in [-1, 1] for levels from 0 to 255, on their device: -1 is 0 and 1 is 255."""
    return levels.float().div(127.5).sub_(1.0)


def side_by_side(images: Tensor) -> Tensor:
    """Return images `[n, 3, H, W]` as one `[3, H, n * W]`."""
    import torch

    return images[0] if len(images) == 1 else torch.cat(tuple(images), dim=-1)


def resize_images(images: Tensor, size: int) -> Tensor:
    """Return images `[batch, channels, size, size]`, averaged on the way down, bilinear on the way up; differentiable.

    Those of that size come back as they are.
    """
    if images.shape[-2:] == (size, size):
        return images
    from torch.nn import functional

    return functional.interpolate(images, (size, size), mode="bilinear", align_corners=False, antialias=True)


def __getattr__(name: str) -> Callable[[Path, Picture], None]:
    """Return a function under its name of version 0.1.0, with a warning; these names go with the next version."""
    return find_renamed(__name__, name, {"write_png": write_picture})
