"""Log file of a guard and all that it starts, of bounded size."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

from likeness.errors import OutputError

# Of one file; `night.log.1` to `night.log.4` are older ones.
MOST_BYTES, OLDER = 10 * 2**20, 4


class RotatingFile:
    """Appends to a file, which gives way to a new one where it is full. One thread.

    Args:
        path: of the newest file.
        most_bytes: of each.
        older: how many older ones are kept.

    Raises:
        OSError: where it cannot be written.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, older: int = OLDER) -> None:
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


@contextmanager
def logging_to(path: Path | None) -> Iterator[None]:
    """Write what this process and those that it starts print, errors too, to `path` while within; None changes nothing.

    They print into a pipe that a thread reads, since a file that is renamed by one of them would be renamed for none.

    Raises:
        OutputError: where the file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        file = RotatingFile(path)
    except OSError as error:
        raise OutputError(f"--log {path} cannot be written: {error.strerror}") from error
    reading, writing = os.pipe()
    kept = {number: os.dup(number) for number in (1, 2)}
    for number in kept:
        os.dup2(writing, number)
    os.close(writing)

    def copy() -> None:
        while content := os.read(reading, 65536):
            file.write(content)

    thread = threading.Thread(target=copy, name="log file", daemon=True)
    thread.start()
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        for number, before in kept.items():
            os.dup2(before, number)
            os.close(before)
        # What was started may hold the pipe open; nobody waits for that.
        thread.join(1.0)
        file.close()
