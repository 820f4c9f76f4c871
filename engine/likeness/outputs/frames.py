"""Numbered PNG files, one for each picture."""

import re
from pathlib import Path

import cv2

from likeness.errors import OutputError
from likeness.files.atomic_write import atomic_write
from likeness.outputs.pacing import exact_rate
from likeness.outputs.writer import ROOM, QueuedOutput, make_folder
from likeness.picture import Picture

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


class FramesOutput(QueuedOutput):
    """Write PNG files, numbered from 0.

    Files of an earlier run are replaced one by one; those beyond the new end stay. A file is whole or absent: it gets
    its name when it is written.

    Args:
        path: a folder or a pattern (see `file_pattern`).
        fps: frames a second, which live says when a picture is repeated or left out.
        offline: write every picture and wait for it.
        room: pictures that may wait for the disk.

    Raises:
        OutputError: the folder cannot be made, or the pattern is wrong.
    """

    def __init__(self, path: Path | str, fps: float, *, offline: bool, room: int = ROOM) -> None:
        self._pattern = file_pattern(Path(path))
        name = f"PNG files {self._pattern}"
        make_folder(name, self._pattern.parent)
        super().__init__(name, exact_rate(fps), offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        # OpenCV's own choice of compression: 6 ms and 231 kB at 512x512; its levels 1 to 6 took 13 to 72 ms.
        _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        path = self._pattern.with_name(self._pattern.name % frame)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"the folder {path.parent} is gone")
        atomic_write(path, png.tobytes(), sync=False)

    def _finish(self) -> None:
        pass  # every file is finished already

    def _abandon(self) -> None:
        pass  # the files that are there are whole
