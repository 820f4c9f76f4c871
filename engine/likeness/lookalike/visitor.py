"""One visitor, in memory alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from likeness.faces.embed import Embedding

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Match:
    """Whom a guest resembles.

    Attributes:
        name: as the gallery calls them.
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
    """A visitor. One thread, the reception's, writes; any may read a field.

    Attributes:
        number: counts the visitors.
        portrait: `[size, size, 3]` uint8 RGB, aligned.
        embedding: `[128]`.
        seen_at: when they were last before the camera, in seconds.
        latent: `[num_ws, w_dim]` on the CPU, None until the encoder has guessed; exchanged as a search refines it.
        steps: how many steps of the search are in `latent`.
        likeness: whom they resemble, None until somebody is found.
    """

    number: int
    portrait: Pixels = field(repr=False)
    embedding: Embedding = field(repr=False)
    seen_at: float
    latent: Tensor | None = field(default=None, repr=False)
    steps: int = 0
    likeness: Match | None = field(default=None, repr=False)
    forgotten: bool = False

    @property
    def ready(self) -> bool:
        """Return whether the guest can be shown."""
        return self.latent is not None and not self.forgotten

    def wipe(self) -> None:
        """Overwrite and let go of all that tells who it was."""
        self.forgotten = True
        self.portrait.fill(0)
        self.embedding.fill(0)
        if self.latent is not None:
            self.latent.zero_()
        self.latent = self.likeness = None
