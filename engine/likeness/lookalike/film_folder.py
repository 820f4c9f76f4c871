"""The folder that films, pictures and their page go into; nothing in it is replaced unless that is asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from likeness.errors import LikenessError, OutputError
from likeness.files.atomic_write import atomic_write
from likeness.files.free_name import FORCE, claim_folder
from likeness.lookalike.film_page import PAGE
from likeness.outputs.fitting import letterbox
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture, write_picture

log = logging.getLogger(__name__)

STILLS = ("photo", "drawn", "nearest", "farthest")
GOOD, BAD = "good-news", "bad-news"
CHILDREN = "children"
# Of each child, by its number from 1.
CHILD = "child-{}"


class FilmFolder:
    """Writes what is made of photos.

    Args:
        folder: made where it is absent.
        photos: whose files are to come; each is called by its file's name.
        loop: what the loop's file is called.
        children: how many are drawn, where the photos are two.
        force: replace files that are there.

    Attributes:
        folder: the one that is written to.

    Raises:
        LikenessError: two photos have one name, or a photo would be replaced.
    """

    def __init__(self, folder: Path, photos: Sequence[Path], loop: str, children: int, *, force: bool) -> None:
        self.folder = folder
        names = [photo.stem for photo in photos]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise LikenessError(f"several photos are called {twice[0]} and would be one film; take them one at a time")
        planned = [self.still(name, still) for name in names for still in STILLS]
        planned += [self.film(name, film) for name in names for film in (GOOD, BAD, loop)]
        if len(photos) == 2:
            planned += [self.film("", CHILDREN)]
            planned += [self.still("", CHILD.format(number + 1)) for number in range(children)]
        planned.append(folder / PAGE)
        own = {photo.resolve() for photo in photos}
        lost = next((path for path in planned if path.resolve() in own), None)
        if lost is not None:
            raise LikenessError(f"{lost} is the photo itself and would be lost; name another folder with -o")
        self._there = None if force else next((path for path in planned if path.exists()), None)

    def claim(self) -> None:
        """Turn to the next free folder where one of the files is there; call it once, before the first is written."""
        if self._there is not None:
            self.folder = claim_folder(self.folder)
            log.warning("%s is there already, so all of this goes to %s (%s)", self._there, self.folder, FORCE)

    def still(self, name: str, kind: str) -> Path:
        """Return the file of a picture."""
        return self.folder / f"{name}{'-' if name else ''}{kind}.jpg"

    def film(self, name: str, kind: str) -> Path:
        """Return the file of a film."""
        return self.folder / f"{name}{'-' if name else ''}{kind}.mp4"

    def write_still(self, path: Path, picture: Picture) -> None:
        """Write a picture."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_picture(path, picture)

    def write_film(self, path: Path, pictures: Iterable[Picture], fps: float, size: tuple[int, int]) -> int:
        """Write a film in frames of `size` (width, height); return how many. It has its name once it is whole.

        Raises:
            OutputError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part.mp4")
        try:
            video = VideoOutput(part, fps, offline=True)
            count = 0
            try:
                for picture in pictures:
                    video.show(letterbox(picture, size), 0.0)
                    count += 1
            finally:
                video.close()
            part.replace(path)
        except OSError as error:
            raise OutputError(f"{path} could not be written: {error}") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return count

    def write_page(self, text: str) -> Path:
        """Write the page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / PAGE
        # A photo's name may hold bytes that are no text.
        atomic_write(path, text.encode(errors="replace"))
        return path
