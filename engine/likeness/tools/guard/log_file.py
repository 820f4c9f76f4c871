"""Log file of a guard and all that it starts, of bounded size."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from likeness.errors import OutputError
from likeness.files.rotating_file import RotatingFile

# Of one file; `night.log.1` to `night.log.4` are older ones.
MOST_BYTES, OLDER = 10 * 2**20, 4


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
        file = RotatingFile(path, MOST_BYTES, OLDER)
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
