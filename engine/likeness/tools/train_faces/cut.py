"""The pictures of a run cut alike: around faces where they show faces, else to their middle square."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from likeness.errors import TrainingError
from likeness.faces.detect import Detector
from likeness.picture import write_picture
from likeness.training.picture_source import CutPicture, read_source
from likeness.training.pictures import ProgressCallback, SkippedFiles, no_progress, warn_transparent

# So many pictures, the first, say how all are cut; faces are looked for at this height in px.
LOOKED_AT, LOOK_SIZE = 60, 512
# At least this share of them must show a face, or the set is of something else.
FACES = 0.5
# Where eyes and mouth lie in FFHQ's cut, in picture widths: medians of 60 faces that were cut so. Where half of the
# faces have all of them within the tolerance, the pictures are cut already, and a second cut would only soften them.
CUT_PLACES = np.array([[0.376, 0.471], [0.625, 0.471], [0.406, 0.749], [0.594, 0.749]])
TOLERANCE = 0.06
EYES_AND_MOUTH = [0, 1, 3, 4]


@dataclass(frozen=True)
class CutReport:
    """What was cut.

    Attributes:
        names: of the files in the source, in order; picture `n` is `00000n.png` in the folder.
        how: a sentence that says how they were cut and why.
    """

    names: tuple[str, ...]
    how: str


def cut_pictures(
    source: Path, folder: Path, size: int, crop: str, progress: ProgressCallback = no_progress
) -> CutReport:
    """Write the pictures of `source` into `folder`, which is emptied before, as PNG files of `size` px.

    Args:
        source: a folder of pictures, a tar or zip file, or a folder of these.
        folder: for the pictures.
        size: height and width in px.
        crop: "face", "square" or "auto"; see `choose_crop`.
        progress: called with "read", the number read, and that of all.

    Raises:
        TrainingError: there is no such source, an archive is broken, or the disk refuses.
    """
    way, how = (crop, "as asked") if crop != "auto" else choose_crop(source)
    names: list[str] = []
    skipped, transparent = SkippedFiles(), 0
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, picture, head in read_source(source, size, way, progress):
            if picture is None:
                skipped.add(head)
                continue
            # PNG: a wall of one colour must stay of one colour, for people are cut out along it.
            write_picture(folder / f"{len(names):06d}.png", picture.pixels)
            names.append(Path(name).name)
            transparent += picture.transparent
    except OSError as error:
        raise TrainingError(f"the pictures could not be written into {folder} ({error}); free some space") from error
    warn_transparent(source, transparent)
    fault = "show no face or are no pictures" if way == "face" else "are no pictures"
    left_out = f"; {skipped.describe(fault)}, and are left out" if skipped.count else ""
    cut = "cut around the biggest face" if way == "face" else "cut to the middle square"
    return CutReport(tuple(names), f"{len(names)} pictures, {cut} ({how}){left_out}")


def choose_crop(source: Path) -> tuple[str, str]:
    """Return "face" or "square" for a source, and why, from its first `LOOKED_AT` pictures.

    Raises:
        TrainingError: there is no such source, or it is broken.
    """
    detector, places, seen = Detector("hog"), [], 0
    for picture in islice(_first_pictures(source), LOOKED_AT):
        seen += 1
        faces = detector.find(picture.pixels)
        if faces:
            places.append(faces[0].landmarks[EYES_AND_MOUTH] / LOOK_SIZE)
    found = f"a face is found in {len(places)} of the first {seen}"
    if len(places) < FACES * seen or not places:
        return "square", found
    apart = np.abs(np.stack(places) - CUT_PLACES).max((1, 2))
    if np.median(apart) <= TOLERANCE:
        return "square", f"{found}, where FFHQ's cut has it"
    return "face", found


def _first_pictures(source: Path) -> Iterator[CutPicture]:
    for _, picture, _ in read_source(source, LOOK_SIZE, "square", no_progress):
        if picture is not None:
            yield picture
