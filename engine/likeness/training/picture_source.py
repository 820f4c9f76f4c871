"""Pictures from a folder, a tar file (WebDataset), a zip file (StyleGAN) or a folder of these, read and cut."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from likeness.errors import TrainingError
from likeness.faces.photo import MOST_BYTES
from likeness.faces.photo_files import is_litter, list_photo_files, name_placeholder
from likeness.picture import Picture
from likeness.training.pictures import ProgressCallback, crop_square, decode_picture

TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ZIP = ".zip"
ARCHIVES = (*TARS, ZIP)
HEAD = 4096  # bytes by which a file that is no picture is named
ENCRYPTED = 0x1  # of a zip member's flags
# In an archive labels stand between the pictures; they are not counted as faulty pictures.
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm")
# In a folder too, beside the pictures.
TABLES = (".csv", ".toml")
THREADS = 4
# Read ahead of the slowest picture; at 50 MB a camera's file this is memory enough.
AHEAD = 4 * THREADS

Entry = tuple[str, bytes]
Cut = Callable[[bytes], "CutPicture | None"]


@dataclass(frozen=True)
class CutPicture:
    """A picture of the source, cut and scaled.

    Attributes:
        pixels: `[size, size, 3]` uint8, RGB.
        transparent: whether parts of it were, which are grey now.
    """

    pixels: Picture
    transparent: bool


def read_source(
    source: Path, size: int, crop: str, progress: ProgressCallback
) -> Iterator[tuple[str, CutPicture | None, bytes]]:
    """Yield name, picture and first bytes of every file, in the order of the names; None for no picture.

    Args:
        source: a folder, read with its sub-folders, a tar or zip file, or a folder of them.
        size: of the result, in px.
        crop: "square" or "face".
        progress: called with "read", the number done, and the total, which is not known for tar files.

    Raises:
        TrainingError: there is no such source, or an archive is broken.
    """
    cut = _face_cutter(size) if crop == "face" else _square_cutter(size)
    waiting: deque[tuple[str, bytes, Future[CutPicture | None]]] = deque()
    total, done = _count_files(source), 0
    with ThreadPoolExecutor(THREADS) as pool:
        for name, raw in _iterate_files(source):
            waiting.append((name, raw[:HEAD], pool.submit(cut, raw)))
            if len(waiting) >= AHEAD:
                first_name, first_head, first = waiting.popleft()
                yield first_name, first.result(), first_head
                done += 1
                progress("read", done, max(total, done))
        for name, head, future in waiting:
            yield name, future.result(), head
            done += 1
            progress("read", done, max(total, done))


def _list_files(source: Path) -> list[Path]:
    """Return the files to read: archives where there are any, else all."""
    if source.is_file():
        _refuse_placeholder(source)
        return [source]
    if any(part in ("http:", "https:") for part in source.parts):
        raise TrainingError(
            f"{source.name} is on the web; download it, unpack it where it is no tar or zip, and give that"
        )
    if not source.is_dir():
        raise TrainingError(f"there is no folder {source}; give one that holds pictures, or a tar or zip file of them")
    files = [path for path in list_photo_files(source, sub_folders=True) if path.suffix.lower() not in TABLES]
    archives = [path for path in files if path.name.lower().endswith(ARCHIVES)]
    for path in archives:
        _refuse_placeholder(path)
    return archives or files


def _refuse_placeholder(path: Path) -> None:
    """Raise an error that says what a file is which was never downloaded."""
    try:
        with path.open("rb") as file:
            placeholder = name_placeholder(file.read(HEAD))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read ({error.strerror}); mend it or take it out") from error
    if placeholder:
        raise TrainingError(f"{path} is {placeholder}")


def _count_files(source: Path) -> int:
    """Return the number of pictures to read, 0 where a tar file does not tell it."""
    files = _list_files(source)
    if any(path.name.lower().endswith(TARS) for path in files):
        return 0
    return sum(len(_list_zip(path)) if path.name.lower().endswith(ZIP) else 1 for path in files)


def _iterate_files(source: Path) -> Iterator[Entry]:
    for path in _list_files(source):
        name = path.name.lower()
        if name.endswith(TARS):
            yield from _read_tar(path)
        elif name.endswith(ZIP):
            yield from _read_zip(path)
        else:
            try:
                yield str(path), path.read_bytes()
            except OSError as error:
                raise TrainingError(f"{path} cannot be read ({error.strerror}); mend it or take it out") from error


def _read_tar(path: Path) -> Iterator[Entry]:
    try:
        # As a stream: members are never extracted, so their names cannot lead anywhere.
        with tarfile.open(path, "r|*") as shard:
            for member in shard:
                if member.isfile() and _is_picture(member.name):
                    file = shard.extractfile(member)
                    assert file is not None  # a regular file
                    yield f"{path.name}/{member.name}", b"" if member.size > MOST_BYTES else file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise TrainingError(f"{path} is not a whole tar file ({error}); copy it again") from error


def _list_zip(path: Path) -> list[zipfile.ZipInfo]:
    """Return the pictures of a zip file by name; a data set of StyleGAN also has labels in it, dataset.json."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _is_picture(member.filename)]
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise TrainingError(f"{path} is not a whole zip file ({error}); copy it again") from error
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise TrainingError(f"{path} is encrypted; unpack it with its password and give the folder")
    return sorted(members, key=lambda member: member.filename)


def _read_zip(path: Path) -> Iterator[Entry]:
    members = _list_zip(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                raw = b"" if member.file_size > MOST_BYTES else archive.read(member)
                yield f"{path.name}/{member.filename}", raw
    except NotImplementedError as error:
        raise TrainingError(f"{path}: {error}; unpack it and give the folder") from error
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise TrainingError(f"{path} is not a whole zip file ({error}); copy it again") from error


def _is_picture(name: str) -> bool:
    """Return whether a member of an archive is a picture by its name."""
    return name.lower().endswith(SUFFIXES) and not is_litter(PurePosixPath(name))


def _square_cutter(size: int) -> Cut:
    def cut(raw: bytes) -> CutPicture | None:
        decoded = decode_picture(raw)
        if decoded is None:
            return None
        return CutPicture(_to_rgb(crop_square(decoded.pixels, size)), decoded.transparent)

    return cut


def _face_cutter(size: int) -> Cut:
    import threading

    from likeness.faces.align import align
    from likeness.faces.detect import Detector

    own = threading.local()

    def cut(raw: bytes) -> CutPicture | None:
        decoded = decode_picture(raw)
        if decoded is None:
            return None
        if not hasattr(own, "detector"):
            own.detector = Detector()
        upright = _to_rgb(decoded.pixels)
        found = own.detector.find(upright)
        if not found:
            return None
        return CutPicture(np.asarray(align(upright, found[0].landmarks, size), np.uint8), decoded.transparent)

    return cut


def _to_rgb(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
