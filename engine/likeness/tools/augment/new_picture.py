"""New pictures of one picture, and the protocol of what makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from likeness.picture import Picture

OnStep = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, eq=False)
class NewPicture:
    """One that was made.

    Args:
        picture: `[size, size, 3]`.
        moved: what was moved, by how much.
        distance: of its embedding from the photo's; None where nothing tells people apart.
        tries: how often it was drawn until the person was held.
    """

    picture: Picture
    moved: Mapping[str, float] = field(default_factory=dict)
    distance: float | None = None
    tries: int = 1


@dataclass(frozen=True, eq=False)
class Made:
    """What became of one picture.

    Args:
        original: the picture itself, cut as the new ones are.
        new: those that were made.
        notes: what its sender should know.
    """

    original: Picture
    new: tuple[NewPicture, ...]
    notes: tuple[str, ...] = ()


class Maker(Protocol):
    """Makes new pictures of one after the other; one thread."""

    def make(self, path: Path, seed: tuple[int, ...], on_step: OnStep) -> Made:
        """Return what became of a picture.

        Args:
            path: of its file.
            seed: of all that is drawn at random.
            on_step: called with what is done of it, and the total.

        Raises:
            LikenessError: it cannot be read, or is not what was wanted; others may be.
        """
        ...
