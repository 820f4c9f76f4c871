"""`likeness gallery search`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, source_of, warn_outdated
from likeness.errors import GalleryError
from likeness.options import Force, ranged
from likeness.ranges import Range


def search(
    photo: Path,
    *,
    k: Annotated[int, ranged(Range(1, 10_000), "How many matches."), Parameter(name=("--k", "-k"))] = 5,
    farthest: bool = False,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    force: Force = False,
    gallery: Folder = None,
) -> None:
    """List whom the largest face of a photo resembles. Nothing of the photo is kept.

    Parameters
    ----------
    photo
        A photo.
    farthest
        List whom it resembles least instead.
    output
        A .png, .jpg or .webp file of the face and its matches.
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
    """
    from likeness.faces.photo import read_photo
    from likeness.gallery.photo_encoder import PhotoReader

    with open_gallery(gallery) as opened:
        if not len(opened):
            raise GalleryError(f"the gallery in {folder_of(gallery)} is empty; likeness gallery build --from-model 500")
        found = PhotoReader().read(read_photo(photo), str(photo))
        matches = opened.search(found.embedding, k, farthest)
    if found.others:
        print(f"likeness: {photo} shows {found.others + 1} faces; the largest was used", file=sys.stderr)
    for match in matches:
        print(f"{match.distance:.3f}  {match.name:24}  number {match.record.number}, {source_of(match.record)}")
    warn_outdated([match.record for match in matches])
    if output is not None:
        from likeness.files.free_name import claimed
        from likeness.picture import sheet, write_picture

        with claimed([output], force=force) as [path]:
            write_picture(path, sheet([found.portrait, *(match.picture() for match in matches)], len(matches) + 1))
        print(f"The faces are on {path.resolve()}")
