"""Photo encoder: from a photo to a face that a gallery can keep: found, cut out, embedded, encoded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import PhotoError, WeightsError
from likeness.faces.align import align
from likeness.faces.photo import decode_photo
from likeness.faces.recogniser import FaceRecogniser
from likeness.gallery.face_types import PICTURE_SIZE, Embedding, NewFace, to_jpeg
from likeness.generators.weights_file import fingerprint
from likeness.picture import Picture, to_tensor


@dataclass(frozen=True, eq=False)
class FoundFace:
    """The biggest face of a picture.

    Attributes:
        embedding: `[128]`.
        portrait: `[256, 256, 3]`, uint8 RGB, aligned.
        others: how many more faces there are.
    """

    embedding: Embedding
    portrait: Picture
    others: int


@dataclass(frozen=True)
class PhotoResult:
    """The result of one photo.

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
    """Reads the biggest face of a picture; opening the models takes half a second. One thread at a time."""

    def __init__(self) -> None:
        self._recogniser = FaceRecogniser()
        self._recogniser.open()

    def read(self, picture: Picture, name: str) -> FoundFace:
        """Return the biggest face; a tenth of a second, longer where there is none.

        Args:
            picture: `[height, width, 3]`, uint8 RGB.
            name: of the picture, for the message.

        Raises:
            PhotoError: there is no face in it.
        """
        faces = self._recogniser.find_faces(picture)
        if not faces:
            raise PhotoError(f"{name} shows no face that is found; take one from the front, in light, 80 px or higher")
        embedding = self._recogniser.embed(picture, faces[0])
        return FoundFace(embedding, align(picture, faces[0].landmarks, PICTURE_SIZE), len(faces) - 1)


class PhotoEncoder:
    """Makes gallery faces of photos, with a latent if the weights have an encoder.

    Args:
        weights: whose encoder is to be used; None keeps faces without latents.
        name: of the person on all photos; empty calls each by its file.
        consent: who agreed to what.

    Raises:
        WeightsError: the weights have no encoder.
    """

    def __init__(self, weights: Path | None, name: str, consent: str) -> None:
        self._reader = PhotoReader()
        self._encoder: Encoder | None = None if weights is None else open_encoder_for(weights)
        self._weights, self._sha256 = ("", "") if weights is None else (weights.stem, fingerprint(weights))
        self._name, self._consent = name, consent

    def encode(self, photo: str, path: Path, raw: bytes) -> PhotoResult:
        """Encode one photo.

        Args:
            photo: SHA-256 of the file.
            path: of the file, for its name; it is not opened.
            raw: the file's bytes.
        """
        try:
            found = self._reader.read(decode_photo(raw, str(path)), str(path))
        except PhotoError as error:
            return PhotoResult(photo, refusal=str(error).replace(str(path), "the photo"))
        face = NewFace(
            # A file's name may hold bytes that are no text, which records cannot.
            name=self._name or os.fsencode(path.stem).decode(errors="replace"),
            embedding=found.embedding,
            jpeg=to_jpeg(found.portrait),
            latent=None if self._encoder is None else self._encoder.encode(to_tensor(found.portrait))[0],
            weights=self._weights,
            consent=self._consent,
            photo=photo,
            weights_sha256=self._sha256,
        )
        return PhotoResult(photo, face, others=found.others)


def open_photo_encoder(weights: Path | None, name: str, consent: str) -> tuple[PhotoEncoder, str]:
    """Return an encoder of photos, and the reason if faces will have no latent."""
    try:
        return PhotoEncoder(weights, name, consent), ""
    except WeightsError as error:
        return PhotoEncoder(None, name, consent), str(error)
