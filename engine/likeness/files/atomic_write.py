"""Whole files or none: writes that a power cut cannot leave half done."""

import os
import threading
from contextlib import suppress
from pathlib import Path

PARTIAL = ".part"


def atomic_write(path: Path, content: bytes, *, sync: bool = True, mode: int = 0o666) -> None:
    """Replace `path` by `content`: the old file stays whole until the new one is on the disk.

    The content goes to a file beside `path` (named after it, the process and the thread), is synced to the disk, and
    takes the name of `path` in one step; then the folder is synced, so that the new name outlives a power cut too.
    Missing folders are made. Any thread; two writers of one path leave the whole file of one of them. It waits for the
    disk, milliseconds or more, so the show's and the render thread do not call it.

    Args:
        path: the file.
        content: all of it.
        sync: whether to wait until it is on the disk. Without, a kill still leaves the old or the new file, and only a
            power cut may not: for pictures of a sequence, each of which would wait for the disk otherwise.
        mode: who may read and write it, less what the process's umask takes away; 0o600 for the user alone.

    Raises:
        OSError: where the disk refuses; nothing of the new file is left then.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError:
        # Where the folder is a file, even looking for what to remove is an error.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can: Windows opens no folders, some network drives none."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
