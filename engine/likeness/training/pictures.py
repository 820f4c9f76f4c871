"""Decoding and square cropping of pictures, and folders of aligned faces read into memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from likeness.errors import TrainingError, say_count
from likeness.faces.flow import Bytes
from likeness.faces.photo_files import list_photo_files, name_placeholder
from likeness.faces.photo_header import name_unread_format
from likeness.faces.resize import resize
from likeness.faces.transparency import lay_over_grey, read_alpha

log = logging.getLogger(__name__)

ProgressCallback = Callable[[str, int, int], None]  # stage, done, total


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one size.

    Attributes:
        names: file names, sorted.
        pictures: `[n, size, size, 3]` uint8, BGR.
        skipped: files that were no readable picture.
    """

    names: tuple[str, ...]
    pictures: Bytes
    skipped: int


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class DecodedPicture:
    """A picture from a file.

    Attributes:
        pixels: `[height, width, 3]` uint8, BGR, upright.
        transparent: whether parts of it were, which are grey now.
    """

    pixels: Bytes
    transparent: bool


def decode_picture(raw: bytes) -> DecodedPicture | None:
    """Decode a file's bytes; None where they are no picture of 16 px or more.

    The picture is turned upright by its EXIF; grey and CMYK become colour; transparent parts become grey.
    """
    try:
        picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR) if raw else None
        if picture is None or min(picture.shape[:2]) < 16:
            return None
        alpha = read_alpha(raw)
    except cv2.error:  # a header that claims more pixels than OpenCV allows
        return None
    pixels = np.asarray(picture, np.uint8)
    if alpha is None or alpha.shape != pixels.shape[:2]:
        return DecodedPicture(pixels, transparent=False)
    return DecodedPicture(lay_over_grey(pixels, alpha), transparent=True)


class SkippedFiles:
    """The files of a source that were no pictures, counted by what they are instead, where that is known."""

    def __init__(self) -> None:
        self.count = 0
        self._kinds: Counter[str] = Counter()

    def add(self, raw: bytes) -> None:
        """Count a file by its first bytes."""
        self.count += 1
        kind = name_placeholder(raw) or name_unread_format(raw)
        if kind:
            self._kinds[kind] += 1

    def describe(self, fault: str = "were no pictures") -> str:
        """Return how many they are, and of which kinds: "3 files were no pictures: 2 x HEIC"."""
        kinds = ", ".join(f"{count} x {kind}" for kind, count in self._kinds.most_common())
        return f"{self.count} files {fault}" + (f": {kinds}" if kinds else "")


def too_few(source: Path, count: int, wanted: int, skipped: str, held_out: int) -> TrainingError:
    """Return the error that says how many pictures are too few, and why there are no more.

    Args:
        skipped: what is to be said of files that are not counted; "" where there are none.
        held_out: how many are kept out of training.
    """
    why = [skipped] * bool(skipped) + [f"{held_out} held out"] * bool(held_out)
    listed = f" ({', '.join(why)})" if why else ""
    more = "add some, or make more of them: likeness augment" if count > 0 else "add some"
    then = "add pictures or hold out fewer" if held_out else more
    holds = say_count(max(count, 0), "picture", "pictures")
    return TrainingError(f"{source} holds {holds} to train with, {wanted} are wanted{listed}; {then}")


def warn_transparent(source: Path, count: int) -> None:
    """Log that `count` pictures of `source` were laid over grey, where there are any."""
    if count:
        log.warning("%s: parts of %d pictures are transparent and are laid over grey", source, count)


def crop_square(picture: Bytes, size: int) -> Bytes:
    """Return the middle square of a picture at `size` px."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    # A copy where the size fits already: the square is a view of the whole picture.
    return np.ascontiguousarray(resize(square, size))


def read_square_picture(photo: Path, size: int) -> Bytes:
    """Return the middle square of a picture, `[size, size, 3]` BGR.

    Raises:
        TrainingError: it is no picture.
    """
    try:
        decoded = decode_picture(photo.read_bytes())
    except OSError as error:
        raise TrainingError(f"{photo} cannot be read ({error.strerror})") from error
    if decoded is None:
        raise TrainingError(f"{photo} is no picture of 16 px or more")
    return crop_square(decoded.pixels, size)


def read_pictures(
    folder: Path, size: int, *, at_least: int, leave_first: int = 0, progress: ProgressCallback = no_progress
) -> PictureSet:
    """Read every picture of a folder, in the order of the names.

    Args:
        folder: of the pictures; its sub-folders are not read.
        size: of the result, in px.
        at_least: the fewest pictures wanted.
        leave_first: number of pictures held out, the first by name.

    Raises:
        TrainingError: there is no such folder, or it holds too few pictures.
    """
    if not folder.is_dir():
        raise TrainingError(f"there is no folder {folder}; give one that holds aligned faces")
    files = list_photo_files(folder)
    names, pictures, skipped, transparent = [], [], SkippedFiles(), 0
    for done, path in enumerate(files):
        raw = path.read_bytes()
        decoded = decode_picture(raw)
        if decoded is None:
            skipped.add(raw)
        else:
            names.append(path.name)
            pictures.append(crop_square(decoded.pixels, size))
            transparent += decoded.transparent
        progress("read", done + 1, len(files))
    names, pictures = names[leave_first:], pictures[leave_first:]
    if len(pictures) < at_least:
        raise too_few(folder, len(pictures), at_least, skipped.describe() if skipped.count else "", leave_first)
    if skipped.count:
        log.warning("%s: %s, and were left out", folder, skipped.describe())
    warn_transparent(folder, transparent)
    return PictureSet(tuple(names), np.stack(pictures), skipped.count)


def strengthen_prints(pictures: Bytes) -> Bytes:
    """Return the pictures with 15 % more colour and a gentle contrast curve, like a photo lab's prints.

    An average of faces is paler than each of them, and truncation pulls toward it; faces learnt from stronger prints
    come out as strong as the photos.

    Args:
        pictures: `[n, size, size, 3]` uint8, BGR.
    """
    prints = np.empty_like(pictures)
    luma = np.array([0.114, 0.587, 0.299], np.float32)
    for picture, print_ in zip(pictures, prints, strict=True):
        unit = picture.astype(np.float32) / 127.5 - 1
        grey = (unit @ luma)[..., None]
        unit = grey + 1.15 * (unit - grey) + 0.12 * grey * (1 - grey**2)
        print_[:] = np.clip(np.rint((unit + 1) * 127.5), 0, 255)
    return prints
