"""A visitor and their match, in memory alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from likeness.events import AudienceTurn
from likeness.faces.embed import Embedding

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Match:
    """Whom a visitor resembles.

    Attributes:
        name: as the gallery has it.
        distance: between the embeddings.
        picture: `[H, H, 3]` uint8 RGB, aligned.
        latent: `[num_ws, w_dim]` that draws it, or None while it is not known.
    """

    name: str
    distance: float
    picture: Pixels
    latent: Tensor | None = None


@dataclass(eq=False)
class Visitor:
    """A visitor. The tracker's thread alone writes; any thread may read a field.

    Attributes:
        number: counts the visitors.
        portrait: `[size, size, 3]` uint8 RGB, aligned.
        embedding: `[128]`.
        seen_at: when they were last before the camera, in seconds.
        latent: `[num_ws, w_dim]` on the CPU, None until the encoder has guessed; replaced as a search refines it.
        steps: how many steps of the search are in `latent`.
        match: whom they resemble, None until somebody is found.
        forgotten: whether `wipe` was called.
        turn: of the audience, for whoever sent a photo from their phone.
        name_line: the name that they wished to be shown, as `draw_name` draws it; None for none.
    """

    number: int
    portrait: Pixels = field(repr=False)
    embedding: Embedding = field(repr=False)
    seen_at: float
    latent: Tensor | None = field(default=None, repr=False)
    steps: int = 0
    match: Match | None = field(default=None, repr=False)
    forgotten: bool = False
    turn: AudienceTurn | None = field(default=None, repr=False)
    name_line: Pixels | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Whether the visitor can be shown."""
        return self.latent is not None and not self.forgotten

    def wipe(self) -> None:
        """Overwrite and drop all that tells who the visitor was."""
        self.forgotten = True
        self.portrait.fill(0)
        self.embedding.fill(0)
        if self.latent is not None:
            self.latent.zero_()
        self.latent = self.match = self.name_line = None
