"""Photos to latents by search, behind the same call as an encoder's one pass."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from torch import Tensor

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import WeightsError
from likeness.generator import Generator
from likeness.projection.loss import face_mask, open_feature_net
from likeness.projection.search import Step, project

log = logging.getLogger(__name__)

OnStep = Callable[[Step], None]


class SearchEncoder:
    """Searches for the latent of each picture from the encoder's guess, or from the mean where there is no encoder.

    Args:
        generator: of any family.
        steps: of each search; 0 takes the guess as it is.
        seed: of what is drawn at random.
    """

    def __init__(self, generator: Generator, steps: int = 100, seed: int = 0) -> None:
        self._generator, self._steps, self._seed = generator, steps, seed
        self._encoder: Encoder | None
        try:
            self._encoder = open_encoder_for(generator)
        except WeightsError as error:
            log.warning("%s; each search starts at the mean", error)
            self._encoder = None
        self._feature_net = open_feature_net(device=generator.mean.device) if steps else None

    def encode(self, pictures: Tensor, on_step: OnStep = lambda _step: None) -> Tensor:
        """Return latents `[batch, num_ws, w_dim]`, the best step of all, of aligned `pictures` `[batch, 3, H, H]`.

        Args:
            pictures: in [-1, 1].
            on_step: called with each step.
        """
        generator = self._generator
        guess = generator.mean[None].expand(len(pictures), -1, -1)
        if self._encoder is not None:
            guess = self._encoder.encode(pictures)
        if not self._steps:
            return guess
        best, least = guess, math.inf
        mask = face_mask(pictures.shape[-1], pictures.device)
        for step in project(
            generator, pictures, start=guess, steps=self._steps, mask=mask, feature_net=self._feature_net,
            seed=self._seed,
        ):  # fmt: skip
            on_step(step)
            if step.loss < least:
                best, least = step.latent, step.loss
        return best
