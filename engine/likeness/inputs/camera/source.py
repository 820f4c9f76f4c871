"""Opens what a camera's name means: a number, a stream, a video in its own time, photos one after the other."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import InputError, PhotoError
from likeness.faces.photo import read_photo
from likeness.faces.photo_files import list_photo_files
from likeness.inputs.camera.stream import Stream, is_stream, without_secrets

Pixels = NDArray[np.uint8]
Wait = Callable[[float], object]

# No face needs more; a 4K camera would cost 25 MB a picture on its way to those who look.
LONGEST_SIDE = 1280
# A photo of a folder stands for so long, and is looked at so often: time enough for a visitor's whole story.
PHOTO_S, PHOTO_EVERY_S = 20.0, 0.2
USUAL_FPS = 25.0
PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})


class Source(Protocol):
    """What we need of an open camera."""

    def read(self, wait: Wait) -> Pixels | None:
        """Return the next picture `[height, width, 3]` RGB when its time has come; None where there is no more.

        Args:
            wait: sleeps so many seconds, or less at the show's end.
        """
        ...

    def close(self) -> None:
        """Let it go."""
        ...


def source_label(name: str) -> str:
    """Return the name of a source for logs: a stream's address may hold a password, a path a person's name."""
    return without_secrets(name) if is_stream(name) else Path(name).name or name


def check_source(name: str) -> None:
    """Check what can be known of a source without opening it.

    Raises:
        InputError: where a file or folder is not there, or a folder holds no photo.
    """
    if name.isdigit() or is_stream(name):
        return
    path = Path(name)
    if not path.exists():
        raise InputError(
            f"there is no camera {without_secrets(name)!r}; give a number from 0, a video, a photo, a folder of "
            "photos, or rtsp://..."
        )
    if path.is_dir() and not _photos(path):
        raise InputError(f"the folder {name} holds no photo; put JPEG, PNG or WebP files into it")


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
    capture = cv2.VideoCapture(int(name)) if name.isdigit() else cv2.VideoCapture(name)
    if not capture.isOpened():
        capture.release()
        kind = "is no video that can be read" if path.is_file() else "does not answer"
        raise InputError(f"it {kind}")
    return _Video(capture) if path.is_file() else _Camera(capture)


class _Camera:
    """A camera at this machine: it sets the pace."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        # Where the driver heeds it, no old picture waits in a queue.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self, wait: Wait) -> Pixels | None:
        came, picture = self._capture.read()
        return _ready(picture) if came and picture is not None else None

    def close(self) -> None:
        self._capture.release()


class _Video:
    """A file in real time, from the start again at its end; what is late is left out."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        self._fps = fps if 1 <= fps <= 240 else USUAL_FPS
        self._began = time.monotonic()
        self._next = 0

    def read(self, wait: Wait) -> Pixels | None:
        due = int((time.monotonic() - self._began) * self._fps)
        while self._next < due:
            if not self._capture.grab():
                self._again()
                break
            self._next += 1
        ahead = self._next / self._fps - (time.monotonic() - self._began)
        if ahead > 0:
            wait(ahead)
        came, picture = self._capture.read()
        if not came:
            self._again()
            came, picture = self._capture.read()
        self._next += 1
        return _ready(picture) if came and picture is not None else None

    def _again(self) -> None:
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        self._began, self._next = time.monotonic(), 0

    def close(self) -> None:
        self._capture.release()


class _Photos:
    """A photo, or those of a folder by name, each for a while; one that is none is left out."""

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
        # Looked for each time, so that a photo that is put into the folder is seen in the running show.
        photos = _photos(self._path) if self._path.is_dir() else [self._path]
        refused = None
        for step in range(len(photos)):
            try:
                return _fitted(read_photo(photos[(index + step) % len(photos)]))
            except PhotoError as error:
                refused = error
        if refused is not None:
            raise InputError(str(refused))
        return None

    def close(self) -> None:
        self._shown = None


def _photos(folder: Path) -> list[Path]:
    return [path for path in list_photo_files(folder) if path.suffix.lower() in PHOTO_ENDINGS]


def _ready(picture: cv2.typing.MatLike) -> Pixels:
    """The driver's BGR as RGB, in memory of its own."""
    return _fitted(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8))


def _fitted(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = round(width * scale), round(height * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
