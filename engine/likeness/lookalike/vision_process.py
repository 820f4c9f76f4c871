"""Looks at the camera's pictures in a process of its own, and finds whom a visitor resembles."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.faces.embed import Embedding
from likeness.lookalike.arrival import FaceObservation
from likeness.toolkit.worker_process import WorkerProcess, ignore_interrupts, lower_priority

if TYPE_CHECKING:
    from likeness.lookalike.face_reader import FaceReader

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VisionConfig:
    """What the lookout needs to know.

    Attributes:
        weights: file of the generator whose own people are to be resembled, where there is no gallery.
        gallery: folder of the gallery; one that is not there is no fault.
        portrait: height and width of portraits, in px.
        population: how many faces are drawn, where none are kept beside the weights.
        psi: truncation of those.
        seed: of the first of them.
    """

    weights: Path
    gallery: Path
    portrait: int = 256
    population: int = 200
    psi: float = 0.8
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LookRequest:
    """A picture to look at; `embed` asks who it is too, `still` says that it is a photo, which comes once."""

    era: int
    number: int
    at: float
    picture: NDArray[np.uint8]
    embed: bool
    still: bool = False


@dataclass(frozen=True, eq=False)
class MatchRequest:
    """Whom the embedding resembles most, or least."""

    era: int
    guest: int
    embedding: Embedding
    farthest: bool


@dataclass(frozen=True, eq=False)
class MatchReply:
    """A match, its latent as numpy: torch would pass a tensor through a file in shared memory."""

    era: int
    guest: int
    name: str = ""
    distance: float = 0.0
    picture: NDArray[np.uint8] | None = None
    latent: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """What became of a `Look`."""

    era: int
    sighting: FaceObservation


class VisionProcess:
    """The process, seen from the show. One thread calls it; a picture goes through a pipe, and no file.

    dlib's embedding holds Python's lock for 70 ms of one core, four frames at 60 a second: no thread of the show's own
    process may do it.

    Args:
        outlook: what the process needs to know.

    Attributes:
        parting: whether the end of the process is nothing to tell.
    """

    def __init__(self, outlook: VisionConfig) -> None:
        self._outlook = outlook
        self._beside: WorkerProcess | None = None
        # Replies that belong to what was forgotten since are dropped.
        self._era = 0
        self._looking, self._asked = False, 0
        self.closing = False

    @property
    def busy(self) -> bool:
        """Return whether the process has something to say; a picture that is sent before that may hang both.

        Pictures and answers are more than a pipe holds: either end would wait for the other to read.
        """
        return self._looking or self._asked > 0

    def look(self, number: int, at: float, picture: NDArray[np.uint8], embed: bool, still: bool = False) -> None:
        """Have a picture looked at, where all before is done with: see `busy`."""
        self._looking = self._say(LookRequest(self._era, number, at, picture, embed, still))

    def request_match(self, guest: int, embedding: Embedding, farthest: bool) -> None:
        """Have a match found for a guest, by number."""
        self._asked += self._say(MatchRequest(self._era, guest, embedding, farthest))

    def receive(self, timeout_s: float) -> list[FaceObservation | MatchReply]:
        """Return what has come, after waiting `timeout_s` for it at most."""
        found: list[FaceObservation | MatchReply] = []
        if self._beside is None:
            return found
        try:
            while self._beside.pipe.poll(0 if found else timeout_s):
                said: Seen | MatchReply = self._beside.pipe.recv()
                if isinstance(said, Seen):
                    self._looking = False
                else:
                    self._asked -= 1
                if said.era == self._era:
                    found.append(said.sighting if isinstance(said, Seen) else said)
        except (EOFError, OSError):
            if not self.closing:
                log.error("the lookout has died; it is started again")
            self.close()
        return found

    def forget(self) -> None:
        """Let nothing come back of what was sent so far, and have the process let go of it."""
        self._era += 1
        self._say(None)

    def close(self) -> None:
        """End the process, and with it its memory."""
        beside, self._beside = self._beside, None
        self._looking, self._asked = False, 0
        if beside is not None:
            beside.close()

    def _say(self, what: LookRequest | MatchRequest | None) -> bool:
        if self._beside is None:
            if what is None:
                return False
            self._beside = WorkerProcess("likeness lookout", _serve, self._outlook)
        # Where it has died, `news` says so and the next picture starts it again.
        return self._beside.send(what)


def _serve(pipe: Connection, outlook: VisionConfig) -> None:
    """What runs in the process: the newest picture first, the population where there is nothing else to do."""
    from likeness.lookalike.face_reader import FaceReader
    from likeness.lookalike.matcher import Matcher

    ignore_interrupts()
    lower_priority()
    eyes = FaceReader(outlook.portrait)
    society = Matcher(outlook, eyes)
    with suppress(EOFError, OSError):
        while True:
            if not pipe.poll(0 if society.drawing else None):
                society.draw_next()
                continue
            said = pipe.recv()
            if isinstance(said, LookRequest):
                pipe.send(Seen(said.era, _seen(eyes, said)))
            elif isinstance(said, MatchRequest):
                pipe.send(_answered(society, said))
            else:
                eyes.forget()


def _seen(eyes: FaceReader, look: LookRequest) -> FaceObservation:
    if look.still:
        return eyes.read_photo(look.number, look.at, look.picture)
    return eyes.read(look.number, look.at, look.picture, look.embed)


def _answered(society: object, ask: MatchRequest) -> MatchReply:
    from likeness.lookalike.matcher import Matcher

    assert isinstance(society, Matcher)
    try:
        return society.match(ask)
    except LikenessError as error:
        log.error("no match: %s", error)
        return MatchReply(ask.era, ask.guest)
