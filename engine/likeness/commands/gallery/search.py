"""`likeness gallery search`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, source_of, tell_outdated
from likeness.errors import GalleryError


def search(
    photo: Path,
    *,
    k: Annotated[int, Parameter(name=("--k", "-k"))] = 5,
    farthest: bool = False,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    gallery: Folder = None,
) -> None:
    """Tell whom the biggest face of a photo resembles. Nothing of the photo is kept.

    Parameters
    ----------
    photo
        A file.
    k
        How many.
    farthest
        The bad news instead: whom it resembles least.
    output
        A .png, .jpg or .webp file: the face, then those that were found.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness.faces.photo import read_photo
    from likeness.gallery.photo_encoder import PhotoReader

    with open_gallery(gallery) as opened:
        if not len(opened):
            raise GalleryError(f"the gallery in {folder_of(gallery)} is empty; likeness gallery build --from-model 500")
        sight = PhotoReader().see(read_photo(photo), str(photo))
        matches = opened.search(sight.embedding, k, farthest)
    if sight.others:
        print(f"likeness: {photo} shows {sight.others + 1} faces; this is for the biggest", file=sys.stderr)
    for match in matches:
        print(f"{match.distance:.3f}  {match.name:24}  number {match.record.number}, {source_of(match.record)}")
    tell_outdated([match.record for match in matches])
    if output is not None:
        from likeness.picture import sheet, write_picture

        write_picture(output, sheet([sight.aligned, *(match.picture() for match in matches)], len(matches) + 1))
        print(f"The faces are on {output.resolve()}")
