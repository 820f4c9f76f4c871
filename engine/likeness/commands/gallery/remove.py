"""`likeness gallery remove`."""

from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import Folder, find_outdated, folder_of, open_gallery, weights_of
from likeness.errors import GalleryError, nearest, say_count
from likeness.options import ranged
from likeness.ranges import COUNT


def remove(
    *names: str,
    number: Annotated[
        list[int] | None,
        ranged(COUNT, "The faces of these numbers, as `list` shows them; repeat it for more."),
        Parameter(name="--number", negative=""),
    ] = None,
    outdated: Annotated[bool, Parameter(negative="")] = False,
    weights: str | None = None,
    gallery: Folder = None,
) -> None:
    """Remove faces, so that nothing of them is left in the gallery's files.

    Parameters
    ----------
    names
        All faces of these names.
    outdated
        The faces that were drawn by older weights of the same name; real people stay.
    weights
        For --outdated: the file of the new weights, where it is in no folder of weights.
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
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
        gone, left = say_count(removed, "face was", "faces were"), say_count(len(opened), "is", "are")
        print(f"{gone} removed, {left} left in {folder_of(gallery)}")
