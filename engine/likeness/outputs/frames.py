"""Numbered PNG files, one for each picture."""

import logging
import os
import re
import time
from itertools import count
from pathlib import Path

import cv2

from likeness.errors import OutputError
from likeness.files.atomic_write import atomic_write
from likeness.files.free_name import FORCE, release_name
from likeness.outputs.disk_room import DiskRoom
from likeness.outputs.pacing import exact_rate
from likeness.outputs.writer import ROOM, QueuedOutput, make_folder
from likeness.picture import Picture

log = logging.getLogger(__name__)

# How often the disk is asked for its room.
CHECKED_S = 1.0
_NUMBER = re.compile(r"%0?\d*d")


def file_pattern(path: Path) -> Path:
    """Return what `path` means for a row of files: `out` and `out/` are `out/%06d.png`, `a.png` is `a-%06d.png`.

    Raises:
        OutputError: a name with more than one number, or with a % that begins none.
    """
    if path.suffix.lower() != ".png":
        path = path / "%06d.png"
    elif "%" not in path.name:
        path = path.with_name(f"{path.stem}-%06d{path.suffix}")
    if len(_NUMBER.findall(path.name)) != 1 or path.name.count("%") != 1:
        raise OutputError(f"PNG files {path}: wanted one number in the file's name, as in face-%06d.png.")
    return path


def claim_row(pattern: Path, *, force: bool = False) -> Path:
    """Return `pattern`, or the next one of which no file is there, and make its first file, empty. Any process.

    `face-%06d.png` is followed by `face-2-%06d.png`, and `out/%06d.png` by `out-2/%06d.png`.

    Args:
        pattern: as `file_pattern` returns it.
        force: take `pattern` as it is.

    Raises:
        OSError: the system refuses.
    """
    pattern.parent.mkdir(parents=True, exist_ok=True)
    if force:
        return pattern
    for number in count(1):
        row = _number_row(pattern, number)
        row.parent.mkdir(parents=True, exist_ok=True)
        if _has_files(row):
            continue
        try:
            os.close(os.open(row.with_name(row.name % 0), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:  # of a show that starts right now
            continue
        if number > 1:
            log.warning("there are files %s already, so these are %s (%s)", pattern, row, FORCE)
        return row
    raise AssertionError("numbers do not end")


def _number_row(pattern: Path, number: int) -> Path:
    if number == 1:
        return pattern
    before = pattern.name[: pattern.name.index("%")].rstrip("-_. ")
    rest = pattern.name[pattern.name.index("%") :]
    if before:
        return pattern.with_name(f"{before}-{number}-{rest}")
    folder = pattern.parent
    # The working folder has no name, and may not be the place for another one.
    return folder.with_name(f"{folder.name}-{number}") / rest if folder.name else folder / f"{number}-{rest}"


def _has_files(pattern: Path) -> bool:
    before, after = _NUMBER.split(pattern.name)
    wanted = re.compile(re.escape(before) + r"\d+" + re.escape(after))
    return any(wanted.fullmatch(name) for name in os.listdir(pattern.parent))


class FramesOutput(QueuedOutput):
    """Write PNG files, numbered from 0.

    Files of that row that are there are replaced one by one; those beyond the new end stay. A file is whole or absent,
    but for the first, which `claim_row` makes: it gets its name when it is written.

    Args:
        path: a folder or a pattern (see `file_pattern`).
        fps: frames a second, which live says when a picture is repeated or left out.
        offline: write every picture and wait for it.
        room: pictures that may wait for the disk.

    Raises:
        OutputError: the folder cannot be made, or the pattern is wrong.
    """

    def __init__(self, path: Path | str, fps: float, *, offline: bool, room: int = ROOM) -> None:
        self.path = file_pattern(Path(path))
        name = f"PNG files {self.path}"
        make_folder(name, self.path.parent)
        self._disk, self._written, self._checked_at = DiskRoom(name, self.path.parent), 0, time.monotonic()
        super().__init__(name, exact_rate(fps), offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        # OpenCV's own choice of compression: 6 ms and 231 kB at 512x512; its levels 1 to 6 took 13 to 72 ms.
        _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        path = self._file(frame)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"the folder {path.parent} is gone")
        atomic_write(path, png.tobytes(), sync=False)
        self._written += png.nbytes
        if time.monotonic() - self._checked_at >= CHECKED_S:
            self._disk.check(self._written)
            self._checked_at = time.monotonic()

    @property
    def disk_minutes(self) -> float | None:
        """How long until the disk is full, as far as it is known. Any thread."""
        return self._disk.minutes

    def _finish(self) -> None:
        # Every file is finished already.
        release_name(self._file(0))

    def _abandon(self) -> None:
        release_name(self._file(0))

    def _file(self, frame: int) -> Path:
        return self.path.with_name(self.path.name % frame)
