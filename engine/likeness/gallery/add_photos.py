"""Photos into a gallery: one after the other, resumable, in shards, each result at once in its life."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from likeness.errors import GalleryError
from likeness.faces.photo import MOST_BYTES
from likeness.faces.photo_files import list_photo_files
from likeness.gallery.gallery import Gallery
from likeness.gallery.photo_encoder import PhotoResult
from likeness.gallery.rows import CONSENT

# A killed process repeats up to this many photos: five seconds of work.
BATCH = 32
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif"})


@dataclass(frozen=True)
class Shard:
    """The part `number` of `count` of all photos, by the hash of what is in them; number counts from 1."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the shard that "2/8" names.

        Raises:
            GalleryError: where the text names none.
        """
        number, _, count = text.partition("/")
        if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
            raise GalleryError(f"--shard {text!r} is no part of a whole; the second of eight is 2/8")
        return cls(int(number), int(count))

    def holds(self, photo: str) -> bool:
        """Return whether the photo of this SHA-256 belongs here: the hashes are cut into ranges of equal width."""
        return int(photo[:16], 16) * self.count >> 64 == self.number - 1


@dataclass(frozen=True)
class PhotoJob:
    """One photo that is still to be encoded."""

    photo: str
    path: Path
    raw: bytes


@dataclass
class Tally:
    """The results of all photos.

    Attributes:
        added: how many faces are new.
        known: how many photos were encoded before, or lie in the folder twice.
        elsewhere: how many belong to other shards.
        refused: reasons by path.
        others: photos with more than one face, of which the biggest was kept.
    """

    added: int = 0
    known: int = 0
    elsewhere: int = 0
    refused: dict[Path, str] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)


EncodePhotos = Callable[[Iterator[PhotoJob]], Iterable[tuple[Path, PhotoResult]]]
"""Encodes photos, in any order, in this process or elsewhere."""


def find_photos(place: Path) -> list[Path]:
    """Return the photo at `place`, or those in the folder and in its folders, by path; hidden ones are left out.

    Raises:
        GalleryError: where there is none.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise GalleryError(f"there is no photo and no folder {place}; give the path of one")
    found = [path for path in list_photo_files(place, sub_folders=True) if path.suffix.lower() in ENDINGS]
    if not found:
        raise GalleryError(f"there are no photos in {place}; it should hold JPEG, PNG or WebP files")
    return found


def add_photos(
    gallery: Gallery,
    photos: Sequence[Path],
    encode: EncodePhotos,
    *,
    consent: str,
    shard: Shard = Shard(),
    progress: Callable[[int], None] = lambda done: None,
) -> Tally:
    """Encode those of `photos` that were not encoded before, and keep their faces.

    Progress is written with the faces, batch by batch: after a kill, the same call goes on where it was. Several
    may work on one gallery, each on its shard.

    Args:
        gallery: to add to.
        photos: files, as `find_photos` lists them.
        encode: does the work.
        consent: who agreed to what.
        shard: only these.
        progress: told how many photos are done, of all.

    Raises:
        GalleryError: without consent, before anything is read; or where the disk refuses.
    """
    if not consent.strip():
        raise GalleryError(CONSENT)
    tally, batch = Tally(), list[tuple[Path, PhotoResult]]()
    done = 0
    try:
        for path, result in encode(_find_jobs(gallery, photos, shard, tally)):
            batch.append((path, result))
            if len(batch) >= BATCH:
                _add_batch(gallery, batch, tally)
                done += len(batch)
                batch.clear()
            progress(done + len(batch) + tally.known + tally.elsewhere)
    finally:
        # Also after Ctrl+C.
        _add_batch(gallery, batch, tally)
    return tally


def encode_locally(encode: Callable[[str, Path, bytes], PhotoResult]) -> EncodePhotos:
    """Return an `EncodePhotos` that works in this process, one photo after the other."""

    def encode_photos(jobs: Iterator[PhotoJob]) -> Iterator[tuple[Path, PhotoResult]]:
        for job in jobs:
            yield job.path, encode(job.photo, job.path, job.raw)

    return encode_photos


def _find_jobs(gallery: Gallery, photos: Sequence[Path], shard: Shard, tally: Tally) -> Iterator[PhotoJob]:
    """Yield the photos that are still to be encoded; count the others."""
    met: set[str] = set()
    for path in photos:
        try:
            if path.stat().st_size > MOST_BYTES:
                tally.refused[path] = f"{path} is larger than any photo"
                continue
            raw = path.read_bytes()
        except OSError as error:
            tally.refused[path] = f"{path} cannot be read: {error}"
            continue
        photo = hashlib.sha256(raw).hexdigest()
        if not shard.holds(photo):
            tally.elsewhere += 1
        elif photo in met or gallery.find_processed([photo]):
            tally.known += 1
        else:
            met.add(photo)
            yield PhotoJob(photo, path, raw)


def _add_batch(gallery: Gallery, batch: Sequence[tuple[Path, PhotoResult]], tally: Tally) -> None:
    if not batch:
        return
    faces = [result.face for _, result in batch if result.face is not None]
    tally.added += len(gallery.add(faces, {result.photo: result.refusal for _, result in batch if result.face is None}))
    for path, result in batch:
        if result.face is None:
            tally.refused[path] = result.refusal.replace("the photo", str(path), 1)
        elif result.others:
            tally.others.append(path)
