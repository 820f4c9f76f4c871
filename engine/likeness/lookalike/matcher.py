"""Matching: whom a visitor resembles, in a gallery or, without one, in the generator's own population."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from likeness.errors import LikenessError
from likeness.faces.embed import Embedding
from likeness.lookalike.face_reader import FaceReader
from likeness.lookalike.messages import MatchReply, MatchRequest, VisionConfig

if TYPE_CHECKING:
    from likeness.gallery import Gallery
    from likeness.gallery.face_types import Record
    from likeness.generator import Generator
    from likeness.generators.weights_file import SharedLatents

log = logging.getLogger(__name__)


class Matcher:
    """Finds matches. One thread, that of the vision process.

    A population that is kept beside the weights is there as a whole; where there is none, one is drawn face by face
    while there is time. Seeds and embeddings are kept, and whoever is found is drawn again.

    Args:
        config: where the gallery and the weights are.
        reader: looks at drawings as it looks at visitors.
    """

    def __init__(self, config: VisionConfig, reader: FaceReader) -> None:
        self._config, self._reader = config, reader
        self._seeds: list[int] = []
        self._embeddings: list[Embedding] = []
        self._psi = config.psi
        # Faces still to be drawn; None until the generator is open, 0 where it cannot be opened.
        self._left: int | None = None
        self._generator: Generator | None = None
        self._warned = False
        self._gallery = self._open_gallery()

    @property
    def drawing(self) -> bool:
        """Whether faces of the population are still to be drawn."""
        return self._gallery is None and self._left != 0

    def draw_next(self) -> None:
        """Open the generator (a second or two), or draw one more face (a tenth of a second of one core)."""
        try:
            if self._generator is None:
                self._generator = self._open_generator()
            else:
                self._draw_one()
        except LikenessError as error:
            log.error("there is nobody to match visitors with: %s", error)
            self._left = 0

    def match(self, request: MatchRequest) -> MatchReply:
        """Return the nearest or the farthest face; a reply without a picture where there is nobody.

        Raises:
            LikenessError: if the gallery cannot be read, or the match cannot be drawn.
        """
        if self._gallery is not None:
            return self._match_in_gallery(self._gallery, request)
        while self.drawing and not self._seeds:
            self.draw_next()
        if not self._seeds:
            return MatchReply(request.generation, request.visitor)
        apart = np.linalg.norm(np.stack(self._embeddings) - request.embedding.astype(np.float64), axis=1)
        at = int(apart.argmax() if request.farthest else apart.argmin())
        latent, picture = self._draw(self._seeds[at])
        return MatchReply(
            request.generation, request.visitor, f"seed {self._seeds[at]}", float(apart[at]), picture, latent
        )

    def _match_in_gallery(self, gallery: Gallery, request: MatchRequest) -> MatchReply:
        found = gallery.search(request.embedding, 1, farthest=request.farthest)
        if not found:
            return MatchReply(request.generation, request.visitor)
        match = found[0]
        ours = self._plays(match.record)
        latent = np.asarray(match.latent, np.float32) if ours and match.latent is not None else None
        return MatchReply(request.generation, request.visitor, match.name, match.distance, match.picture(), latent)

    def _plays(self, record: Record) -> bool:
        """Return whether a face's latent is one of these weights, or of those whose latents they play."""
        shared = self._shared
        if shared is not None and record.weights == shared.weights:
            return record.weights_sha256 in ("", shared.sha256)
        return record.weights == self._config.weights.stem and not self._outdated(record)

    def _outdated(self, record: Record) -> bool:
        """Return whether a face's latent is of other weights of this name; warn once."""
        outdated = record.outdated(self._config.weights.stem, self._fingerprint)
        if outdated and not self._warned:
            self._warned = True
            log.warning(
                "the gallery has faces that were made with other weights called %s: they are encoded from their "
                "pictures; see: likeness gallery list",
                record.weights,
            )
        return outdated

    @cached_property
    def _fingerprint(self) -> str:
        from likeness.generators.weights_file import fingerprint

        return fingerprint(self._config.weights)

    @cached_property
    def _shared(self) -> SharedLatents | None:
        from likeness.generators.weights_file import read_header, shared_latents

        return shared_latents(read_header(self._config.weights))

    def _open_gallery(self) -> Gallery | None:
        folder = self._config.gallery
        if folder is None or not (folder / "gallery.db").is_file():
            return None
        # It imports torch and a database, which takes a second that a show without a gallery need not wait for.
        from likeness.gallery import Gallery

        try:
            gallery = Gallery.open(folder)
        except LikenessError as error:
            log.error("%s; visitors are matched with the generator's own people", error)
            return None
        return gallery if len(gallery) else None

    def _open_generator(self) -> Generator:
        import torch

        from likeness import open_generator
        from likeness.gallery.population_file import DRAWN_SIZE, find_population

        torch.set_num_threads(1)
        generator = open_generator(self._config.weights, size=DRAWN_SIZE)
        kept = find_population(self._config.weights)
        if kept is None:
            self._left = self._config.population
        else:
            self._seeds, self._embeddings, self._psi = kept.seeds.tolist(), list(kept.embeddings), kept.psi
            self._left = 0
        return generator

    def _draw_one(self) -> None:
        assert self._left is not None
        seed = self._config.seed + self._config.population - self._left
        self._left -= 1
        _, picture = self._draw(seed)
        face = self._reader.find_in_drawing(picture)
        if face is not None:
            self._seeds.append(seed)
            self._embeddings.append(self._reader.embed(picture, face))

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a face of the population: latent `[num_ws, w_dim]` float32, and picture `[H, W, 3]` uint8 RGB."""
        from likeness.gallery.population import draw_face

        assert self._generator is not None
        latent, picture = draw_face(self._generator, seed, self._psi)
        return latent.float().cpu().numpy(), picture
