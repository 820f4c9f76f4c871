"""The operator's page: a grid of photos to approve or refuse by keys, and the switches of the evening."""

from __future__ import annotations

import csv
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
from likeness.audience.night import close_films, count_states, keeps_films_back, open_films, pause_intake
from likeness.audience.nudity import DOUBTFUL
from likeness.audience.pages import Pages
from likeness.audience.pairs import find_partners
from likeness.audience.presence import find_presence
from likeness.audience.secret_link import SecretLink
from likeness.audience.states import State
from likeness.audience.tables import Ban, Consent, ConsentText, Night, Visitor
from likeness.errors import AudienceError

ROLE = "operator"
GRIDS: Mapping[str, Collection[State]] = {
    "waiting": (State.WAITING,),
    "approved": (State.QUEUED, State.ON_STAGE, State.DONE),
    "refused": (State.REFUSED,),
}
# A slip of the hand deletes no night.
DELETE_WORD = "DELETE"
# Why a press had no effect.
NOTICES: Mapping[str, str] = {
    "no-stage": "There is no stage tonight: start the server with --stage, and a show with --audience.",
    "not-ready": "Nobody goes to the stage who is not approved, is there already, or has agreed to films only.",
}
Act = Callable[[Session, Collection[int], float], object]
ACTS: Mapping[str, Act] = {
    "approve": moderation.approve,
    "refuse": moderation.refuse,
    "undo": lambda session, _, now: moderation.undo(session, now),
    "ban": lambda session, numbers, now: [moderation.ban(session, number, now) for number in numbers],
    "hurry": lambda session, numbers, now: sum(moderation.hurry(session, number, now) for number in numbers),
    "pause": lambda session, *_: pause_intake(session, True),
    "resume": lambda session, *_: pause_intake(session, False),
    "open-films": lambda session, _, now: open_films(session, now),
    "close-films": lambda session, *_: close_films(session),
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
        self._link = SecretLink(evening, ROLE)

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
        return self._link.follow(request) or await self._drawn(request, "operator.html")

    async def grid(self, request: Request) -> Response:
        """Return the part of the page that changes."""
        return await self._drawn(request, "grid.html")

    async def photo(self, request: Request) -> Response:
        """Return a visitor's photo, which nobody else is shown before it is approved."""
        if not self._link.known(request):
            return self._link.refusal()
        content = await to_thread.run_sync(self._photo, request.path_params["number"])
        return Response(status_code=404) if content is None else Response(content, media_type="image/jpeg")

    async def act(self, request: Request) -> Response:
        """Do what a button or key asks for; then lead back to the page."""
        form = await request.form(max_files=0, max_fields=500)
        if not self._link.known(request) or not self._evening.is_signed(str(form.get("form", "")), "act"):
            return self._link.refusal()
        notice = await to_thread.run_sync(self._act, form)
        if notice is None:
            return Response("There is no such act, or the word was not typed.\n", 422, media_type="text/plain")
        show = str(form.get("show", ""))
        told = f"&notice={notice}" if notice else ""
        return RedirectResponse(f"/operator?show={show if show in GRIDS else 'waiting'}{told}", 303)

    async def consents(self, request: Request) -> Response:
        """Return who agreed to what, as CSV: numbers, times and the texts word by word."""
        if not self._link.known(request):
            return self._link.refusal()
        headers = {"Content-Disposition": 'attachment; filename="consents.csv"'}
        return Response(await to_thread.run_sync(self._consents), media_type="text/csv", headers=headers)

    async def _drawn(self, request: Request, template: str) -> Response:
        if not self._link.known(request):
            return self._link.refusal()
        show = request.query_params.get("show", "waiting")
        notice = NOTICES.get(request.query_params.get("notice", ""), "")
        return await to_thread.run_sync(self._draw, template, show if show in GRIDS else "waiting", notice)

    def _draw(self, template: str, show: str, notice: str) -> Response:
        now = self._evening.now()
        with self._evening.database.reading() as session:
            night = session.scalars(select(Night)).one()
            counts = count_states(session)
            visitors = moderation.list_visitors(session, GRIDS[show])
            banned = set(session.scalars(select(Ban.device)))
            presence = find_presence(session, now)
            partners = find_partners(session)
        return self._pages.draw(
            template, night=night, visitors=visitors, show=show, banned=banned, now=now,
            presence=presence, partners=partners,
            counts={name: sum(counts[state] for state in states) for name, states in GRIDS.items()},
            working=counts[State.RECEIVED] + counts[State.CHECKING], taken=sum(counts.values()),
            signature=self._evening.sign("act"), word=DELETE_WORD, notice=notice,
            kept_back=keeps_films_back(night, now), until=_hour(night.until), opens=_hour(night.reveal_at),
            doubtful=DOUBTFUL, closed=night.until is not None and now >= night.until,
        )  # fmt: skip

    def _act(self, form: FormData) -> str | None:
        """Do what a form asks for; return the key of a notice, "" for none, and None where there is no such act."""
        act, now = str(form.get("act", "")), self._evening.now()
        if act == "delete-night":
            done = form.get("word") == DELETE_WORD and self._evening.deletion.delete_night(now)
            return "" if done else None
        texts = [str(text) for text in form.getlist("number")]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]
        if act not in ACTS:
            return None
        with self._evening.database.writing() as session:
            answer = ACTS[act](session, numbers, now)
            staged = session.scalars(select(Night.stage)).one()
        if act != "hurry":
            return ""
        return "no-stage" if not staged else "" if answer else "not-ready"

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


def _hour(at: float | None) -> str:
    return "" if at is None else time.strftime("%H:%M", time.localtime(at))
