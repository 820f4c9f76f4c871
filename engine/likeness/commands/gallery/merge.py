"""`likeness gallery merge`."""

from pathlib import Path

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, progress_of
from likeness.errors import GalleryError, say_count


def merge(*folders: Path, gallery: Folder = None) -> None:
    """Add the faces of other galleries, each with its consent, without duplicates.

    Parameters
    ----------
    folders
        Folders of the other galleries, which stay as they are.
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
    """
    from likeness.gallery import Gallery
    from likeness.gallery.merge import merge as join

    if not folders:
        raise GalleryError("no gallery to merge; name the folders of one or more")
    total = 0
    for folder in folders:
        with Gallery.open(folder) as other:
            total += len(other)
    with open_gallery(gallery, create=True) as opened, progress_of("merging", total) as progress:
        added = join(opened, folders, progress)
        new, there = say_count(added, "face is", "faces are"), say_count(len(opened), "is", "are")
        print(f"{new} new; {there} in {folder_of(gallery)}")
