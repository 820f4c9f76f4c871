"""New pictures of one picture, and the protocol of what makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from likeness.errors import say_count
from likeness.picture import Picture
from likeness.tools.moves import show_same

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


def keep_new(original: Picture, source: Picture, made: Sequence[NewPicture], notes: tuple[str, ...] = ()) -> Made:
    """Return what became of a picture, without those that show what it, or one before them, shows already.

    Args:
        original: the picture itself, cut as the new ones are.
        source: what the new ones were made of.
        made: those in their order.
        notes: what its sender should know besides.
    """
    new = list[NewPicture]()
    for each in made:
        if not any(show_same(each.picture, known) for known in (source, *(other.picture for other in new))):
            new.append(each)
    if len(new) < len(made):
        same = say_count(len(made) - len(new), "picture shows", "pictures show")
        notes = (*notes, f"{same} nothing new and would be copies; more directions, or farther, give more")
    return Made(original, tuple(new), notes)


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
