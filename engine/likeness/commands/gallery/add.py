"""`likeness gallery add`."""

import sys
from pathlib import Path

from likeness.commands.gallery.common import Folder, open_gallery, progress_of, weights_of
from likeness.errors import GalleryError, say_count


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
    """Keep the largest face of each photo.

    After an interruption the same command goes on where it stopped: no photo is read twice.

    Parameters
    ----------
    photos
        A photo, or a folder with photos.
    name
        Name of the person on all of them; by default each face is named after its file.
    consent
        Who agreed to what, in words. It is stored beside every face; without it no face is kept.
    weights
        Weights whose encoder finds the latents; by default the default weights.
    latents
        Find the latent of each face, so that it can be drawn.
    shard
        Only this part of the photos, such as 2/8: for several machines or processes.
    ray
        Address of a Ray cluster whose machines read the photos, or local.
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
    """
    from likeness.gallery.add_photos import Shard, add_photos, encode_locally, find_photos
    from likeness.gallery.photo_encoder import open_photo_encoder
    from likeness.gallery.rows import CONSENT

    if not consent.strip():
        raise GalleryError(CONSENT)
    part, found = Shard.parse(shard), find_photos(photos)
    path = weights_of(weights) if latents else None
    encoder, lacking = open_photo_encoder(path, name, consent)
    if lacking:
        print(f"likeness: faces are kept without latents: {lacking}", file=sys.stderr)
    encode = encode_locally(encoder.encode)
    if ray is not None:
        from likeness.gallery.cluster import encode_on_cluster

        encode = encode_on_cluster(ray, None if lacking else path, name, consent)
    with open_gallery(gallery, create=True) as opened, progress_of("looking at photos", len(found)) as progress:
        tally = add_photos(opened, found, encode, consent=consent, shard=part, progress=progress)
    for reason in tally.refused.values():
        print(f"likeness: {reason}", file=sys.stderr)
    for path in tally.others:
        print(f"likeness: {path} shows several faces; the largest was kept", file=sys.stderr)
    counts = (
        (tally.known, "photo was read before", "photos were read before"),
        (tally.elsewhere, "photo belongs to another shard", "photos belong to other shards"),
        (len(tally.refused), "photo was refused", "photos were refused"),
    )
    rest = [say_count(count, one, many) for count, one, many in counts if count]
    print(", ".join([say_count(tally.added, "face is new", "faces are new"), *rest]))
    if len(tally.refused) == len(found):
        sys.exit(2)
