"""Place of a file that is being written, which somebody may rename or delete meanwhile."""

import os
import stat
from contextlib import suppress
from pathlib import Path

# Linux tells where an open file is; a deleted one has no place.
_OPEN_FILES = Path("/proc/self/fd")


def find_place(handle: int, path: Path) -> Path | None:
    """Return where an open file is by now; None where it was deleted, or moved and the system does not say whereto.

    Args:
        handle: of the open file.
        path: by which it was opened; what is no ordinary file, such as a pipe, stays there.
    """
    own = os.fstat(handle)
    if not stat.S_ISREG(own.st_mode) or _is(path, own):
        return path
    with suppress(OSError):
        there = Path(os.readlink(_OPEN_FILES / str(handle)))
        if _is(there, own):
            return there
    return None


def _is(path: Path, own: os.stat_result) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return False
    # Some network drives number their files anew each time they are asked.
    return os.path.samestat(found, own) or (found.st_size == own.st_size > 0 and found.st_mtime_ns == own.st_mtime_ns)
