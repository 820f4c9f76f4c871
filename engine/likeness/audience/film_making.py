"""The making of a visitor's films, as `likeness lookalike` makes them, with generator and models that stay open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch

from likeness.audience.nudity import NudityScore
from likeness.audience.pairs import FILM
from likeness.audience.worker import OTHER, ClaimLostError, MadeFilms
from likeness.faces.detect import Detector
from likeness.faces.photo import read_photo
from likeness.faces.portrait import find_portrait
from likeness.files.paths import resolve_direction
from likeness.generator import Generator
from likeness.lookalike.film_folder import BAD, CHILDREN, GOOD, STILLS, FilmFolder
from likeness.lookalike.film_plan import FilmPlan
from likeness.lookalike.films import FilmMaker
from likeness.lookalike.photo_visitor import PhotoVisitor, PhotoVisitorReader
from likeness.lookalike.visitor import Match
from likeness.picture import Picture
from likeness.toolkit.latent_file import read_directions

LOOP = "smile"
# In px, of the portrait that shows whether there is a face.
CHECKED_SIDE = 256


class FaceCheck:
    """Says whether a photo shows a face, and nudity; opening the models takes a second. One thread."""

    def __init__(self) -> None:
        self._detector, self._nudity = Detector(), NudityScore()

    def check(self, photo: Path) -> float | None:
        """Look for a face; return how likely the photo shows nudity, as `NudityScore` does.

        Raises:
            PhotoError: there is no face, or none that is large enough.
        """
        find_portrait(read_photo(photo), self._detector, CHECKED_SIDE)
        return self._nudity.score(photo)


class FilmMaking:
    """Makes films; opening weights and models takes some seconds. One thread. It keeps nothing of a visitor.

    Args:
        generator: opened from a file.
        plan: what the films are like.
        gallery: folder of the known faces; None matches with the generator's own people.

    Raises:
        LikenessError: there is no such gallery, or no direction of the laugh for these weights.
    """

    def __init__(self, generator: Generator, plan: FilmPlan, gallery: Path | None) -> None:
        assert generator.info.weights is not None
        info = generator.info
        along = resolve_direction(LOOP, *info.names)
        self._direction = read_directions(along, info.num_ws, info.w_dim)[0].to(generator.mean)
        self._plan, self._films = plan, FilmMaker(generator, plan)
        self._reader = PhotoVisitorReader(generator, self._films, gallery, plan.side, plan.steps)

    def make(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        """Make the films of a photo, in its folder.

        Args:
            photo: a file called `photo.jpg`, or something else in a folder of its own.
            held: whether the claim still holds; asked before each frame.

        Raises:
            PhotoError: there is no face in it.
            ClaimLostError: the claim is lost.
            OutputError: the disk refuses.
        """
        visitor = self._reader.read(photo)
        folder = FilmFolder(photo.parent / "made", [photo], LOOP, 0, force=True)
        pictures = (
            visitor.portrait,
            self._films.draw(visitor.latent),
            visitor.nearest.picture,
            visitor.farthest.picture,
        )
        made: list[tuple[str, Path]] = []
        for kind, picture in zip(STILLS, pictures, strict=True):
            made.append((f"{kind}.jpg", folder.still("", kind)))
            folder.write_still(made[-1][1], picture)
        films = (
            (GOOD, self._news(visitor, visitor.nearest)),
            (BAD, self._news(visitor, visitor.farthest)),
            (LOOP, self._films.draw_loop(visitor.latent, self._direction)),
        )
        for kind, frames in films:
            made.append((f"{kind}.mp4", folder.film("", kind)))
            folder.write_film(made[-1][1], _while_held(frames, held), self._plan.fps, self._plan.size)
        return MadeFilms(made, visitor.nearest.name, visitor.farthest.name)

    def make_children(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        """Make the film of the children of two photos, in their folder; see `make`.

        Args:
            photo: of one parent; the other's is called `OTHER` and lies beside it.
            held: whether the claim still holds; asked before each frame.
        """
        photos = [photo, photo.with_name(OTHER)]
        parents = torch.stack([self._reader.read_latent(each) for each in photos])
        folder = FilmFolder(photo.parent / "made", photos, LOOP, 0, force=True)
        film = folder.film("", CHILDREN)
        frames = _while_held(self._films.draw_children(parents), held)
        folder.write_film(film, frames, self._plan.fps, self._plan.size)
        return MadeFilms([(FILM, film)], "", "")

    def _news(self, visitor: PhotoVisitor, match: Match) -> Iterator[Picture]:
        assert match.latent is not None  # the reader finds one for each match
        return self._films.draw_news(visitor.latent, visitor.portrait, match.latent, match.picture)


def _while_held(frames: Iterable[Picture], held: Callable[[], bool]) -> Iterator[Picture]:
    for frame in frames:
        if not held():
            raise ClaimLostError
        yield frame
