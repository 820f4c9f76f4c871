"""A file for an encoder: synced to the disk every second, and still readable when the disk is full."""

import logging
import os
import stat
import time
from io import FileIO
from pathlib import Path

from likeness.errors import OutputError
from likeness.outputs.disk_room import DiskRoom
from likeness.outputs.file_place import find_place
from likeness.outputs.writer import explain, make_folder

log = logging.getLogger(__name__)

SYNC_S = 1.0

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be opened for writing a second time anyway
    fcntl = None  # type: ignore[assignment]


class DiskFile:
    """An unbuffered file for PyAV to write to, from one thread.

    Args:
        name: what messages call the output.
        path: made anew, as are the folders above it; a file that was there is replaced.
        synced: fsync every second, for what a power cut must not take.

    Attributes:
        place: where the file is by now, at most a second ago; None where it is gone. Any thread may read it.
        room: of the disk, looked at once a second.

    Raises:
        OutputError: it cannot be opened, or another show writes it.
    """

    def __init__(self, name: str, path: Path, *, synced: bool) -> None:
        make_folder(name, path.parent)
        try:
            self._file = _open_alone(name, path)
        except OSError as error:
            raise explain(name, error) from error
        self.name = str(path)  # PyAV asks for it
        self._path, self._synced = path, synced
        self.place: Path | None = path
        self.room = DiskRoom(name, path.parent)
        self._checked_at = time.monotonic()
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
            if time.monotonic() - self._checked_at >= SYNC_S:
                if self._synced:
                    os.fsync(self._file.fileno())
                self._find_place()
                self.room.check(self._size)
                self._checked_at = time.monotonic()
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
            self._find_place()
            self._file.close()
            if not self._size and self.place:
                self.place.unlink(missing_ok=True)

    def _find_place(self) -> None:
        place, before = find_place(self._file.fileno(), self._path), self.place
        self.place = place
        if place is None and before is not None:
            log.error(
                "%s is gone: it was deleted or moved while it is being written, and what is recorded may be lost",
                before,
            )
        elif place is not None and place != before:
            log.warning("%s was renamed while it is being written: it is %s now", before or self._path, place)


def _open_alone(name: str, path: Path) -> FileIO:
    """Open `path` for writing and empty it, unless another output or another show is writing it."""
    file = FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "w")
    try:
        if fcntl is not None:
            _lock(name, file)
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.truncate(0)
    except BaseException:
        file.close()
        raise
    return file


def _lock(name: str, file: FileIO) -> None:
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{name} is being written by another output or show; give it another name") from None
    except OSError:
        pass  # a disk without locks, as some networks have: written as ever
