"""Photos into a gallery: one after the other, resumable, in shards, each looked at once in its life."""

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

# A killed process looks at so many photos again: five seconds of work.
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
    """One photo that is still to be looked at."""

    photo: str
    path: Path
    raw: bytes


@dataclass
class Tally:
    """What came of all photos.

    Attributes:
        added: how many faces are new.
        known: how many photos had been looked at before, or lie in the folder twice.
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
"""Looks at jobs, in whatever order, here or elsewhere."""


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
    look: EncodePhotos,
    *,
    consent: str,
    shard: Shard = Shard(),
    progress: Callable[[int], None] = lambda done: None,
) -> Tally:
    """Look at those of `photos` that nobody has looked at yet, and keep their faces.

    What is done is written with the faces, batch by batch: a process that is killed goes on where it was. Several
    may work on one gallery, each on its shard.

    Args:
        gallery: to add to.
        photos: files, as `find_photos` lists them.
        look: does the work.
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
        for path, looked in look(_find_jobs(gallery, photos, shard, tally)):
            batch.append((path, looked))
            if len(batch) >= BATCH:
                _add_batch(gallery, batch, tally)
                done += len(batch)
                batch.clear()
            progress(done + len(batch) + tally.known + tally.elsewhere)
    finally:
        # Also when somebody has had enough of waiting.
        _add_batch(gallery, batch, tally)
    return tally


def encode_locally(look: Callable[[str, Path, bytes], PhotoResult]) -> EncodePhotos:
    """Return what looks at one photo after the other in this process."""

    def look_at(jobs: Iterator[PhotoJob]) -> Iterator[tuple[Path, PhotoResult]]:
        for job in jobs:
            yield job.path, look(job.photo, job.path, job.raw)

    return look_at


def _find_jobs(gallery: Gallery, photos: Sequence[Path], shard: Shard, tally: Tally) -> Iterator[PhotoJob]:
    """Yield what is to be done."""
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
    faces = [looked.face for _, looked in batch if looked.face is not None]
    tally.added += len(gallery.add(faces, {looked.photo: looked.refusal for _, looked in batch if looked.face is None}))
    for path, looked in batch:
        if looked.face is None:
            tally.refused[path] = looked.refusal.replace("the photo", str(path), 1)
        elif looked.others:
            tally.others.append(path)
