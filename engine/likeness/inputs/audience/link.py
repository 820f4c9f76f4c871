"""The link to the audience's server: visitors come when a plugin wants them, and leave when they may not be shown."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.errors import PhotoError
from likeness.errors.fault_log import Faults
from likeness.events import AudienceTurn
from likeness.faces.photo import Photo, decode_photo
from likeness.inputs.audience.client import TIMEOUT_S, Answer, AudienceClient, LinkError, Ticket
from likeness.stage import Audience
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# How soon a plugin's wish is seen, and how often it is asked whether a visitor may still be shown.
LOOK_S, KEEP_S = 0.1, 0.5
# How often the server is asked for the next one, for its numbers, and again after it did not answer.
NEXT_S, STATE_S, AGAIN_S = 1.0, 3.0, 1.0
# The server's lease is 8 s: before it gives a visitor to another stage they are gone from this one.
UNKNOWN_S = 6.0
# No plugin holds the turn any more: it is bypassed, or hangs.
UNHELD_S = 10.0
# As large as a camera's picture.
MOST_SIDE = 1280
CLOSE_S = 5.0


@dataclass(frozen=True)
class LinkState:
    """What the show tells of the link.

    Args:
        url: of the server.
        trouble: why it cannot be asked; "" where it can.
        waiting: how many wait for the operator.
        ready: how many wait for the stage.
        on_stage: whether somebody is on this stage.
    """

    url: str
    trouble: str = "it was not asked so far"
    waiting: int = 0
    ready: int = 0
    on_stage: bool = False


@dataclass
class _OnStage:
    """Who is on the stage, and when the question was asked to which the server last said that they may be."""

    ticket: Ticket
    turn: AudienceTurn
    confirmed_at: float


class AudienceLink:
    """Asks the server from `start` to `close`, on a thread "audience link"; whatever fails, the show goes on.

    A visitor is withdrawn where the server says that they may not be shown, or says nothing for six seconds: an
    approval that cannot be asked for is none.

    Args:
        client: asks.
        audience: gets visitors.
        withdraw: called on the thread with the turn of whom nothing may be seen from now on.
    """

    def __init__(self, client: AudienceClient, audience: Audience, withdraw: Callable[[AudienceTurn], None]) -> None:
        self._client, self._audience, self._withdraw = client, audience, withdraw
        self._thread = StoppableThread("audience link", self._run)
        self._on_stage: _OnStage | None = None
        self._asked_at = float("-inf")
        self._state = LinkState(client.url)
        self._answers: bool | None = None
        self._faults = Faults(log)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def state(self) -> LinkState:
        """Return the link's state. Any thread."""
        return self._state

    def close(self) -> None:
        """Stop asking; who is on the stage may come again. Safe to call twice."""
        self._thread.close(CLOSE_S)

    # All below runs on the link's own thread.

    def _run(self) -> None:
        while not self._thread.stopping.is_set():
            try:
                self._step()
                wait_s = LOOK_S
            except LinkError as error:
                self._tell_trouble(str(error))
                wait_s = AGAIN_S
            except Exception as error:  # noqa: BLE001 - whatever a server sends must not end the show's link to it
                self._faults.tell("the audience's link", error)
                self._tell_trouble(f"the link failed: {error}")
                wait_s = AGAIN_S
            self._withdraw_unknown()
            self._thread.stopping.wait(wait_s)
        self._part()

    def _step(self) -> None:
        now, here = time.monotonic(), self._on_stage
        if here is None:
            wanted = self._audience.wanted
            if now - self._asked_at >= (NEXT_S if wanted else STATE_S):
                self._asked_at = now
                self._hear(self._take_next() if wanted else self._client.ask_state())
        elif here.turn.over or here.turn.unheld_s > UNHELD_S:
            self._end_turn(here)
        elif now - here.confirmed_at >= KEEP_S:
            self._keep(here)

    def _take_next(self) -> Answer:
        answer = self._client.take_next()
        if answer.ticket is not None:
            self._bring(answer.ticket)
        return answer

    def _bring(self, ticket: Ticket) -> None:
        try:
            photo = _shrink(decode_photo(self._client.fetch_photo(ticket), "the visitor's photo"))
        except PhotoError as error:
            log.warning("audience: visitor %d is left out: %s", ticket.number, error)
            self._client.leave(ticket, shown=True)
            return
        # Once more, since fetching may have taken a while; from here on it is asked twice a second.
        asked_at = time.monotonic()
        if not self._client.keep(ticket).held:
            return
        turn = AudienceTurn(ticket.number, photo, ticket.name)
        self._on_stage = _OnStage(ticket, turn, asked_at)
        self._audience.bring(turn)

    def _keep(self, here: _OnStage) -> None:
        # No longer than they may stay without an answer.
        asked_at = time.monotonic()
        left_s = here.confirmed_at + UNKNOWN_S - asked_at
        answer = self._client.keep(here.ticket, min(max(left_s, LOOK_S), TIMEOUT_S))
        if not answer.held:
            self._drop(here, f"visitor {here.ticket.number} may not be shown any more, and is gone")
            return
        here.confirmed_at = asked_at
        here.turn.hurried = answer.hurried
        self._hear(answer)

    def _end_turn(self, here: _OnStage) -> None:
        if not here.turn.over:
            self._drop(here, f"no plugin shows visitor {here.ticket.number}; is lookalike bypassed?")
            here.turn.end(shown=True)
            self._on_stage = here
        # Where this fails it is said again: who was shown does not come twice.
        answer = self._client.leave(here.ticket, shown=here.turn.shown)
        self._on_stage, self._asked_at = None, float("-inf")
        self._hear(answer)

    def _withdraw_unknown(self) -> None:
        here = self._on_stage
        if here is None or here.turn.over:
            return
        if time.monotonic() - here.confirmed_at > UNKNOWN_S:
            self._drop(here, f"nobody says whether visitor {here.ticket.number} may still be shown; they are gone")

    def _drop(self, here: _OnStage, why: str) -> None:
        """Let nothing of a visitor be seen from now on."""
        log.info("audience: %s", why)
        self._on_stage = None
        self._audience.drop(here.turn)
        here.turn.withdrawn = True
        self._withdraw(here.turn)

    def _part(self) -> None:
        """Give back who is on the stage, at the end of the show."""
        here, self._on_stage = self._on_stage, None
        if here is None:
            return
        self._audience.drop(here.turn)
        try:
            self._client.leave(here.ticket, shown=here.turn.over and here.turn.shown)
        except LinkError as error:
            log.info("audience: visitor %d is given back by the server itself: %s", here.ticket.number, error)

    def _hear(self, answer: Answer) -> None:
        if not self._answers:
            log.info("audience: %s answers", self._client.url)
        self._answers = True
        self._state = LinkState(self._client.url, "", answer.waiting, answer.ready, self._on_stage is not None)

    def _tell_trouble(self, trouble: str) -> None:
        if self._answers is not False:
            log.warning("audience: %s: %s; the show goes on and asks it again", self._client.url, trouble)
        self._answers = False
        self._state = LinkState(self._client.url, trouble, on_stage=self._on_stage is not None)


def _shrink(photo: Photo) -> Photo:
    height, width = photo.shape[:2]
    scale = MOST_SIDE / max(height, width)
    if scale >= 1.0:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
