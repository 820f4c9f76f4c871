"""Pictures with labels, from a table or from one folder for each class; faces cut out of photos where asked."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from likeness.errors import LikenessError, PhotoError
from likeness.evaluation.features import Progress, no_progress, picture_files
from likeness.evaluation.labels import parse_attribute, read_labels
from likeness.faces.detect import Detector
from likeness.faces.photo import read_photo
from likeness.faces.portrait import find_portrait
from likeness.picture import write_picture

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures and what is known of them.

    Args:
        labels: the value of each attribute by file, NaN where unknown; in the order of the files.
        questions: what each attribute asks, in words, by its name.
        against_rest: whether each attribute's low side is all the others, of which one alone is true.
    """

    labels: Mapping[Path, Mapping[str, float]]
    questions: Mapping[str, str]
    against_rest: bool = False

    @property
    def files(self) -> list[Path]:
        """The files of which anything is known."""
        return [file for file, row in self.labels.items() if not all(math.isnan(value) for value in row.values())]

    def known(self, files: Sequence[Path]) -> dict[str, list[float]]:
        """Return the value of each of `files` by attribute."""
        return {name: [self.labels[file][name] for file in files] for name in self.questions}


def read_labelled_table(data: Path, labels: Path, attributes: Sequence[str]) -> LabelledPictures:
    """Return the pictures of a folder with the attributes that a CSV file tells.

    Args:
        data: the folder.
        labels: the file.
        attributes: as `parse_attribute` reads them.

    Raises:
        LikenessError: where a file is absent, or nothing is known of an attribute.
    """
    parsed = [parse_attribute(text) for text in attributes]
    table, files = read_labels(labels), picture_files(data)
    names = [file.name for file in files]
    known = {each.name: table.values(each, names) for each in parsed}
    rows = {file: {name: values[i] for name, values in known.items()} for i, file in enumerate(files)}
    return LabelledPictures(rows, {each.name: text for each, text in zip(parsed, attributes, strict=True)})


def read_labelled_folders(folder: Path, neutral: str) -> LabelledPictures:
    """Return the pictures in the folders within `folder`, each of the class that its folder is called.

    Where one of them is called `neutral`, each class is told from it; else each from all the others.

    Raises:
        LikenessError: where there are not two such folders with pictures.
    """
    if not folder.is_dir():
        raise LikenessError(f"there is no folder {folder}; give one with a folder of pictures for each class")
    classes: dict[str, list[Path]] = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        try:
            classes[place.name] = picture_files(place)
        except LikenessError as error:
            log.warning("%s is left out: %s", place, error)
    told = [name for name in classes if name != neutral]
    if len(classes) < 2:
        raise LikenessError(
            f"{folder} holds {len(classes)} folders of pictures, wanted two or more: one for each class, as happy, sad"
        )
    has_neutral = neutral in classes
    rows: dict[Path, dict[str, float]] = {}
    for own, files in classes.items():
        other = 0.0 if own == neutral or not has_neutral else math.nan
        for file in files:
            rows[file] = {name: 1.0 if name == own else other for name in told}
    low = neutral if has_neutral else "the rest"
    return LabelledPictures(rows, {name: f"folder {name}, not {low}" for name in told}, not has_neutral)


def cut_faces(
    pictures: LabelledPictures, folder: Path, size: int, progress: Progress = no_progress
) -> LabelledPictures:
    """Return the faces of photos, found, cut and written into `folder`; photos without one are logged and left out.

    Raises:
        LikenessError: where none has a face.
    """
    detector, rows = Detector(), dict[Path, Mapping[str, float]]()
    files = pictures.files
    for number, file in enumerate(files):
        try:
            portrait = find_portrait(read_photo(file), detector, size, str(file))
        except PhotoError as error:
            log.warning("%s", error)
        else:
            cut = folder / f"{number:06d}.png"
            write_picture(cut, portrait.picture)
            rows[cut] = pictures.labels[file]
        progress(number + 1, len(files))
    if not rows:
        raise LikenessError(f"no face is found in any of {len(files)} photos; give photos of faces from the front")
    return replace(pictures, labels=rows)
