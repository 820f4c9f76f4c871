"""Conversion between a face's values and a row of the records."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sqlalchemy import Connection, Row, select
from torch import Tensor

from likeness.errors import GalleryError
from likeness.gallery.face_types import Embedding, Match, NewFace, Record
from likeness.gallery.records import FACES

CONSENT = (
    "keeping the face of a real person is an explicit act; say who agreed to what: "
    '--consent "Anna agreed on 3 May, for this show"'
)
# The columns of a `Record`: all but the large ones.
WRITTEN = [
    FACES.c[name]
    for name in ("number", "name", "seed", "weights", "consent", "added", "num_ws", "w_dim", "weights_sha256")
]
NUMBER = np.dtype("<f4")


def check_face(face: NewFace, dim: int) -> None:
    """Refuse a face that may not be kept or cannot be found again.

    Raises:
        GalleryError: saying why.
    """
    if not face.name.strip():
        raise GalleryError("a face needs a name; give one with --name")
    for words in (face.name, face.consent):
        if any("\ud800" <= letter <= "\udfff" for letter in words):
            raise GalleryError(f"{words!r} holds bytes that are no UTF-8; give --name and --consent as text")
    if face.seed is None and not face.consent.strip():
        raise GalleryError(f"{face.name}: {CONSENT}")
    if face.embedding.shape != (dim,) or not np.isfinite(face.embedding).all():
        raise GalleryError(f"{face.name}: an embedding is {dim} finite numbers, not {face.embedding.shape}")
    if face.latent is not None and face.latent.ndim != 2:
        raise GalleryError(f"{face.name}: a latent is [num_ws, w_dim], not {list(face.latent.shape)}")


def identity_key(face: NewFace) -> tuple[object, ...] | None:
    """Return what two faces that are one have in common; None for a face that is none but itself."""
    if face.seed is not None:
        return "seed", face.weights, face.seed
    return ("photo", face.photo) if face.photo is not None else None


def is_known(connection: Connection, face: NewFace) -> bool:
    """Return whether the records hold `face` already."""
    if face.seed is None and face.photo is None:
        return False
    same = select(FACES.c.number)
    if face.seed is not None:
        same = same.where(FACES.c.weights == face.weights, FACES.c.seed == face.seed)
    else:
        same = same.where(FACES.c.photo == face.photo)
    return connection.execute(same).first() is not None


def to_columns(face: NewFace, row: int, added: str) -> dict[str, object]:
    """Return the columns of `face`, whose embedding is at `row` of the matrix."""
    num_ws, w_dim, packed = 0, 0, None
    if face.latent is not None:
        num_ws, w_dim = face.latent.shape
        latent = face.latent.detach().cpu().float()
        # A face that was drawn as it was sampled has the same numbers in every layer: kept once.
        packed = (latent[:1] if bool((latent == latent[:1]).all()) else latent).numpy().astype(NUMBER).tobytes()
    return {
        "row": row,
        "name": face.name.strip(),
        "seed": face.seed,
        "weights": face.weights,
        "num_ws": num_ws,
        "w_dim": w_dim,
        "latent": packed,
        "picture": face.jpeg,
        "consent": face.consent.strip(),
        "added": face.added or added,
        "photo": face.photo,
        "weights_sha256": face.weights_sha256 or None,
    }


def to_record(row: Row[Any]) -> Record:
    """Return the record of a row that has the columns `WRITTEN`."""
    return Record(
        number=row.number,
        name=row.name,
        seed=row.seed,
        weights=row.weights,
        consent=row.consent,
        added=row.added,
        num_ws=row.num_ws,
        w_dim=row.w_dim,
        weights_sha256=row.weights_sha256 or "",
    )


def to_latent(row: Row[Any]) -> Tensor | None:
    """Return the latent `[num_ws, w_dim]` of a whole row, or None."""
    if row.latent is None:
        return None
    layers = torch.from_numpy(np.frombuffer(row.latent, NUMBER).astype(np.float32)).view(-1, row.w_dim)
    return layers.expand(row.num_ws, -1).contiguous()


def to_match(row: Row[Any], distance: float) -> Match:
    """Return a whole row as the answer of a search."""
    return Match(to_record(row), distance, to_latent(row), row.picture)


def to_new_face(row: Row[Any], embedding: Embedding) -> NewFace:
    """Return a whole row as it was added."""
    return NewFace(
        name=row.name,
        embedding=embedding,
        jpeg=row.picture,
        latent=to_latent(row),
        weights=row.weights,
        seed=row.seed,
        consent=row.consent,
        photo=row.photo,
        added=row.added,
        weights_sha256=row.weights_sha256 or "",
    )
