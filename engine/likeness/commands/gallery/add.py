"""`likeness gallery add`."""

import sys
from pathlib import Path

from likeness.commands.gallery.common import Folder, open_gallery, progress_of, weights_of
from likeness.errors import GalleryError


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
