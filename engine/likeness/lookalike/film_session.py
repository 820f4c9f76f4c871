"""All films of some photos, made one after the other, and the page of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import LikenessError, PhotoError
from likeness.generator import Generator
from likeness.lookalike.film_folder import BAD, CHILD, CHILDREN, GOOD, STILLS, FilmFolder
from likeness.lookalike.film_page import PagePart, build_page
from likeness.lookalike.film_plan import FilmPlan
from likeness.lookalike.films import PAIRS, FilmMaker
from likeness.lookalike.photo_visitor import PhotoVisitor, PhotoVisitorReader
from likeness.lookalike.visitor import Match
from likeness.picture import Picture


@dataclass(frozen=True)
class PhotoReport:
    """What became of one photo, or of the children.

    Attributes:
        text: in a line.
        notes: what speaks against the photo, in words.
        error: why nothing became of it.
    """

    text: str
    notes: tuple[str, ...] = ()
    error: LikenessError | None = None


class FilmSession:
    """Makes the films of photos. One thread. Nothing of a photo is kept but in the folder.

    Args:
        generator: opened from a file.
        plan: what the films are like.
        gallery: folder of the known faces; None matches with the generator's own people.
        folder: gets films, pictures and page; where one of them is there, the next free folder does.
        photos: files.
        direction: of the loop, `[num_ws, w_dim]`.
        loop: what the loop is called.
        force: replace files that are there.

    Attributes:
        folder: what is written to; the next free one where files are there.

    Raises:
        LikenessError: before anything is made, where a photo would be lost or there is no gallery.
    """

    def __init__(
        self,
        generator: Generator,
        plan: FilmPlan,
        gallery: Path | None,
        folder: Path,
        photos: Sequence[Path],
        direction: Tensor,
        loop: str,
        *,
        force: bool = False,
    ) -> None:
        self._folder = FilmFolder(folder, photos, loop, 2 * PAIRS, force=force)
        self._photos, self._plan, self._direction, self._loop = photos, plan, direction.to(generator.mean), loop
        self._films = FilmMaker(generator, plan)
        self._reader = PhotoVisitorReader(generator, self._films, gallery, plan.side, plan.steps)
        self._parts: list[PagePart] = []
        self._folder.claim()
        self.folder = self._folder.folder

    def run(self) -> Iterator[PhotoReport]:
        """Make all films; yield a report for each photo, and one for the children of two.

        Raises:
            OutputError: a file cannot be written.
        """
        visitors: list[PhotoVisitor] = []
        for photo in self._photos:
            began = time.perf_counter()
            try:
                visitor = self._reader.read(photo)
            except PhotoError as error:
                yield PhotoReport(str(photo), error=error)
                continue
            read_s = time.perf_counter() - began
            self._write_visitor(photo.stem, visitor)
            visitors.append(visitor)
            made_s = time.perf_counter() - began - read_s
            who = f"nearest {_describe(visitor.nearest)}, farthest {_describe(visitor.farthest)}"
            yield PhotoReport(f"{photo}: {who}; read in {read_s:.1f} s, films in {made_s:.1f} s", visitor.notes)
        if len(self._photos) == 2 and len(visitors) == 2:
            began = time.perf_counter()
            self._write_children([photo.stem for photo in self._photos], visitors)
            yield PhotoReport(f"children: {2 * PAIRS}; film in {time.perf_counter() - began:.1f} s")
        if self._parts:
            self._folder.write_page(build_page(self._parts))

    def _write_visitor(self, name: str, visitor: PhotoVisitor) -> None:
        films = self._films
        pictures = (visitor.portrait, films.draw(visitor.latent), visitor.nearest.picture, visitor.farthest.picture)
        texts = (
            "The photo",
            "Drawn",
            f"Nearest: {_describe(visitor.nearest)}",
            f"Farthest: {_describe(visitor.farthest)}",
        )
        stills = [self._write_still(name, *still) for still in zip(STILLS, pictures, texts, strict=True)]
        made = [
            (self._write_film(name, kind, self._draw_news(visitor, match)), text, stills[0][0])
            for kind, match, text in (
                (GOOD, visitor.nearest, "The good news: whom you resemble."),
                (BAD, visitor.farthest, "The bad news: whom you do not."),
            )
        ]
        loop = self._write_film(name, self._loop, films.draw_loop(visitor.latent, self._direction))
        self._parts.append(PagePart(name, [*made, (loop, f"The {self._loop}.", stills[1][0])], stills))

    def _draw_news(self, visitor: PhotoVisitor, match: Match) -> Iterator[Picture]:
        assert match.latent is not None  # the reader finds one for each match
        return self._films.draw_news(visitor.latent, visitor.portrait, match.latent, match.picture)

    def _write_children(self, names: Sequence[str], visitors: Sequence[PhotoVisitor]) -> None:
        parents = torch.stack([visitor.latent for visitor in visitors])
        film = self._write_film("", CHILDREN, self._films.draw_children(parents))
        stills = [
            self._write_still("", CHILD.format(number), self._films.draw(child), f"Child {number}")
            for number, child in enumerate(self._films.children(parents), 1)
        ]
        self._parts.append(PagePart(" and ".join(names), [(film, "The children.", stills[0][0])], stills))

    def _write_still(self, name: str, kind: str, picture: Picture, text: str) -> tuple[Path, str]:
        path = self._folder.still(name, kind)
        self._folder.write_still(path, picture)
        return path, text

    def _write_film(self, name: str, kind: str, pictures: Iterator[Picture]) -> Path:
        path = self._folder.film(name, kind)
        self._folder.write_film(path, pictures, self._plan.fps, self._plan.size)
        return path


def _describe(match: Match) -> str:
    return f"{match.name} ({match.distance:.2f})"
