"""A file that only grows at its end, of bounded size: what is full gives way to a new one."""

import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path


class RotatingFile:
    """Appends to a file, which gives way to a new one where it is full. One thread.

    Args:
        path: of the newest file.
        most_bytes: of each.
        older: how many older ones are kept.

    Raises:
        OSError: where it cannot be written.
    """

    def __init__(self, path: Path, most_bytes: int, older: int) -> None:
        self._path, self._most, self._older = path, most_bytes, older
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def write(self, content: bytes) -> None:
        """Append; a full disk or a removed folder loses it, and the next may do."""
        with suppress(OSError, ValueError):
            if self._file.closed:
                self._file = self._path.open("ab")
            if self._file.tell() >= self._most:
                self._rotate()
            self._file.write(content)
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        names = [self._path, *(self._path.with_name(f"{self._path.name}.{age + 1}") for age in range(self._older))]
        # Windows renames no open file.
        self._file.close()
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                os.replace(newer, older)
        self._file = self._path.open("ab")
