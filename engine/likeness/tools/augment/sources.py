"""The pictures of a folder and of its sub-folders, and what new ones are called."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from likeness.errors import LikenessError
from likeness.faces.photo_files import list_photo_files
from likeness.training.picture_source import TABLES

ENDING = ".png"
# What new pictures of NAME are called.
NUMBERED = re.compile(r"(.+)-\d{2,}", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One picture to make more of.

    Args:
        path: of its file.
        name: the same within the folder, with forward slashes.
        stem: the names of what is made of it, without number and ending, within the folder.
    """

    path: Path
    name: str
    stem: str

    @property
    def group(self) -> str:
        """The sub-folder: the person or class; "" where there is none."""
        parent = str(PurePosixPath(self.name).parent)
        return "" if parent == "." else parent

    def file(self, number: int) -> str:
        """Return the name of the `number`th new picture, within the folder; 0 is the picture itself."""
        return f"{self.stem}-{number:02d}{ENDING}" if number else f"{self.stem}{ENDING}"


def list_sources(folder: Path, output: Path) -> list[Source]:
    """Return the files of a folder and of its sub-folders, litter and tables left out; they need not be pictures.

    Files that differ in their ending alone are told apart by it.

    Raises:
        LikenessError: there is no such folder or nothing in it, or the results would lie in it.
    """
    if folder.is_file():
        raise LikenessError(f"{folder} is a file; put it into a folder, and give that: the folder may hold one picture")
    if not folder.is_dir():
        raise LikenessError(f"there is no folder {folder}; give one of pictures, or of a folder for each person")
    whole = folder.resolve()
    if output.resolve() == whole or whole in output.resolve().parents:
        raise LikenessError(f"-o {output} lies in {folder}, and what is new would be taken for photos; name another")
    paths = [
        (path, PurePosixPath(path.relative_to(folder).as_posix()))
        for path in list_photo_files(folder, sub_folders=True)
        if path.suffix.lower() not in TABLES
    ]
    if not paths:
        raise LikenessError(f"{folder} is empty; give a folder of pictures")
    names = Counter(str(name.with_suffix("")) for _, name in paths)
    sources = []
    for path, name in paths:
        bare = name.with_suffix("")
        told = bare.with_name(f"{bare.name}-{name.suffix[1:].lower()}") if names[str(bare)] > 1 else bare
        sources.append(Source(path, str(name), str(told)))
    results = Counter(source.stem for source in sources)
    for stem, count in results.items():
        numbered = NUMBERED.fullmatch(stem)
        if count > 1 or (numbered and numbered[1] in results):
            raise LikenessError(
                f"{folder} holds two pictures of which results would be called {stem}; rename one of "
                "them, or, where one was made of the other, give the folder of the first ones"
            )
    return sources
