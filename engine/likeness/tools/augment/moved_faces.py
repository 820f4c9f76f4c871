"""New pictures of a person: the face taken to a latent, moved there, and kept where the person is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from likeness.errors import LikenessError, WeightsError, say_count
from likeness.faces.carry import carry_change, carry_worn, find_move, join_warps
from likeness.faces.detect import Detector, Face, ShapeModel
from likeness.faces.embed import Embedder, Embedding, identity_distance
from likeness.faces.flow import Field, FlowFinder, resize_field
from likeness.faces.portrait import choose_main_face
from likeness.faces.resize import resize
from likeness.files.paths import list_directions
from likeness.generator import Generator, WarpedGenerator
from likeness.picture import Picture, to_picture, to_tensor
from likeness.projection.search_encoder import SearchEncoder
from likeness.tools.augment.new_picture import Made, NewPicture, OnStep, keep_new
from likeness.tools.augment.plan import RANGES, MovePlan
from likeness.tools.encode_photos import read_portrait
from likeness.tools.moves import find_switches, sum_moves

# What did not hold the person is drawn again so much nearer, so many times in all.
NEARER, MOST_TRIES = 0.6, 5


def choose_ranges(generator: Generator, wanted: Mapping[str, float]) -> dict[str, float]:
    """Return the ranges that were asked for, else those of `RANGES` that these weights have directions for.

    Raises:
        WeightsError: they have none of them.
    """
    if wanted:
        return {name: abs(amount) for name, amount in wanted.items()}
    known = list_directions(*generator.info.names)
    found = {name: amount for name, amount in RANGES.items() if name in known}
    if not found:
        raise WeightsError(
            f"these weights have no direction called {', '.join(RANGES)}: `likeness directions` finds some; or name "
            "what to move, as --move smile=1.5"
        )
    return found


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A picture as the generator draws it, and its warp from the mean face in px where the generator knows it."""

    picture: Picture
    warp: Field | None


@dataclass(frozen=True, eq=False)
class _Person:
    """Who is to be held: where the face is in its cut, and its embedding."""

    face: Face
    embedding: Embedding


class FaceMover:
    """Makes new pictures of a person; one thread at a time.

    Args:
        generator: of any family.
        plan: how faces are moved.
        seed: of the searches.

    Raises:
        WeightsError: a direction is not there, or of another generator's shape.
        LikenessError: one that puts something on would not reach to where all of it is.
    """

    def __init__(self, generator: Generator, plan: MovePlan, seed: int) -> None:
        self._generator, self._plan = generator, plan
        self._moves = {name: sum_moves(generator, {name: 1.0}) for name in plan.ranges}
        self._switches = find_switches(generator, plan.ranges)
        for name, switch in self._switches.items():
            if plan.ranges[name] < switch.whole:
                raise LikenessError(
                    f"--move {name}={plan.ranges[name]:g} would show a ghost of {switch.puts_on} or nothing; {name} is "
                    f"a switch, which half of the pictures get: give --move {name}=1"
                )
        self._encoder = SearchEncoder(generator, plan.steps, seed)
        self._detector, self._embedder, self._flow = Detector(), Embedder(), FlowFinder()
        self._shape = ShapeModel()

    def make(self, path: Path, seed: tuple[int, ...], on_step: OnStep) -> Made:
        """Return new pictures of the face of a photo; fewer than planned where the person was not held.

        Raises:
            PhotoError: it cannot be read, or shows no face.
        """
        plan, size = self._plan, self._generator.info.resolution
        portrait, notes = read_portrait(path, None if plan.aligned else self._detector, size)
        photo = resize(portrait, size)
        faces = self._detector.find(photo)
        if not faces:
            return Made(photo, (), (*notes, "no face is found in its cut, so that nobody could be held"))
        person = _Person(face := choose_main_face(faces, photo.shape), self._embedder.embed(photo, face))
        total = plan.steps + plan.count
        latent = self._encoder.encode(
            to_tensor(photo).to(self._generator.mean), lambda step: on_step(step.number, total)
        )
        drawn, new = self._draw(latent), list[NewPicture]()
        for number in range(plan.count):
            held = self._move(photo, drawn, latent, person, *self._choose_amounts(seed, number))
            if held is not None:
                new.append(held)
            on_step(plan.steps + number + 1, total)
        if len(new) < plan.count:
            lost = say_count(plan.count - len(new), f"of {plan.count} was", f"of {plan.count} were")
            notes = (*notes, f"{lost} not within {plan.within:g} of the person")
        return keep_new(photo, drawn.picture if plan.detail == "drawing" else photo, new, notes)

    def _move(
        self,
        photo: Picture,
        drawn: _Drawing,
        latent: Tensor,
        person: _Person,
        amounts: Mapping[str, float],
        on: Mapping[str, float],
    ) -> NewPicture | None:
        """Return one moved face that holds the person, tried nearer and nearer; None where none did.

        Args:
            amounts: of directions, which are lessened.
            on: of switches that are on, which are not.
        """
        for tries in range(1, MOST_TRIES + 1 if amounts else 2):
            bare = self._draw(latent + self._sum(amounts))
            moved = self._draw(latent + self._sum({**amounts, **on})) if on else bare
            picture = moved.picture
            if self._plan.detail == "photo":
                picture = carry_change(photo, drawn.picture, bare.picture, self._find_field(drawn, bare))
                if on:
                    picture = carry_worn(picture, bare.picture, moved.picture)
            # Where the face is, is known: only its landmarks have moved.
            face = self._shape.complete(picture, person.face)
            distance = identity_distance(person.embedding, self._embedder.embed(picture, face))
            if distance <= self._plan.within:
                moves = dict.fromkeys(self._plan.ranges, 0.0) | {**amounts, **on}
                return NewPicture(picture, moves, distance, tries)
            amounts = {name: NEARER * amount for name, amount in amounts.items()}
        return None

    def _choose_amounts(self, seed: tuple[int, ...], number: int) -> tuple[dict[str, float], dict[str, float]]:
        """Return how far the `number`th picture is moved along directions, and the switches that are on.

        A switch is on or off, and nothing between: half of the pictures get what it puts on. Where nothing else is
        moved, there is one picture for each choice of switches, all of them first.
        """
        rng, ranges = np.random.default_rng((*seed, number)), self._plan.ranges
        shares = {name: float(rng.uniform(-1, 1)) for name in ranges}
        amounts = {name: share * ranges[name] for name, share in shares.items() if name not in self._switches}
        is_on = {
            name: shares[name] > 0 if amounts else not number >> place & 1 for place, name in enumerate(self._switches)
        }
        return amounts, {name: ranges[name] for name, on in is_on.items() if on}

    def _sum(self, amounts: Mapping[str, float]) -> Tensor:
        """Return what is added to a latent to move it by these amounts."""
        moves = [amount * self._moves[name] for name, amount in amounts.items()]
        return torch.stack(moves).sum(0) if moves else torch.zeros_like(self._generator.mean)

    def _find_field(self, drawn: _Drawing, moved: _Drawing) -> Field:
        """Return how one drawing is warped to another: told by the generator where it knows, else found by flow."""
        if drawn.warp is None or moved.warp is None:
            return find_move(drawn.picture, moved.picture, self._flow)
        return join_warps(drawn.warp, moved.warp)

    @torch.inference_mode()
    def _draw(self, latent: Tensor) -> _Drawing:
        picture, warp = to_picture(self._generator.synthesize(latent)), None
        if isinstance(self._generator, WarpedGenerator) and self._generator.warp is not None:
            # In widths of the picture there, in px here.
            field = self._generator.warp[0].permute(1, 2, 0).float().cpu().numpy() * self._generator.warp.shape[-1]
            warp = resize_field(np.ascontiguousarray(field, np.float32), len(picture))
        return _Drawing(picture, warp)
