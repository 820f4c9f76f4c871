"""The visitor's own page: it follows, shows the films, sends the link, deletes everything. No script is needed."""

from __future__ import annotations

import time
from functools import partial

from anyio import to_thread
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from likeness.audience.admission import count_before, find_results, find_visitor
from likeness.audience.evening import Evening
from likeness.audience.live import Live
from likeness.audience.night import keeps_films_back
from likeness.audience.outbox import ask_for_mail, is_address
from likeness.audience.pages import Pages, language_of, ranged
from likeness.audience.pair_pages import NOTICES, make_code
from likeness.audience.pairs import FILM, find_view, pairs_are_wished
from likeness.audience.photo_decoder import MOST_BYTES
from likeness.audience.presence import Presence, find_presence
from likeness.audience.states import SHOWN, State
from likeness.audience.tables import Night, Visitor
from likeness.audience.texts import LANGUAGES

FILMS = ("good-news.mp4", "bad-news.mp4", "smile.mp4")


class VisitorPages:
    """Answers phones whose photo was taken in. One event loop; database and store are used on threads.

    Args:
        evening: of the server.
        pages: draws.
        live: tells open pages what is new.
        url: of the visitors' page, as mails have it.
        mailing: whether mails are sent.
    """

    def __init__(self, evening: Evening, pages: Pages, live: Live, url: str, *, mailing: bool) -> None:
        self._evening, self._pages, self._live, self._url, self._mailing = evening, pages, live, url, mailing

    def routes(self) -> list[Route]:
        """Return what is answered here."""
        return [
            Route("/v/{key}", self.visit),
            Route("/v/{key}/status", self.status),
            Route("/v/{key}/events", self.events),
            Route("/v/{key}/delete", self.confirm_deletion, methods=["GET"]),
            Route("/v/{key}/delete", self.delete, methods=["POST"]),
            Route("/v/{key}/mail", self.mail, methods=["POST"]),
            Route("/v/{key}/{name}", self.result),
        ]

    async def visit(self, request: Request) -> Response:
        """Return a visitor's page."""
        return await to_thread.run_sync(self._show, request, "visit.html")

    async def status(self, request: Request) -> Response:
        """Return the part of a visitor's page that changes."""
        return await to_thread.run_sync(self._show, request, "status.html")

    async def events(self, request: Request) -> Response:
        """Return the news of a visitor as server-sent events."""
        visitor = await to_thread.run_sync(self._find, request)
        if visitor is None or self._live.full:
            return Response(status_code=404 if visitor is None else 503)
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._live.follow(visitor.number), media_type="text/event-stream", headers=headers)

    async def result(self, request: Request) -> Response:
        """Return a film or picture, while it may be shown."""
        name = request.path_params["name"]
        content = await to_thread.run_sync(self._result, request, name)
        if content is None:
            return self._gone(request)
        kind = "video/mp4" if name.endswith(".mp4") else "image/jpeg"
        return ranged(request, content, kind, f"likeness-{name}" if "save" in request.query_params else "")

    async def confirm_deletion(self, request: Request) -> Response:
        """Return the page that asks once more; a press of its button deletes."""
        key = request.path_params["key"]
        visitor = await to_thread.run_sync(self._find, request)
        if visitor is None:
            return self._gone(request)
        signature = self._evening.sign("delete", key)
        return self._pages.draw("delete.html", visitor.language, key=key, signature=signature)

    async def delete(self, request: Request) -> Response:
        """Delete everything of a visitor, at once."""
        form, key = await request.form(max_files=0, max_fields=4), request.path_params["key"]
        visitor = await to_thread.run_sync(self._find, request)
        if visitor is None or not self._evening.is_signed(str(form.get("form", "")), "delete", key):
            return self._gone(request)
        await to_thread.run_sync(self._evening.deletion.delete_visitor, visitor.number, self._evening.now())
        return self._pages.draw("message.html", visitor.language, key="deleted")

    async def mail(self, request: Request) -> Response:
        """Put a mail with the link into the outbox."""
        form, key = await request.form(max_files=0, max_fields=4), request.path_params["key"]
        visitor, address = await to_thread.run_sync(self._find, request), str(form.get("address", "")).strip()
        if visitor is None or not self._mailing or not self._evening.is_signed(str(form.get("form", "")), "mail", key):
            return self._gone(request)
        if not is_address(address):
            return await to_thread.run_sync(partial(self._show, request, "visit.html", mail_wrong=True))
        await to_thread.run_sync(self._ask_for_mail, visitor.number, address, f"{self._url}v/{key}")
        return RedirectResponse(f"/v/{key}", 303)

    def _ask_for_mail(self, number: int, address: str, link: str) -> None:
        with self._evening.database.writing() as session:
            ask_for_mail(session, number, address, link, self._evening.now())

    def _gone(self, request: Request) -> Response:
        return self._pages.draw("message.html", language_of(request), 404, key="gone")

    def _find(self, request: Request) -> Visitor | None:
        with self._evening.database.reading() as session:
            return find_visitor(session, request.path_params["key"])

    def _result(self, request: Request, name: str) -> bytes | None:
        with self._evening.database.reading() as session:
            visitor = find_visitor(session, request.path_params["key"])
            if visitor is None:
                return None
            now = self._evening.now()
            files = {each.name: each.file for each in find_results(session, visitor, now)}
            files[FILM] = find_view(session, visitor, "", now).film
        return self._evening.store.get(files[name]) if files.get(name) else None

    def _show(self, request: Request, template: str, *, mail_wrong: bool = False) -> Response:
        key, now = request.path_params["key"], self._evening.now()
        with self._evening.database.reading() as session:
            visitor = find_visitor(session, key)
            if visitor is None:
                return self._gone(request)
            night = session.scalars(select(Night)).one()
            names = [each.name for each in find_results(session, visitor, now)]
            before = count_before(session, visitor)
            pair = find_view(session, visitor, make_code(self._evening, key), now)
            presence = find_presence(session, now) if _waits_for_work(visitor) else Presence.READY
        asked, notice = (request.query_params.get(name, "") for name in ("lang", "pair"))
        sealed = keeps_films_back(night, now) and visitor.films_at is not None and visitor.state in SHOWN
        moment = time.localtime(visitor.delete_at)
        return self._pages.draw(
            template, asked if asked in LANGUAGES else visitor.language, key=key, visitor=visitor, before=before,
            films=[name for name in FILMS if name in names], megabytes=MOST_BYTES // 1_000_000,
            staged=night.stage and visitor.stage_consent, sealed=sealed,
            over=visitor.state is State.REFUSED or (visitor.state is State.DONE and not sealed and pair.settled),
            opens=time.strftime("%H:%M", time.localtime(night.reveal_at)) if night.reveal_at else "",
            day=time.strftime("%d.%m." if visitor.language == "de" else "%d/%m", moment),
            hour=time.strftime("%H:%M", moment),
            mailing=self._mailing, mail_signature=self._evening.sign("mail", key), mail_wrong=mail_wrong,
            presence=presence, pair=pair,
            pairs=pair.paired or (pairs_are_wished(night) and visitor.state is not State.REFUSED),
            pair_signature=self._evening.sign("pair", key), pair_notice=notice if notice in NOTICES else "",
        )  # fmt: skip


def _waits_for_work(visitor: Visitor) -> bool:
    """Return whether a worker has to do something before anything changes for a visitor."""
    return visitor.state in (State.RECEIVED, State.CHECKING) or (
        visitor.state is State.QUEUED and visitor.films_at is None
    )
