"""Camera sources by name: a device by its number, a stream, a video file, photos one after the other."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from likeness.errors import InputError, PhotoError
from likeness.faces.photo import read_photo
from likeness.faces.photo_files import list_photo_files
from likeness.inputs.camera.frames import Pixels
from likeness.inputs.camera.stream import Stream, is_stream, without_secrets
from likeness.inputs.camera.video_file import VideoFile

Wait = Callable[[float], object]

# No face needs more; a 4K camera would cost 25 MB a picture on its way to the process that looks at it.
LONGEST_SIDE = 1280
# How long a photo of a folder stands, enough for a visitor's whole turn, and how often it is handed out.
PHOTO_S, PHOTO_EVERY_S = 20.0, 0.2
PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})


class Source(Protocol):
    """An open camera."""

    def read(self, wait: Wait) -> Pixels | None:
        """Return the next picture `[height, width, 3]` RGB when its time has come; None where there is no more.

        Args:
            wait: sleeps for the seconds it is given, or less at the show's end.
        """
        ...

    def close(self) -> None:
        """Release it."""
        ...


def source_label(name: str) -> str:
    """Return the name of a source for logs: a stream's address may hold a password, a path a person's name."""
    return without_secrets(name) if is_stream(name) else Path(name).name or name


def is_file(name: str) -> bool:
    """Return whether a source is a file or a folder, and neither a device nor a stream."""
    return not name.isdigit() and not is_stream(name) and Path(name).exists()


def is_film(name: str) -> bool:
    """Return whether a source is a file that plays, and no photo."""
    return is_file(name) and Path(name).is_file() and Path(name).suffix.lower() not in PHOTO_ENDINGS


def check_source(name: str) -> None:
    """Check what can be known of a source without opening it.

    Raises:
        InputError: where a file or folder is not there, or a folder holds no photo.
    """
    if _is_number(name) or is_stream(name):
        return
    path = Path(name)
    if not path.exists():
        raise InputError(
            f"there is no camera {without_secrets(name)!r}; give a number from 0, a video, a photo, a folder of "
            "photos, or rtsp://..."
        )
    if path.is_dir() and not _list_photos(path):
        raise InputError(f"the folder {name} holds no photo; put JPEG, PNG or WebP files into it")


def check_rendered(name: str) -> None:
    """Check that a render can go through a source, without opening it.

    Raises:
        InputError: where it is no file, or as `check_source` says.
    """
    check_source(name)
    if not is_file(name):
        raise InputError(f"a render takes a file as its camera, not {source_label(name)}; record a video of it first")


def _is_number(name: str) -> bool:
    """Return whether the source is a camera of this machine; OpenCV reads no number beyond a C int."""
    return name.isascii() and name.isdecimal() and len(name) <= 4


def open_source(name: str) -> Source:
    """Open a source.

    Raises:
        InputError: where it does not open.
    """
    if is_stream(name):
        return Stream(name, LONGEST_SIDE)
    path = Path(name)
    if path.is_dir() or path.suffix.lower() in PHOTO_ENDINGS:
        return _Photos(path)
    if path.is_file():
        return VideoFile(path, LONGEST_SIDE)
    capture = cv2.VideoCapture(int(name)) if _is_number(name) else cv2.VideoCapture(name)
    if not capture.isOpened():
        capture.release()
        raise InputError("it does not answer")
    return _Device(capture)


class _Device:
    """A camera at this machine, by OpenCV: the driver sets the pace."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        # Where the driver supports it, no old picture waits in a queue.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self, wait: Wait) -> Pixels | None:
        came, picture = self._capture.read()
        return _to_rgb(picture) if came and picture is not None else None

    def close(self) -> None:
        self._capture.release()


class _Photos:
    """A photo, or those of a folder in the order of their names, each for a while; what is no photo is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shown: Pixels | None = None
        self._began = time.monotonic()
        self._index = -1

    def read(self, wait: Wait) -> Pixels | None:
        index = int((time.monotonic() - self._began) / PHOTO_S)
        if index != self._index:
            self._index, self._shown = index, self._read(index)
        elif self._shown is not None:
            wait(PHOTO_EVERY_S)
        return self._shown

    def _read(self, index: int) -> Pixels | None:
        # Listed each time, so that a photo that is put into the folder is seen in the running show.
        photos = _list_photos(self._path) if self._path.is_dir() else [self._path]
        refused = None
        for step in range(len(photos)):
            try:
                return _shrink(read_photo(photos[(index + step) % len(photos)]))
            except PhotoError as error:
                refused = error
        if refused is not None:
            raise InputError(str(refused))
        return None

    def close(self) -> None:
        self._shown = None


def _list_photos(folder: Path) -> list[Path]:
    return [path for path in list_photo_files(folder) if path.suffix.lower() in PHOTO_ENDINGS]


def _to_rgb(picture: cv2.typing.MatLike) -> Pixels:
    """Return the driver's BGR as RGB, in memory of its own."""
    return _shrink(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8))


def _shrink(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = round(width * scale), round(height * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
