"""The operator's page: a grid of photos to approve or refuse by keys, and the switches of the evening."""

from __future__ import annotations

import csv
import hmac
import io
import time
from collections.abc import Callable, Collection, Mapping

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from likeness.audience import moderation
from likeness.audience.evening import Evening
from likeness.audience.night import count_states, pause_intake
from likeness.audience.pages import Pages
from likeness.audience.security import Rates
from likeness.audience.states import State
from likeness.audience.tables import Ban, Consent, ConsentText, Night, Visitor
from likeness.errors import AudienceError

COOKIE = "likeness_operator"
COOKIE_S = 7 * 24 * 3600
# Wrong codes a minute from one address; a code has 160 bits.
MOST_WRONG = 10
GRIDS: Mapping[str, Collection[State]] = {
    "waiting": (State.WAITING,),
    "approved": (State.QUEUED, State.ON_STAGE, State.DONE),
    "refused": (State.REFUSED,),
}
# A slip of the hand deletes no night.
DELETE_WORD = "DELETE"
Act = Callable[[Session, Collection[int], float], object]
ACTS: Mapping[str, Act] = {
    "approve": moderation.approve,
    "refuse": moderation.refuse,
    "undo": lambda session, _, now: moderation.undo(session, now),
    "ban": lambda session, numbers, now: [moderation.ban(session, number, now) for number in numbers],
    "hurry": lambda session, numbers, now: [moderation.hurry(session, number, now) for number in numbers],
    "pause": lambda session, *_: pause_intake(session, True),
    "resume": lambda session, *_: pause_intake(session, False),
    "moderate": lambda session, _, now: moderation.switch_moderation(session, True, now),
    "publish": lambda session, _, now: moderation.switch_moderation(session, False, now),
}


class OperatorPages:
    """Answers the operator, who is known by the secret link once and by its cookie from then on. One event loop.

    Args:
        evening: of the server.
        pages: draws.
    """

    def __init__(self, evening: Evening, pages: Pages) -> None:
        self._evening, self._pages = evening, pages
        self._wrong = Rates(MOST_WRONG, evening.now)

    def routes(self) -> list[Route]:
        """Return what is answered here."""
        return [
            Route("/operator", self.page),
            Route("/operator/grid", self.grid),
            Route("/operator/act", self.act, methods=["POST"]),
            Route("/operator/photo/{number:int}.jpg", self.photo),
            Route("/operator/consents.csv", self.consents),
        ]

    async def page(self, request: Request) -> Response:
        """Return the page; with the code in the address, a cookie and the page without it."""
        code = request.query_params.get("code")
        if code is None:
            return await self._drawn(request, "operator.html")
        address = request.client.host if request.client else ""
        if not hmac.compare_digest(code.encode(), operator_code(self._evening).encode()):
            text = "That is not the operator's link.\n" if self._wrong.allow(address) else "Wait a minute.\n"
            return Response(text, 403, media_type="text/plain")
        answer = RedirectResponse("/operator", 303)
        answer.set_cookie(
            COOKIE, self._evening.sign("operator cookie"), max_age=COOKIE_S, httponly=True, samesite="lax",
            path="/operator", secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    async def grid(self, request: Request) -> Response:
        """Return the part of the page that changes."""
        return await self._drawn(request, "grid.html")

    async def photo(self, request: Request) -> Response:
        """Return a visitor's photo, which nobody else is shown before it is approved."""
        if not self._known(request):
            return _forbidden()
        content = await to_thread.run_sync(self._photo, request.path_params["number"])
        return Response(status_code=404) if content is None else Response(content, media_type="image/jpeg")

    async def act(self, request: Request) -> Response:
        """Do what a button or key asks for; then lead back to the page."""
        form = await request.form(max_files=0, max_fields=500)
        if not self._known(request) or not self._evening.is_signed(str(form.get("form", "")), "act"):
            return _forbidden()
        done = await to_thread.run_sync(self._act, form)
        if not done:
            return Response("There is no such act, or the word was not typed.\n", 422, media_type="text/plain")
        show = str(form.get("show", ""))
        return RedirectResponse(f"/operator?show={show if show in GRIDS else 'waiting'}", 303)

    async def consents(self, request: Request) -> Response:
        """Return who agreed to what, as CSV: numbers, times and the texts word by word."""
        if not self._known(request):
            return _forbidden()
        headers = {"Content-Disposition": 'attachment; filename="consents.csv"'}
        return Response(await to_thread.run_sync(self._consents), media_type="text/csv", headers=headers)

    async def _drawn(self, request: Request, template: str) -> Response:
        if not self._known(request):
            return _forbidden()
        show = request.query_params.get("show", "waiting")
        return await to_thread.run_sync(self._draw, template, show if show in GRIDS else "waiting")

    def _draw(self, template: str, show: str) -> Response:
        with self._evening.database.reading() as session:
            night = session.scalars(select(Night)).one()
            counts = count_states(session)
            visitors = moderation.list_visitors(session, GRIDS[show])
            banned = set(session.scalars(select(Ban.device)))
        return self._pages.draw(
            template, night=night, visitors=visitors, show=show, banned=banned, now=self._evening.now(),
            counts={name: sum(counts[state] for state in states) for name, states in GRIDS.items()},
            working=counts[State.RECEIVED] + counts[State.CHECKING], taken=sum(counts.values()),
            signature=self._evening.sign("act"), word=DELETE_WORD,
        )  # fmt: skip

    def _known(self, request: Request) -> bool:
        return self._evening.is_signed(request.cookies.get(COOKIE, ""), "operator cookie")

    def _act(self, form: FormData) -> bool:
        act, now = str(form.get("act", "")), self._evening.now()
        if act == "delete-night":
            return form.get("word") == DELETE_WORD and self._evening.deletion.delete_night(now)
        texts = [str(text) for text in form.getlist("number")]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]
        if act not in ACTS:
            return False
        with self._evening.database.writing() as session:
            ACTS[act](session, numbers, now)
        return True

    def _photo(self, number: int) -> bytes | None:
        with self._evening.database.reading() as session:
            visitor = session.get(Visitor, number)
            name = visitor.photo if visitor is not None and visitor.state is not State.DELETED else ""
        try:
            return self._evening.store.get(name) if name else None
        except AudienceError:
            # Deleted in this moment.
            return None

    def _consents(self) -> str:
        with self._evening.database.reading() as session:
            rows = session.execute(
                select(Consent, ConsentText)
                .join(ConsentText, Consent.version == ConsentText.version)
                .order_by(Consent.id)
            ).all()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("visitor", "agreed_at", "kind", "language", "version", "text"))
        for consent, agreed in rows:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(consent.agreed_at))
            table.writerow((consent.visitor, at, consent.kind, agreed.language, agreed.version, agreed.text))
        return text.getvalue()


def operator_code(evening: Evening) -> str:
    """Return the code of the operator's link: the same after a restart, another on another evening."""
    return evening.sign("operator code")


def _forbidden() -> Response:
    text = "This page is the operator's: open the link that the server printed when it started.\n"
    return Response(text, 403, media_type="text/plain")
