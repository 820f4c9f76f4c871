"""The way of approved visitors to a show: it asks by HTTP, with a key of its own, who is next and who may stay."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from likeness.audience.claim import Claim, Task
from likeness.audience.claims import (
    count_for_stage,
    keep_on_stage,
    leave_stage,
    take_for_stage,
)
from likeness.audience.evening import Evening
from likeness.audience.night import count_states
from likeness.audience.security import Rates
from likeness.audience.states import State
from likeness.audience.tables import Visitor
from likeness.errors import AudienceError

# Wrong keys a minute from one address; a key has 160 bits.
MOST_WRONG = 10
LONGEST_TOKEN = 32


class StageRoutes:
    """Answers shows: the role "stage", which sees approved visitors alone and decides nothing. One event loop.

    Args:
        evening: of the server.
    """

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._wrong = Rates(MOST_WRONG, evening.now)

    def routes(self) -> list[Route]:
        """Return what is answered here."""
        return [
            Route(f"/stage/{name}", partial(self._answer, answer), methods=["POST"])
            for name, answer in (
                ("state", self._state),
                ("next", self._next),
                ("photo", self._photo),
                ("keep", self._keep),
                ("leave", self._leave),
            )
        ]

    async def _answer(self, answer: Callable[[Claim, bool], Response], request: Request) -> Response:
        """Answer a show that has the key, of an evening that has a stage."""
        code = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(code.encode(), stage_key(self._evening).encode()):
            address = request.client.host if request.client else ""
            return _refusal(403, "the key is wrong") if self._wrong.allow(address) else _refusal(429, "wait a minute")
        form = await request.form(max_files=0, max_fields=4)
        number, token = str(form.get("number", "")), str(form.get("token", ""))
        known = number.isascii() and number.isdigit() and len(number) < 10 and 0 < len(token) <= LONGEST_TOKEN
        claim = Claim(Task.FILMS, int(number) if known else 0, token if known else "-", "")
        night = await to_thread.run_sync(self._evening.night)
        if not night.stage or night.drop_only:
            return _refusal(409, "nobody is shown on a stage tonight")
        return await to_thread.run_sync(answer, claim, form.get("shown") != "no")

    def _state(self, _: Claim, __: bool) -> Response:
        return self._said()

    def _next(self, _: Claim, __: bool) -> Response:
        with self._evening.database.writing() as session:
            claim = take_for_stage(session, self._evening.now())
            name = session.get_one(Visitor, claim.number).stage_name if claim is not None else ""
        return self._said(claim, name)

    def _keep(self, claim: Claim, _: bool) -> Response:
        with self._evening.database.writing() as session:
            held = keep_on_stage(session, claim, self._evening.now())
        return self._said(held=held)

    def _leave(self, claim: Claim, shown: bool) -> Response:
        with self._evening.database.writing() as session:
            leave_stage(session, claim, self._evening.now(), shown=shown)
        return self._said()

    def _photo(self, claim: Claim, _: bool) -> Response:
        """Return the photo of a visitor on that stage, while they may be shown."""
        with self._evening.database.writing() as session:
            held = keep_on_stage(session, claim, self._evening.now())
            name = session.get_one(Visitor, claim.number).photo if held else ""
        try:
            return Response(self._evening.store.get(name), media_type="image/jpeg") if name else _refusal(404, "gone")
        except AudienceError:
            # Deleted in this moment.
            return _refusal(404, "gone")

    def _said(self, claim: Claim | None = None, name: str = "", *, held: bool = False) -> Response:
        with self._evening.database.reading() as session:
            waiting = count_states(session)[State.WAITING]
            ready, hurried = count_for_stage(session)
        visitor = None if claim is None else {"number": claim.number, "token": claim.token, "name": name}
        return JSONResponse({"waiting": waiting, "ready": ready, "held": held, "hurried": hurried, "visitor": visitor})


def stage_key(evening: Evening) -> str:
    """Return the key of shows: the same after a restart, another on another evening, and none of the operator's."""
    return evening.sign("stage key")


def _refusal(status: int, why: str) -> Response:
    return Response(f"{why}\n", status, media_type="text/plain")
