"""The embeddings of a gallery: one file of float32 rows, without a header."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness.errors import GalleryError

Rows = NDArray[np.float32]

# Little-endian on every machine, so that a gallery may be carried to another one.
NUMBER = np.dtype("<f4")
WIPED_AT_ONCE = 4096


class Matrix:
    """Reads and writes rows by their index; which of them count is written elsewhere.

    Rows are never moved and the file never gets shorter: another program may have it mapped. A row that counts no
    more is overwritten with zeros and used again.

    Args:
        path: of the file; it need not exist.
        dim: numbers in a row.
    """

    def __init__(self, path: Path, dim: int) -> None:
        self._path = path
        self._dim = dim

    def read(self, least: int) -> Rows:
        """Map the file, read-only: `[n, dim]` with n at least `least`; what is no whole row at its end is left out.

        Raises:
            GalleryError: where it holds fewer rows, or cannot be read.
        """
        row_bytes = self._dim * NUMBER.itemsize
        try:
            count = self._path.stat().st_size // row_bytes if self._path.exists() else 0
            if count < least:
                raise GalleryError(
                    f"{self._path} holds {count} embeddings and the records beside it speak of {least}; "
                    "copy the gallery's folder again, as a whole"
                )
            if not count:
                return np.empty((0, self._dim), np.float32)
            return np.memmap(self._path, NUMBER, "r", shape=(count, self._dim)).view(np.ndarray)
        except OSError as error:
            raise GalleryError(f"{self._path} cannot be read: {error}") from error

    def write(self, rows: NDArray[np.int64], values: Rows) -> None:
        """Put `values` [n, dim] at `rows` [n]; when it returns they are on the disk.

        Raises:
            GalleryError: where the disk refuses.
        """
        row_bytes = self._dim * NUMBER.itemsize
        try:
            with open(os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b") as file:
                for row, value in zip(rows.tolist(), values, strict=True):
                    file.seek(row * row_bytes)
                    file.write(np.ascontiguousarray(value, NUMBER).tobytes())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise GalleryError(f"{self._path} could not be written: {error}; is the disk full?") from error

    def wipe(self, rows: NDArray[np.int64]) -> None:
        """Overwrite those of `rows` that are in the file and not zero already, and a torn row at its end."""
        there = self.read(0)
        rows = rows[rows < len(there)]
        full = [np.empty(0, np.int64)]
        for start in range(0, len(rows), WIPED_AT_ONCE):
            part = rows[start : start + WIPED_AT_ONCE]
            full.append(part[there[part].any(axis=1)])
        if self._path.exists() and self._path.stat().st_size % (self._dim * NUMBER.itemsize):
            full.append(np.array([len(there)]))
        dirty = np.concatenate(full)
        if len(dirty):
            self.write(dirty, np.zeros((len(dirty), self._dim), np.float32))
