"""Several galleries into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from likeness.errors import GalleryError
from likeness.gallery.gallery import Gallery

BATCH = 256


def merge(gallery: Gallery, folders: Sequence[Path], progress: Callable[[int], None] = lambda done: None) -> int:
    """Add the faces of other galleries, with their consent and date; those that are there already are left out.

    Where it is cut short, the same call goes on. The others stay as they are.

    Args:
        gallery: to add to.
        folders: of the others.
        progress: told how many faces are done.

    Returns:
        How many faces are new.

    Raises:
        GalleryError: where a folder is no gallery, holds another embedder's, or is this gallery's own.
    """
    own = gallery.folder.resolve()
    for folder in folders:
        if folder.resolve() == own:
            raise GalleryError(f"{folder} is the gallery itself; name the others")
        Gallery.open(folder).close()
    added = done = 0
    for folder in folders:
        with Gallery.open(folder) as other:
            faces = other.faces()
            while batch := list(islice(faces, BATCH)):
                added += len(gallery.add(batch))
                done += len(batch)
                progress(done)
            gallery.add([], other.refusals())
    return added
