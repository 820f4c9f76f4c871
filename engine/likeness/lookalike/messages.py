"""The messages between the show and the vision process: requests one way, observations and matches the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness.faces.embed import Embedding


@dataclass(frozen=True)
class VisionConfig:
    """What the vision process needs to know when it starts.

    Attributes:
        weights: file of the generator whose own people are matched with, where there is no gallery.
        gallery: folder of the gallery; it need not exist. None matches with the generator's own people.
        portrait: height and width of portraits, in px.
        population: how many faces are drawn, where none are kept beside the weights.
        psi: truncation of those.
        seed: of the first of them.
    """

    weights: Path
    gallery: Path | None
    portrait: int = 256
    population: int = 200
    psi: float = 0.8
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LookRequest:
    """A picture to look at.

    Attributes:
        generation: of the sender; counts how often all was forgotten. Replies of an older one are dropped.
        number: counts the pictures.
        at: when it came, in seconds of `time.monotonic`.
        picture: `[height, width, 3]` uint8 RGB.
        embed: whether to cut the face out and recognise it too, 80 ms of one core.
        photo: whether it is a photo, which comes once and is searched more thoroughly.
    """

    generation: int
    number: int
    at: float
    picture: NDArray[np.uint8]
    embed: bool
    photo: bool = False


@dataclass(frozen=True, eq=False)
class FaceObservation:
    """The reply to a `LookRequest`: what there is of a face in the picture.

    Attributes:
        number, at: of the picture.
        faces: how many.
        present: whether one of them is large enough to be recognised.
        portrait: `[size, size, 3]` of that one, aligned; None where it was not asked for.
        embedding: `[128]` of it; None where it was not asked for.
        doubts: what speaks against the picture, in words.
        sharpness: of the portrait; larger is better.
        photo: whether the picture was a photo.
        generation: of the request.
    """

    number: int
    at: float
    faces: int
    present: bool = False
    portrait: NDArray[np.uint8] | None = None
    embedding: Embedding | None = None
    doubts: tuple[str, ...] = ()
    sharpness: float = 0.0
    photo: bool = False
    generation: int = 0


@dataclass(frozen=True, eq=False)
class MatchRequest:
    """Asks whom the embedding of a visitor, by number, resembles most, or least."""

    generation: int
    visitor: int
    embedding: Embedding
    farthest: bool


@dataclass(frozen=True, eq=False)
class MatchReply:
    """The reply to a `MatchRequest`; without a picture where nobody was found.

    The latent is a numpy array: torch would pass a tensor through a file in shared memory.
    """

    generation: int
    visitor: int
    name: str = ""
    distance: float = 0.0
    picture: NDArray[np.uint8] | None = None
    latent: NDArray[np.float32] | None = None
