"""The vision process: looks for faces in pictures and matches visitors, outside the show's own process."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from likeness.errors import LikenessError
from likeness.faces.embed import Embedding
from likeness.lookalike.face_reader import FaceReader
from likeness.lookalike.matcher import Matcher
from likeness.lookalike.messages import FaceObservation, LookRequest, MatchReply, MatchRequest, VisionConfig
from likeness.toolkit.worker_process import WorkerProcess, ignore_interrupts, lower_priority

log = logging.getLogger(__name__)


class VisionProcess:
    """The show's end of the process. One thread calls it, the tracker's.

    dlib's embedding holds Python's lock for 70 ms of one core, four frames at 60 a second: no thread of the show's own
    process may do it. The process starts with the first request and again after it has died, which is logged once.
    Pictures go through a pipe and never through a file. Each end of the pipe would wait for the other if both sent
    more than the pipe holds, so a picture is sent only while nothing is outstanding: see `busy`.

    It owns the count of generations: `forget` begins a new one, and replies of an older one are dropped.

    Args:
        config: what the process needs to know.

    Attributes:
        closing: set by the owner before the end; then the end of the process is not logged.
    """

    def __init__(self, config: VisionConfig) -> None:
        self._config = config
        self._process: WorkerProcess | None = None
        self._generation = 0
        self._looking, self._matching = False, 0
        self.closing = False

    @property
    def busy(self) -> bool:
        """Whether a reply is outstanding; no picture may be sent then."""
        return self._looking or self._matching > 0

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return None if self._process is None else self._process.pid

    def request_look(
        self, number: int, at: float, picture: NDArray[np.uint8], embed: bool, photo: bool = False
    ) -> None:
        """Send a picture; only while not `busy`. See `LookRequest` for the arguments."""
        self._looking = self._send(LookRequest(self._generation, number, at, picture, embed, photo))

    def request_match(self, visitor: int, embedding: Embedding, farthest: bool) -> None:
        """Ask for the match of a visitor, by number."""
        self._matching += self._send(MatchRequest(self._generation, visitor, embedding, farthest))

    def receive(self, timeout_s: float) -> list[FaceObservation | MatchReply]:
        """Return the replies that have come, after waiting for the first one at most `timeout_s`."""
        replies: list[FaceObservation | MatchReply] = []
        if self._process is None:
            return replies
        try:
            while self._process.pipe.poll(0 if replies else timeout_s):
                reply: FaceObservation | MatchReply = self._process.pipe.recv()
                if isinstance(reply, FaceObservation):
                    self._looking = False
                else:
                    self._matching -= 1
                if reply.generation == self._generation:
                    replies.append(reply)
        except (EOFError, OSError):
            if not self.closing:
                log.error("the vision process has died; it is started again")
            self.close()
        return replies

    def forget(self) -> None:
        """Drop all replies that are outstanding, and let the process forget where a face was."""
        self._generation += 1
        self._send(None)

    def close(self) -> None:
        """End the process, and with it its memory."""
        process, self._process = self._process, None
        self._looking, self._matching = False, 0
        if process is not None:
            process.close()

    def _send(self, request: LookRequest | MatchRequest | None) -> bool:
        if self._process is None:
            if request is None:
                return False
            self._process = WorkerProcess("likeness vision", _serve, self._config)
        # If it has died, `receive` logs that and the next picture starts it again.
        return self._process.send(request)


def _serve(pipe: Connection, config: VisionConfig) -> None:
    """Answer requests as they come; draw the population while there is nothing else to do. Runs in the process."""
    ignore_interrupts()
    lower_priority()
    reader = FaceReader(config.portrait)
    matcher = Matcher(config, reader)
    with suppress(EOFError, OSError):
        while True:
            if not pipe.poll(0 if matcher.drawing else None):
                matcher.draw_next()
                continue
            request = pipe.recv()
            if isinstance(request, LookRequest):
                pipe.send(_look(reader, request))
            elif isinstance(request, MatchRequest):
                pipe.send(_match(matcher, request))
            else:
                reader.forget()


def _look(reader: FaceReader, request: LookRequest) -> FaceObservation:
    if request.photo:
        observation = reader.read_photo(request.number, request.at, request.picture)
    else:
        observation = reader.read(request.number, request.at, request.picture, request.embed)
    return replace(observation, photo=request.photo, generation=request.generation)


def _match(matcher: Matcher, request: MatchRequest) -> MatchReply:
    try:
        return matcher.match(request)
    except LikenessError as error:
        log.error("no match: %s", error)
        return MatchReply(request.generation, request.visitor)
