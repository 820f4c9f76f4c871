"""`likeness gallery build`, `add` and `merge`: whom it knows."""

import sys
from pathlib import Path

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, progress_of, tell_outdated, weights_of
from likeness.errors import GalleryError


def build(
    *,
    from_model: int,
    first_seed: int = 0,
    psi: float = 0.8,
    weights: str | None = None,
    device: str = "cpu",
    gallery: Folder = None,
) -> None:
    """Fill the gallery with a generator's own population, so that there is somebody to resemble.

    Parameters
    ----------
    from_model
        How many faces: a tenth of a second each.
    first_seed
        The faces are those of this seed and the next ones.
    psi
        Truncation; less makes them more alike.
    weights
        A weights file, or the name of a bundled one.
    device
        auto, cpu, cuda or mps: where they are drawn.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness import open_generator
    from likeness.gallery.population import add_population
    from likeness.gallery.population_file import find_population
    from likeness.generators.devices import choose_device

    if from_model < 1:
        raise GalleryError("--from-model begins at 1 face")
    path = weights_of(weights)
    generator, known = open_generator(path, str(choose_device(device))), find_population(path)
    seeds = range(first_seed, first_seed + from_model)
    with open_gallery(gallery, create=True) as opened, progress_of("drawing faces", from_model) as progress:
        added, faceless = add_population(opened, generator, seeds, psi=psi, known=known, progress=progress)
        count, records = len(opened), opened.records()
    tell_outdated(records, path)
    none = f", {faceless} drawings show no face that is found" if faceless else ""
    print(f"{added} faces are new{none}; {count} are in {folder_of(gallery)}")


def add(
    photos: Path,
    *,
    name: str = "",
    consent: str = "",
    weights: str | None = None,
    latents: bool = True,
    shard: str = "1/1",
    ray: str | None = None,
    gallery: Folder = None,
) -> None:
    """Keep the faces of photos; of each photo the biggest face.

    Cut short, the same call goes on where it was: every photo is looked at once.

    Parameters
    ----------
    photos
        A photo, or a folder with photos.
    name
        Of the person on all of them; left out, each is called by its file.
    consent
        Who agreed to what, in words. Stored beside every face; without it nothing is kept.
    weights
        Whose encoder finds the latents; the default weights where it is left out.
    latents
        Find the latent of each face, with which it can be drawn.
    shard
        Only this part of the photos, as 2/8: for several machines, or several processes.
    ray
        A Ray cluster's address, or local: its machines look at the photos.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness.gallery.add_photos import Shard, add_photos, find_photos, in_turn
    from likeness.gallery.photo_encoder import open_looker
    from likeness.gallery.rows import CONSENT

    if not consent.strip():
        raise GalleryError(CONSENT)
    part, found = Shard.parse(shard), find_photos(photos)
    path = weights_of(weights) if latents else None
    looker, lacking = open_looker(path, name, consent)
    if lacking:
        print(f"likeness: faces are kept without latents: {lacking}", file=sys.stderr)
    look = in_turn(looker.look)
    if ray is not None:
        from likeness.gallery.cluster import on_cluster

        look = on_cluster(ray, None if lacking else path, name, consent)
    with open_gallery(gallery, create=True) as opened, progress_of("looking at photos", len(found)) as progress:
        tally = add_photos(opened, found, look, consent=consent, shard=part, progress=progress)
    for reason in tally.refused.values():
        print(f"likeness: {reason}", file=sys.stderr)
    for path in tally.others:
        print(f"likeness: {path} shows several faces; the biggest was kept", file=sys.stderr)
    counts = (
        (tally.added, "faces are new"),
        (tally.known, "photos had been looked at"),
        (tally.elsewhere, "photos belong to other shards"),
        (len(tally.refused), "photos were refused"),
    )
    print(", ".join(f"{count} {what}" for count, what in counts if count or what == "faces are new"))
    if len(tally.refused) == len(found):
        sys.exit(2)


def merge(*folders: Path, gallery: Folder = None) -> None:
    """Add the faces of other galleries, each with its consent; those that are there already are left out.

    Parameters
    ----------
    folders
        Of the others; they stay as they are.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
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
        print(f"{added} faces are new; {len(opened)} are in {folder_of(gallery)}")
