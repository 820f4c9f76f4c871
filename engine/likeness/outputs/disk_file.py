"""A file for an encoder: synced to the disk every second, and still readable when the disk is full."""

import os
import time
from pathlib import Path

from likeness.outputs.writer import explain, make_folder

SYNC_S = 1.0


class DiskFile:
    """An unbuffered file for PyAV to write to, from one thread.

    Args:
        name: what messages call the output.
        path: made anew, as are the folders above it; a file that was there is replaced.
        synced: fsync every second, for what a power cut must not take.

    Raises:
        OutputError: it cannot be opened.
    """

    def __init__(self, name: str, path: Path, *, synced: bool) -> None:
        make_folder(name, path.parent)
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise explain(name, error) from error
        self.name = str(path)  # PyAV asks for it
        self._path, self._synced = path, synced
        self._synced_at = time.monotonic()
        self._size = 0
        self.error: OSError | None = None

    def write(self, some: bytes) -> int:
        """Write all of `some`. After a failure the rest is discarded, so that a container's end cannot spoil its start.

        PyAV calls this from C, where an exception can be lost: `error` keeps it.
        """
        if self.error:
            return len(some)
        try:
            rest = memoryview(some)
            while rest:  # an unbuffered file may take less than all, as on a disk that is nearly full
                rest = rest[self._file.write(rest) :]
            self._size += len(some)
            if self._synced and time.monotonic() - self._synced_at >= SYNC_S:
                os.fsync(self._file.fileno())
                self._synced_at = time.monotonic()
        except OSError as error:
            self.error = error
            raise
        return len(some)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to `offset`."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return where the next write goes."""
        return self._file.tell()

    def abandon(self) -> None:
        """Discard everything that is written from now on, keeping what is on the disk."""
        self.error = self.error or OSError("abandoned")

    def close(self) -> None:
        """Sync the file to the disk and close it; remove it if nothing was written."""
        if self._file.closed:
            return
        try:
            if self._synced and not self.error:
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
            if not self._size:
                self._path.unlink(missing_ok=True)
