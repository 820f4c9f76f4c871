"""The films of a photo: good and bad news, a loop along a direction, and the children of two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

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
from likeness.lookalike.turn import Mix, Turn
from likeness.picture import Picture, to_picture, to_pictures
from likeness.toolkit.siblings import blend_siblings, fair_shares, group_numbers, pause_at_ends

PAIRS = 2
# Each layer group of a child is partly a mix, as the plugin `children` has it at its start.
MIXING = 0.5
# Pictures of one forward. With faces-256 on one core of a busy Xeon four took 17 ms each, two 20, one 22, and eight 16
# to 22.
BATCH = 4


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
        # The generator's own people have no other picture: a dissolve into it would only be a longer stand.
        mixes = list(self._mix_news(same=np.array_equal(self.draw(match), match_photo)))
        drawn = self._draw_each(lerp(latent, match, along) for along, _ in groupby(mixes, lambda mix: mix.along))
        for _, standing in groupby(mixes, lambda mix: mix.along):
            picture = next(drawn)
            for mix in standing:
                yield dissolve(dissolve(picture, photo, mix.photo), match_photo, mix.match)

    def _mix_news(self, *, same: bool) -> Iterator[Mix]:
        """Yield what each frame of the news is mixed of; `same` has no dissolve into the match's picture."""
        turn, dt = Turn(), self._plan.pace / self._plan.fps
        turn.advance(NEWS_SECONDS.blend, NEWS_SECONDS, matched=False)
        walk_at, frame = NEWS_SECONDS.photo + NEWS_SECONDS.blend + DRAWN_S, 0
        while not turn.over:
            if turn.phase == "meet" and same:
                turn.advance(NEWS_SECONDS.blend, NEWS_SECONDS, matched=True)
            yield turn.mix
            frame += 1
            # A turn waits before the walk for as long as there is no match.
            turn.advance(dt, NEWS_SECONDS, matched=frame * dt >= walk_at)

    def draw_loop(self, latent: Tensor, direction: Tensor) -> Iterator[Picture]:
        """Yield the pictures from a face along a direction and back; the first comes after the last without a jump.

        Args:
            latent, direction: `[num_ws, w_dim]`.
        """
        half = -(-self._plan.frames(LOOP_S) // 2)
        amounts = [self._plan.extent * pause_at_ends(frame / half, LOOP_STAY) for frame in range(half + 1)]
        drawn = self._draw_each(latent + direction * amount for amount, _ in groupby(amounts))
        there: list[Picture] = []
        for _, standing in groupby(amounts):
            picture = next(drawn)
            for _ in standing:
                there.append(picture)
                yield picture
        # The way back has the pictures of the way there.
        yield from there[-2:0:-1]

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
        frames, following = self._plan.frames(CHILD_S), ring.roll(-1, 0)
        places = [(face, pause_at_ends(at / frames, CHILD_STAY)) for face in range(len(ring)) for at in range(frames)]
        drawn = self._draw_each(
            slerp(ring[face], following[face], along) + self._mean for (face, along), _ in groupby(places)
        )
        for _, standing in groupby(places):
            picture = next(drawn)
            for _ in standing:
                yield picture

    def _draw_each(self, latents: Iterable[Tensor]) -> Iterator[Picture]:
        """Yield the picture of each latent `[num_ws, w_dim]`, drawn a few at a time."""
        coming = iter(latents)
        while batch := list(islice(coming, BATCH)):
            with torch.inference_mode():
                images = self._generator.synthesize(torch.stack(batch).to(self._mean))
            yield from (resize(picture, self._plan.side) for picture in to_pictures(images))


def dissolve(first: Picture, second: Picture, amount: float) -> Picture:
    """Return `first` with `amount` in [0, 1] of `second` over it, two pictures of one size."""
    if amount <= 0.0:
        return first
    if amount >= 1.0:
        return second
    return np.asarray(cv2.addWeighted(first, 1.0 - amount, second, amount, 0.0), np.uint8)
