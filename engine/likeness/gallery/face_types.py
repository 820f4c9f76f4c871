"""The values of a gallery: a new face, a record, a match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from likeness.faces.resize import resize
from likeness.generators.weights_file import fingerprint
from likeness.picture import Picture

Embedding = NDArray[np.float32]
"""`[dim]`: near in distance where the person is the same."""

# Of kept pictures: at 256 px and 90 a face takes 10 to 20 KB and shows no blocks on a large screen.
PICTURE_SIZE = 256
JPEG_QUALITY = 90


def to_jpeg(picture: Picture) -> bytes:
    """Return a picture `[height, width, 3]`, uint8 RGB, as a gallery keeps it: `PICTURE_SIZE` square, JPEG."""
    picture = resize(picture, PICTURE_SIZE)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, encoded = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), quality)
    return encoded.tobytes()


@dataclass(frozen=True)
class NewFace:
    """A face to keep.

    Args:
        name: of the person, or of the drawing.
        embedding: `[dim]` float32, of the gallery's embedder.
        jpeg: its aligned picture, as `to_jpeg` makes it.
        latent: `[num_ws, w_dim]` that draws it, where it is known.
        weights: name of the weights that the latent belongs to.
        weights_sha256: their `likeness.generators.weights_file.fingerprint`; empty where it is not known.
        seed: of a face that a generator drew; None for a real person.
        consent: who agreed to what, in words. A face without a seed is refused without it.
        photo: SHA-256 of the photo's file in hexadecimal; a second one of the same is not added.
        added: date and time in UTC, as ISO 8601; now, where it is empty.
    """

    name: str
    embedding: Embedding
    jpeg: bytes
    latent: Tensor | None = None
    weights: str = ""
    seed: int | None = None
    consent: str = ""
    photo: str | None = None
    added: str = ""
    weights_sha256: str = ""


@dataclass(frozen=True)
class Record:
    """What is written of a face, without its picture and numbers.

    Attributes:
        number: its own for ever; never given to another face.
        name, weights, weights_sha256, seed, consent: as in `NewFace`.
        added: date and time in UTC, as ISO 8601.
        num_ws, w_dim: shape of its latent; 0 where there is none.
    """

    number: int
    name: str
    seed: int | None
    weights: str
    consent: str
    added: str
    num_ws: int
    w_dim: int
    weights_sha256: str = ""

    def outdated(self, weights: str, sha256: str) -> bool:
        """Return whether its latent is known to be of other weights than those of this name and fingerprint.

        A face that was kept before fingerprints were, and one of weights of another name, is not.
        """
        recorded = self.weights_sha256 if self.num_ws and self.weights == weights else ""
        return bool(recorded and sha256) and recorded != sha256


def find_outdated(records: Sequence[Record], weights: Path) -> list[Record]:
    """Return those of `records` whose latents are known to be of other weights than the file of this name.

    Reads the file's header, or all of a file that is not ours; nothing where no record could be outdated.

    Raises:
        WeightsError: where the weights cannot be read.
    """
    name = weights.stem
    if not any(record.weights == name and record.weights_sha256 for record in records):
        return []
    sha256 = fingerprint(weights)
    return [record for record in records if record.outdated(name, sha256)]


@dataclass(frozen=True)
class Match:
    """One answer of a search; it holds all that it needs and asks the gallery no more.

    Attributes:
        record: what is written of the face.
        distance: Euclidean, between the embeddings; below 0.6 dlib's network means the same person.
        latent: `[num_ws, w_dim]` on the CPU, or None. It fits only the weights that `record.weights` names.
        jpeg: the aligned picture as it is kept.
    """

    record: Record
    distance: float
    latent: Tensor | None
    jpeg: bytes

    @property
    def name(self) -> str:
        """The face's name."""
        return self.record.name

    def picture(self) -> Picture:
        """Return the aligned picture `[256, 256, 3]`, uint8 RGB. Takes about a millisecond."""
        found = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
        return np.asarray(found, np.uint8)
