"""The films of a photo: good and bad news, a loop along a direction, and the children of two."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.faces.resize import resize
from likeness.generator import Generator
from likeness.latent import lerp, slerp
from likeness.lookalike.film_plan import (
    CHILD_S,
    CHILD_STAY,
    DRAWN_S,
    LOOP_S,
    LOOP_STAY,
    NEWS_SECONDS,
    FilmPlan,
)
from likeness.lookalike.turn import Turn
from likeness.picture import Picture, to_picture
from likeness.toolkit.siblings import blend_siblings, fair_shares, group_numbers, pause_at_ends

PAIRS = 2
# Each layer group of a child is partly a mix, as the plugin `children` has it at its start.
MIXING = 0.5


class FilmMaker:
    """Draws films frame by frame: the same arguments give the same pictures.

    Args:
        generator: of any family.
        plan: how large, how long.
    """

    def __init__(self, generator: Generator, plan: FilmPlan) -> None:
        self._generator, self._plan = generator, plan
        self._mean = generator.mean

    @torch.inference_mode()
    def draw(self, latent: Tensor) -> Picture:
        """Return the picture of a latent `[num_ws, w_dim]`, as large as the face in the film."""
        return resize(to_picture(self._generator.synthesize(latent[None].to(self._mean))), self._plan.side)

    def draw_news(self, latent: Tensor, photo: Picture, match: Tensor, match_photo: Picture) -> Iterator[Picture]:
        """Yield the pictures from a photo, by its drawing and the walk to the match's, to the match's picture.

        Args:
            latent: of the photo, `[num_ws, w_dim]`.
            photo: `[side, side, 3]`, aligned.
            match: the match's latent.
            match_photo: the match's picture, `[side, side, 3]`.
        """
        turn, dt = Turn(), self._plan.pace / self._plan.fps
        turn.advance(NEWS_SECONDS.blend, NEWS_SECONDS, matched=False)
        walk_at = NEWS_SECONDS.photo + NEWS_SECONDS.blend + DRAWN_S
        drawn, along, frame = self.draw(latent), 0.0, 0
        # The generator's own people have no other picture: a dissolve into it would only be a longer stand.
        same = np.array_equal(self.draw(match), match_photo)
        while not turn.over:
            if turn.phase == "meet" and same:
                turn.advance(NEWS_SECONDS.blend, NEWS_SECONDS, matched=True)
            mix = turn.mix
            if mix.along != along:
                drawn, along = self.draw(lerp(latent, match, mix.along)), mix.along
            yield dissolve(dissolve(drawn, photo, mix.photo), match_photo, mix.match)
            frame += 1
            # A turn waits before the walk for as long as there is no match.
            turn.advance(dt, NEWS_SECONDS, matched=frame * dt >= walk_at)

    def draw_loop(self, latent: Tensor, direction: Tensor) -> Iterator[Picture]:
        """Yield the pictures from a face along a direction and back; the first comes after the last without a jump.

        Args:
            latent, direction: `[num_ws, w_dim]`.
        """
        half = -(-self._plan.frames(LOOP_S) // 2)
        drawn: dict[float, Picture] = {}
        # The way back has the pictures of the way there.
        for frame in [*range(half + 1), *range(half - 1, 0, -1)]:
            amount = self._plan.extent * pause_at_ends(frame / half, LOOP_STAY)
            if amount not in drawn:
                drawn[amount] = self.draw(latent + direction * amount)
            yield drawn[amount]

    def children(self, parents: Tensor) -> Tensor:
        """Return the latents `[2 * PAIRS, num_ws, w_dim]` of children, pair by pair; see `fair_shares`.

        Args:
            parents: `[2, num_ws, w_dim]`.
        """
        info = self._generator.info
        groups = group_numbers(info.groups, info.num_ws)
        shares = fair_shares(f"{self._plan.seed} film", PAIRS, max(groups) + 1, MIXING)
        return blend_siblings(parents - self._mean, shares, groups) + self._mean

    def draw_children(self, parents: Tensor) -> Iterator[Picture]:
        """Yield the pictures once round: a parent, two children, the other parent, those children's siblings.

        Args:
            parents: `[2, num_ws, w_dim]`.
        """
        children = self.children(parents)
        ring = torch.cat((parents[:1], children[0::2], parents[1:], children[1::2])) - self._mean
        frames = self._plan.frames(CHILD_S)
        drawn, shown = self.draw(parents[0]), (0, 0.0)
        for index in range(len(ring)):
            for frame in range(frames):
                along = pause_at_ends(frame / frames, CHILD_STAY)
                if (index, along) != shown:
                    face = slerp(ring[index], ring[(index + 1) % len(ring)], along) + self._mean
                    drawn, shown = self.draw(face), (index, along)
                yield drawn


def dissolve(first: Picture, second: Picture, amount: float) -> Picture:
    """Return `first` with `amount` in [0, 1] of `second` over it, two pictures of one size."""
    if amount <= 0.0:
        return first
    if amount >= 1.0:
        return second
    return np.asarray(cv2.addWeighted(first, 1.0 - amount, second, amount, 0.0), np.uint8)
