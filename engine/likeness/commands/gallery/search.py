"""`likeness gallery list`, `search` and `remove`: who is in it."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import (
    Folder,
    find_outdated,
    folder_of,
    open_gallery,
    source_of,
    tell_outdated,
    weights_of,
)
from likeness.errors import GalleryError, nearest

MOST_LISTED = 200


def list_(name: str | None = None, *, gallery: Folder = None) -> None:
    """List the faces: number, name, where they come from, and the consent.

    Parameters
    ----------
    name
        Only those of this name.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    with open_gallery(gallery) as opened:
        records = opened.records(name)
    for record in records[:MOST_LISTED]:
        latent = f"{record.num_ws} x {record.w_dim}" if record.num_ws else "no latent"
        said = f'  "{record.consent}"' if record.consent else ""
        print(f"{record.number:>6}  {record.name:24} {source_of(record):28} {latent:9}  {record.added[:10]}{said}")
    more = f", the first {MOST_LISTED} are listed" if len(records) > MOST_LISTED else ""
    print(f"{len(records)} faces{more}, in {folder_of(gallery)}")
    tell_outdated(records)


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
        A PNG file: the face, then those that were found.
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
        from likeness.picture import sheet, write_png

        write_png(output, sheet([sight.aligned, *(match.picture() for match in matches)], len(matches) + 1))
        print(f"The faces are on {output.resolve()}")


def remove(
    *names: str,
    number: Annotated[list[int] | None, Parameter(name="--number", negative="")] = None,
    outdated: Annotated[bool, Parameter(negative="")] = False,
    weights: str | None = None,
    gallery: Folder = None,
) -> None:
    """Remove faces, so that nothing of them is left in the gallery's files.

    Parameters
    ----------
    names
        All faces of these names.
    number
        The faces of these numbers, as `list` shows them; may be given several times.
    outdated
        The faces that were drawn by other weights than have their name now; real people stay.
    weights
        For --outdated: the file that has such a name now, where it is in no folder of weights.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    with open_gallery(gallery) as opened:
        records = opened.records()
        known = {record.name for record in records}
        for name in set(names) - known:
            raise GalleryError(f"the gallery has no face {name!r}; {nearest(name, known)}")
        wrong = set(number or ()) - {record.number for record in records}
        if wrong:
            raise GalleryError(f"the gallery has no face number {min(wrong)}; see: likeness gallery list")
        numbers = {record.number for record in records if record.name in names} | set(number or ())
        if outdated:
            now = None if weights is None else weights_of(weights)
            numbers |= {record.number for record in find_outdated(records, now) if record.seed is not None}
        removed = opened.remove(sorted(numbers))
        print(f"{removed} faces are gone, {len(opened)} are left in {folder_of(gallery)}")
