"""A gallery: a folder with known faces, searched for whom somebody resembles."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from torch import Tensor

from likeness.errors import GalleryError
from likeness.gallery.face_types import Embedding, Match, NewFace, Record
from likeness.gallery.matrix import Matrix
from likeness.gallery.nearest import find_nearest, squared_lengths
from likeness.gallery.records import FACES, PHOTOS, Records
from likeness.gallery.rows import (
    WRITTEN,
    check_face,
    identity_key,
    is_known,
    to_columns,
    to_latent,
    to_match,
    to_new_face,
    to_record,
)

Item = TypeVar("Item")

RECORDS, EMBEDDINGS = "gallery.db", "embeddings.f32"
DIM = 128
DLIB = "dlib"
# What SQLite takes in one statement is a few times more.
MOST_VALUES = 10_000


@dataclass(frozen=True)
class _View:
    """The gallery at one moment. `numbers` [n] are those of the rows, 0 where a row is free."""

    changes: int
    rows: NDArray[np.float32]
    lengths: NDArray[np.float32]
    numbers: NDArray[np.int64]
    free: NDArray[np.int64]


class Gallery:
    """Open with `Gallery.open`. Every method may be called from any thread, and from several processes at once."""

    def __init__(self, folder: Path, records: Records) -> None:
        self.folder = folder
        self._records = records
        self._dim = int(records.about["dim"])
        self._matrix = Matrix(folder / EMBEDDINGS, self._dim)
        self._lock = threading.RLock()
        self._cached_view: _View | None = None
        self._wiped = False

    @classmethod
    def open(cls, folder: Path, *, create: bool = False, embedder: str = DLIB, dim: int = DIM) -> Self:
        """Open the gallery in `folder`.

        Args:
            folder: of the gallery, on a disk of this machine: SQLite's WAL does not work over a network.
            create: make it where there is none.
            embedder: whose embeddings it holds; those of another one are not comparable.
            dim: how many numbers they have.

        Raises:
            GalleryError: where there is none, it is another embedder's, or it cannot be read.
        """
        if not (folder / RECORDS).is_file():
            if not create:
                raise GalleryError(
                    f"there is no gallery in {folder}; make one with: likeness gallery build --from-model 500"
                )
            try:
                # Faces of people: for their keeper alone.
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise GalleryError(f"{folder} cannot be made a gallery: {error}") from error
        gallery = cls(folder, Records(folder / RECORDS, {"embedder": embedder, "dim": str(dim)}))
        about = gallery._records.about
        if (about.get("embedder"), about.get("dim")) != (embedder, str(dim)):
            gallery.close()
            raise GalleryError(
                f"the gallery in {folder} holds embeddings of {about.get('embedder')}, which those of {embedder} "
                "cannot be compared with; name another gallery, or build it again"
            )
        return gallery

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._cached_view = None
            self._records.close()

    def __len__(self) -> int:
        with self._lock:
            view = self._view()
            return len(view.numbers) - len(view.free)

    # Looking.

    def search(self, embedding: Embedding, k: int = 1, farthest: bool = False) -> list[Match]:
        """Return the `k` faces nearest to `embedding` [dim], best first: all are compared.

        Opens files and takes milliseconds, with a million faces 50: not for the render thread.

        Args:
            embedding: of the gallery's embedder.
            k: how many; fewer come back where there are fewer.
            farthest: the most distant ones, the most distant first.

        Raises:
            GalleryError: where the embedding is no such thing, or the files cannot be read.
        """
        query = np.ascontiguousarray(embedding, np.float32)
        if query.shape != (self._dim,) or not np.isfinite(query).all():
            raise GalleryError(f"search by one embedding of {self._dim} finite numbers, not {query.shape}")
        if k < 1:
            raise GalleryError(f"k: the number of matches begins at 1, not {k}")
        with self._lock:
            view = self._view()
            without = view.free if len(view.free) else None
            rows, apart = find_nearest(view.rows, view.lengths, query, k, farthest=farthest, without=without)
            numbers = view.numbers[rows].tolist()
            found = self._fetch(numbers)
        # One that another program removed a moment ago is not there any more.
        both = zip(numbers, apart.tolist(), strict=True)
        return [to_match(found[number], distance) for number, distance in both if number in found]

    def records(self, name: str | None = None) -> list[Record]:
        """Return all records, or those of one name, by number."""
        wanted = select(*WRITTEN).order_by(FACES.c.number)
        if name is not None:
            wanted = wanted.where(FACES.c.name == name)
        with self._lock, self._records.reading() as connection:
            return [to_record(row) for row in connection.execute(wanted)]

    def faces(self) -> Iterator[NewFace]:
        """Yield every face as it was added, by number."""
        for record in self.records():
            with self._lock:
                row = self._fetch([record.number]).get(record.number)
                face = row and to_new_face(row, self._matrix.read(row.row + 1)[row.row].copy())
            if face is not None:
                yield face

    def latents(self, name: str) -> list[Tensor]:
        """Return the latents `[num_ws, w_dim]` of the faces of that name that have one, by number.

        Raises:
            GalleryError: where there is no such face, or none with a latent.
        """
        numbers = [record.number for record in self.records(name)]
        if not numbers:
            raise GalleryError(f"the gallery in {self.folder} has no face {name!r}; see: likeness gallery list")
        with self._lock:
            found = self._fetch(numbers)
        latents = [to_latent(found[number]) for number in numbers if number in found]
        drawn = [latent for latent in latents if latent is not None]
        if not drawn:
            raise GalleryError(
                f"{name!r} in the gallery in {self.folder} has no latent; "
                "add the photo again, with weights that have an encoder"
            )
        return drawn

    # Keeping.

    def add(self, faces: Iterable[NewFace], refusals: Mapping[str, str] | None = None) -> list[int]:
        """Keep `faces`, all or none; return the numbers of those that were not there yet.

        Args:
            faces: a batch. Where the process is killed meanwhile, all of it is there or nothing.
            refusals: photos, by SHA-256, that were looked at and not kept, with the reason.

        Raises:
            GalleryError: where a real person's face comes without consent, a value is wrong, or the disk refuses.
        """
        batch: dict[object, NewFace] = {}
        for face in faces:
            check_face(face, self._dim)
            batch.setdefault(identity_key(face) or object(), face)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._lock:
            with self._records.writing() as connection:
                self._wipe_free_rows()
                new = [face for face in batch.values() if not is_known(connection, face)]
                rows = self._reserve_rows(len(new))
                if new:
                    self._matrix.write(rows, np.stack([face.embedding for face in new]))
                inserted = [
                    connection.execute(FACES.insert().values(to_columns(face, row, now))).inserted_primary_key
                    for face, row in zip(new, rows.tolist(), strict=True)
                ]
                for photo, refusal in (refusals or {}).items():
                    connection.execute(PHOTOS.insert().prefix_with("OR REPLACE").values(photo=photo, refusal=refusal))
            self._cached_view = None
        return [int(primary[0]) for primary in inserted if primary is not None]

    def find_processed(self, photos: Sequence[str]) -> set[str]:
        """Return those of `photos`, by SHA-256, that were kept, or looked at and not kept."""
        seen: set[str] = set()
        with self._lock, self._records.reading() as connection:
            for table in (FACES, PHOTOS):
                for part in _split(photos):
                    seen.update(connection.execute(select(table.c.photo).where(table.c.photo.in_(part))).scalars())
        return seen

    def refusals(self) -> dict[str, str]:
        """Return the photos, by SHA-256, that were looked at and not kept, with the reason."""
        with self._lock, self._records.reading() as connection:
            return {row.photo: row.refusal for row in connection.execute(select(PHOTOS))}

    def remove(self, numbers: Sequence[int]) -> int:
        """Remove faces, so that nothing of them is left in the gallery's files; return how many there were.

        Writes the records anew: a gallery of gigabytes takes its time. Without numbers it cleans up after a removal
        that was cut short.

        Raises:
            GalleryError: where the disk refuses, or another program reads the gallery all the while.
        """
        removed = 0
        with self._lock:
            with self._records.writing() as connection:
                for part in _split(numbers):
                    removed += connection.execute(FACES.delete().where(FACES.c.number.in_(part))).rowcount
            self._cached_view, self._wiped = None, False
            with self._records.writing():
                self._wipe_free_rows()
            if not self._records.shred():
                raise GalleryError(
                    f"{removed} faces are out of the gallery in {self.folder}, but another program is reading it and "
                    "traces stay in its log; close that program and run: likeness gallery remove"
                )
        return removed

    # How it is done; all of it under the lock.

    def _view(self) -> _View:
        """Return the gallery as it is now."""
        with self._records.reading() as connection:
            changes = self._records.changes()
            if self._cached_view is not None and self._cached_view.changes == changes:
                return self._cached_view
            placed = connection.execute(select(FACES.c.row, FACES.c.number)).all()
        pairs = np.array([tuple(pair) for pair in placed], np.int64).reshape(-1, 2)
        rows = self._matrix.read(int(pairs[:, 0].max()) + 1 if len(pairs) else 0)
        numbers = np.zeros(len(rows), np.int64)
        numbers[pairs[:, 0]] = pairs[:, 1]
        self._cached_view = _View(changes, rows, squared_lengths(rows), numbers, np.flatnonzero(numbers == 0))
        return self._cached_view

    def _wipe_free_rows(self) -> None:
        """Wipe what a process that was killed left in rows without a record. Only while writing."""
        if not self._wiped:
            self._cached_view = None
            self._matrix.wipe(self._view().free)
            self._wiped = True

    def _reserve_rows(self, count: int) -> NDArray[np.int64]:
        """Return `count` rows to write to: free ones, then new ones at the end."""
        view = self._view()
        free = view.free[:count]
        end = np.arange(len(view.rows), len(view.rows) + count - len(free), dtype=np.int64)
        return np.concatenate([free, end])

    def _fetch(self, numbers: Sequence[int]) -> dict[int, Row[Any]]:
        """Return whole rows of the records, by number."""
        found: dict[int, Row[Any]] = {}
        with self._records.reading() as connection:
            for part in _split(numbers):
                found |= {row.number: row for row in connection.execute(select(FACES).where(FACES.c.number.in_(part)))}
        return found


def _split(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), MOST_VALUES):
        yield items[start : start + MOST_VALUES]
