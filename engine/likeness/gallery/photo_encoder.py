"""From a picture to a face that a gallery can keep: found, cut out, embedded, encoded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import PhotoError, WeightsError
from likeness.faces.align import align
from likeness.faces.detect import Detector
from likeness.faces.embed import Embedder
from likeness.faces.photo import decode_photo
from likeness.gallery.face_types import PICTURE_SIZE, Embedding, NewFace, to_jpeg
from likeness.generators.weights_file import fingerprint
from likeness.picture import Picture, to_tensor


@dataclass(frozen=True, eq=False)
class Sight:
    """The biggest face of a picture.

    Attributes:
        embedding: `[128]`.
        aligned: `[256, 256, 3]`, uint8 RGB.
        others: how many more faces there are.
    """

    embedding: Embedding
    aligned: Picture
    others: int


@dataclass(frozen=True)
class ReadPhoto:
    """What came of one photo.

    Attributes:
        photo: SHA-256 of its file.
        face: the one to keep, or None.
        refusal: why there is none; says nothing of where the photo was.
        others: how many more faces there were, which are left alone.
    """

    photo: str
    face: NewFace | None = None
    refusal: str = ""
    others: int = 0


class PhotoReader:
    """Sees faces with dlib's models; opening them takes half a second. One thread at a time."""

    def __init__(self) -> None:
        self._detector, self._embedder = Detector(), Embedder()

    def see(self, picture: Picture, name: str) -> Sight:
        """Find the biggest face; a tenth of a second, longer where there is none.

        Args:
            picture: `[height, width, 3]`, uint8 RGB.
            name: of the picture, for the message.

        Raises:
            PhotoError: there is no face in it.
        """
        faces = self._detector.find(picture)
        if not faces:
            raise PhotoError(f"{name} shows no face that is found; take one from the front, in light, 80 px or higher")
        embedding = self._embedder.embed(picture, faces[0])
        return Sight(embedding, align(picture, faces[0].landmarks, PICTURE_SIZE), len(faces) - 1)


class PhotoEncoder:
    """Makes faces of photos, with the latent where the weights have an encoder.

    Args:
        weights: whose encoder is to be used; None keeps faces without latents.
        name: of the person on all photos; empty calls each by its file.
        consent: who agreed to what.

    Raises:
        WeightsError: the weights have no encoder.
    """

    def __init__(self, weights: Path | None, name: str, consent: str) -> None:
        self._eye = PhotoReader()
        self._encoder: Encoder | None = None if weights is None else open_encoder_for(weights)
        self._weights, self._sha256 = ("", "") if weights is None else (weights.stem, fingerprint(weights))
        self._name, self._consent = name, consent

    def look(self, photo: str, path: Path, raw: bytes) -> ReadPhoto:
        """Look at one photo.

        Args:
            photo: SHA-256 of the file.
            path: of the file, for its name; it is not opened.
            raw: the file's bytes.
        """
        try:
            sight = self._eye.see(decode_photo(raw, str(path)), str(path))
        except PhotoError as error:
            return ReadPhoto(photo, refusal=str(error).replace(str(path), "the photo"))
        face = NewFace(
            # A file's name may hold bytes that are no text, which records cannot.
            name=self._name or os.fsencode(path.stem).decode(errors="replace"),
            embedding=sight.embedding,
            jpeg=to_jpeg(sight.aligned),
            latent=None if self._encoder is None else self._encoder.encode(to_tensor(sight.aligned))[0],
            weights=self._weights,
            consent=self._consent,
            photo=photo,
            weights_sha256=self._sha256,
        )
        return ReadPhoto(photo, face, others=sight.others)


def open_looker(weights: Path | None, name: str, consent: str) -> tuple[PhotoEncoder, str]:
    """Return a looker, and why faces will have no latent where they will not."""
    try:
        return PhotoEncoder(weights, name, consent), ""
    except WeightsError as error:
        return PhotoEncoder(None, name, consent), str(error)
