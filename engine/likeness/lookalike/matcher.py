"""Whom visitors may resemble: those of a gallery, or where there is none the generator's own population."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from likeness.errors import LikenessError
from likeness.faces.embed import Embedding
from likeness.lookalike.face_reader import FaceReader
from likeness.lookalike.vision_process import MatchReply, MatchRequest, VisionConfig

if TYPE_CHECKING:
    from likeness.gallery import Gallery
    from likeness.gallery.face_types import Record
    from likeness.generator import Generator

log = logging.getLogger(__name__)


class Matcher:
    """Searched for matches. One thread, the lookout's.

    The population that is kept beside the weights is there as a whole; where there is none, it grows by one face where
    there is time. Of both, seeds and embeddings are kept: who is found is drawn again.

    Args:
        outlook: where the gallery and the weights are.
        eyes: see the drawings as they see the visitors.
    """

    def __init__(self, outlook: VisionConfig, eyes: FaceReader) -> None:
        self._outlook, self._eyes = outlook, eyes
        self._seeds: list[int] = []
        self._embeddings: list[Embedding] = []
        self._psi = outlook.psi
        # Faces to be drawn; None until the generator is open, 0 where it cannot be.
        self._left: int | None = None
        self._generator: Generator | None = None
        self._told = False
        self._gallery = self._opened()

    @property
    def drawing(self) -> bool:
        """Return whether there is somebody still to come."""
        return self._gallery is None and self._left != 0

    def draw_next(self) -> None:
        """Open the generator with the population that is kept, or draw one more face: a tenth of a second of one core.

        Opening takes a second or two.
        """
        try:
            if self._generator is None:
                self._generator = self._opened_generator()
            else:
                self._draw_one()
        except LikenessError as error:
            log.error("there is nobody to resemble: %s", error)
            self._left = 0

    def match(self, ask: MatchRequest) -> MatchReply:
        """Return the nearest or the farthest; an answer without a picture where there is nobody.

        Raises:
            LikenessError: where the gallery cannot be read, or the match not be drawn.
        """
        if self._gallery is not None:
            return self._of_gallery(self._gallery, ask)
        while self.drawing and not self._seeds:
            self.draw_next()
        if not self._seeds:
            return MatchReply(ask.era, ask.guest)
        apart = np.linalg.norm(np.stack(self._embeddings) - ask.embedding.astype(np.float64), axis=1)
        at = int(apart.argmax() if ask.farthest else apart.argmin())
        latent, picture = self._drawn(self._seeds[at])
        return MatchReply(ask.era, ask.guest, f"seed {self._seeds[at]}", float(apart[at]), picture, latent)

    def _of_gallery(self, gallery: Gallery, ask: MatchRequest) -> MatchReply:
        found = gallery.search(ask.embedding, 1, farthest=ask.farthest)
        if not found:
            return MatchReply(ask.era, ask.guest)
        match = found[0]
        ours = match.record.weights == self._outlook.weights.stem and not self._outdated(match.record)
        latent = np.asarray(match.latent, np.float32) if ours and match.latent is not None else None
        return MatchReply(ask.era, ask.guest, match.name, match.distance, match.picture(), latent)

    def _outdated(self, record: Record) -> bool:
        """Whether a face's latent is of other weights of this name; told of once."""
        outdated = record.outdated(self._outlook.weights.stem, self._fingerprint)
        if outdated and not self._told:
            self._told = True
            log.warning(
                "the gallery has faces that were made with other weights called %s: they are encoded from their "
                "pictures; see: likeness gallery list",
                record.weights,
            )
        return outdated

    @cached_property
    def _fingerprint(self) -> str:
        from likeness.generators.weights_file import fingerprint

        return fingerprint(self._outlook.weights)

    def _opened(self) -> Gallery | None:
        if not (self._outlook.gallery / "gallery.db").is_file():
            return None
        # With torch and a database behind it this takes a second, which a lookout without a gallery need not wait.
        from likeness.gallery import Gallery

        try:
            gallery = Gallery.open(self._outlook.gallery)
        except LikenessError as error:
            log.error("%s; visitors resemble the generator's own people", error)
            return None
        return gallery if len(gallery) else None

    def _opened_generator(self) -> Generator:
        import torch

        from likeness import open_generator
        from likeness.gallery.population_file import DRAWN_SIZE, find_population

        torch.set_num_threads(1)
        generator = open_generator(self._outlook.weights, size=DRAWN_SIZE)
        kept = find_population(self._outlook.weights)
        if kept is None:
            self._left = self._outlook.population
        else:
            self._seeds, self._embeddings, self._psi = kept.seeds.tolist(), list(kept.embeddings), kept.psi
            self._left = 0
        return generator

    def _draw_one(self) -> None:
        assert self._left is not None
        seed = self._outlook.seed + self._outlook.population - self._left
        self._left -= 1
        _, picture = self._drawn(seed)
        face = self._eyes.find_drawn(picture)
        if face is not None:
            self._seeds.append(seed)
            self._embeddings.append(self._eyes.embed(picture, face))

    def _drawn(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a member's latent `[num_ws, w_dim]` float32, and the picture `[H, W, 3]` uint8 RGB."""
        from likeness.gallery.population import draw

        assert self._generator is not None
        latent, picture = draw(self._generator, seed, self._psi)
        return latent.float().cpu().numpy(), picture
