"""Whom visitors may resemble: those of a gallery, or where there is none a population that the generator draws."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.faces.embed import Embedding, identity_distance
from likeness.guests.lookout import Answer, Ask, Outlook
from likeness.guests.seeing import Eyes

if TYPE_CHECKING:
    from likeness.gallery import Gallery
    from likeness.generator import Generator

log = logging.getLogger(__name__)

# Drawn at this height, as large as an embedding needs.
DRAWN_SIZE = 256


@dataclass(frozen=True, eq=False)
class Member:
    """Somebody whom the generator draws."""

    seed: int
    embedding: Embedding
    latent: NDArray[np.float32]
    picture: NDArray[np.uint8]


class Society:
    """Searched for matches; the population grows by one face where there is time. One thread, the lookout's.

    Args:
        outlook: where the gallery and the weights are.
        eyes: see the drawings as they see the visitors.
    """

    def __init__(self, outlook: Outlook, eyes: Eyes) -> None:
        self._outlook, self._eyes = outlook, eyes
        self._members: list[Member] = []
        self._next = 0
        self._generator: Generator | None = None
        self._gallery = self._opened()

    @property
    def growing(self) -> bool:
        """Return whether there are still faces to be drawn."""
        return self._gallery is None and self._next < self._outlook.population

    def grow(self) -> None:
        """Draw one more face: a tenth of a second of one core."""
        try:
            self._grow(self._opened_generator())
        except LikenessError as error:
            log.error("there is nobody to resemble: %s", error)
            self._next = self._outlook.population

    def match(self, ask: Ask) -> Answer:
        """Return the nearest or the farthest; an answer without a picture where there is nobody.

        Raises:
            GalleryError: where the gallery cannot be read.
        """
        if self._gallery is not None:
            return self._of_gallery(self._gallery, ask)
        if not self._members:
            self.grow()
        pick = max if ask.farthest else min
        near = [(identity_distance(member.embedding, ask.embedding), member) for member in self._members]
        if not near:
            return Answer(ask.era, ask.guest)
        distance, member = pick(near, key=lambda pair: pair[0])
        return Answer(ask.era, ask.guest, f"seed {member.seed}", distance, member.picture, member.latent)

    def _of_gallery(self, gallery: Gallery, ask: Ask) -> Answer:
        found = gallery.search(ask.embedding, 1, farthest=ask.farthest)
        if not found:
            return Answer(ask.era, ask.guest)
        match = found[0]
        ours = match.record.weights == self._outlook.weights.stem and match.latent is not None
        latent = np.asarray(match.latent, np.float32) if ours else None
        return Answer(ask.era, ask.guest, match.name, match.distance, match.picture(), latent)

    def _opened(self) -> Gallery | None:
        if not (self._outlook.gallery / "gallery.db").is_file():
            return None
        # With torch and a database behind it this takes a second, which a lookout without a gallery need not wait.
        from likeness.gallery import Gallery

        try:
            gallery = Gallery.open(self._outlook.gallery)
        except LikenessError as error:
            log.error("%s; visitors resemble faces that are drawn now", error)
            return None
        return gallery if len(gallery) else None

    def _opened_generator(self) -> Generator:
        if self._generator is None:
            import torch

            from likeness import open_generator

            torch.set_num_threads(1)
            self._generator = open_generator(self._outlook.weights, size=DRAWN_SIZE)
        return self._generator

    def _grow(self, generator: Generator) -> None:
        import torch

        from likeness.latent import truncate
        from likeness.readback import to_picture

        seed = self._outlook.seed + self._next
        self._next += 1
        with torch.inference_mode():
            latent = truncate(generator.sample([seed]), generator.mean, self._outlook.psi)
            picture = np.asarray(to_picture(generator.synthesize(latent)), np.uint8)
        face = self._eyes.find_drawn(picture)
        if face is not None:
            embedding = self._eyes.embed(picture, face)
            self._members.append(Member(seed, embedding, latent[0].float().cpu().numpy(), picture))
