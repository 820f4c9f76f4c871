"""File stamp: what changes when a file is written, for whoever looks whether it was."""

from pathlib import Path

# The time of the last change in ns, and the size in bytes.
Stamp = tuple[int, int]


def read_stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
