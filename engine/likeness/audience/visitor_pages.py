"""The visitor's way: the form, the page that follows, the films, the deletion of everything. No script is needed."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from anyio import to_thread
from sqlalchemy import select
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from likeness.audience.admission import (
    LONGEST_NAME,
    admit,
    clean_name,
    count_before,
    find_results,
    find_visitor,
    hash_key,
    make_key,
)
from likeness.audience.evening import Evening
from likeness.audience.kiosk_pages import IDLE_S, Kiosk
from likeness.audience.live import Live
from likeness.audience.night import HOUR_S, find_refusal, keeps_films_back
from likeness.audience.outbox import ask_for_mail, is_address
from likeness.audience.pages import Pages, language_of, ranged
from likeness.audience.photo_decoder import MOST_BYTES
from likeness.audience.photo_intake import PhotoIntake
from likeness.audience.security import Rates, device_of, give_device, new_device
from likeness.audience.states import SHOWN, Reason, State
from likeness.audience.tables import Night, Visitor
from likeness.audience.texts import CONSENTS, LANGUAGES
from likeness.audience.upload import Upload, read_upload
from likeness.errors import AudienceError
from likeness.errors.fault_log import Faults

log = logging.getLogger(__name__)

# In a minute: photos that are taken in from one phone, tries of it, and tries of all phones behind one address.
PER_DEVICE, TRIES, PER_ADDRESS = 4, 20, 120
# In memory at once; each may be a whole photo.
MOST_UPLOADS = 16
FILMS = ("good-news.mp4", "bad-news.mp4", "smile.mp4")


class VisitorPages:
    """Answers phones. One event loop; database and store are used on threads.

    Args:
        evening: of the server.
        pages: draws.
        live: tells open pages what is new.
        url: of the visitors' page, as mails have it.
        mailing: whether mails are sent.
    """

    def __init__(self, evening: Evening, pages: Pages, live: Live, url: str, *, mailing: bool) -> None:
        self._evening, self._pages, self._live, self._url, self._mailing = evening, pages, live, url, mailing
        self._intake = PhotoIntake()
        self._by_device, self._tries = Rates(PER_DEVICE, evening.now), Rates(TRIES, evening.now)
        self._by_address = Rates(PER_ADDRESS, evening.now)
        # What is read of it here changes with a restart alone.
        self._night = evening.night()
        self._consents = ("compare",) if self._night.drop_only else CONSENTS
        self._kiosk = Kiosk(evening, pages)
        self._uploads = asyncio.Semaphore(MOST_UPLOADS)
        self._faults = Faults(log)

    def routes(self) -> list[Route]:
        """Return what is answered here."""
        return [
            Route("/", self.start),
            Route("/kiosk", self.kiosk),
            Route("/send", self.send, methods=["POST"]),
            Route("/v/{key}", self.visit),
            Route("/v/{key}/status", self.status),
            Route("/v/{key}/events", self.events),
            Route("/v/{key}/delete", self.confirm_deletion, methods=["GET"]),
            Route("/v/{key}/delete", self.delete, methods=["POST"]),
            Route("/v/{key}/mail", self.mail, methods=["POST"]),
            Route("/v/{key}/{name}", self.result),
        ]

    async def start(self, request: Request) -> Response:
        """Return the form."""
        closed = await to_thread.run_sync(self._closed, device_of(request))
        return self._form(request, closed, status=200)

    async def kiosk(self, request: Request) -> Response:
        """Return the form for a tablet at the door, as to a phone that is here for the first time."""
        answer = self._kiosk.follow(request)
        if answer is not None:
            return answer
        closed = await to_thread.run_sync(self._closed, None)
        return self._form(request, closed, status=200, fields={"kiosk": "yes"}, device=new_device())

    async def send(self, request: Request) -> Response:
        """Take a photo in and lead to its page; or return the form again, with what to do."""
        if self._uploads.locked():
            return self._form(request, "closed-busy", status=503)
        async with self._uploads:
            try:
                upload = await read_upload(request)
            except ClientDisconnect:
                return Response(status_code=400)
            key = self._key(request, upload)
            try:
                if await to_thread.run_sync(self._is_here, key):
                    # The answer to this very form was lost on its way.
                    return self._lead_to(request, upload, key)
                refusal, status = await self._judge(request, upload)
                if refusal:
                    return self._form(request, refusal, status, upload.fields)
                photo = await self._intake.decode(upload.photo)
                device = device_of(request) or ""
                if isinstance(photo, Reason):
                    self._by_device.forgive(device)
                    return self._form(request, f"reason-{photo}", 422, upload.fields)
                admitted = await to_thread.run_sync(self._admit, photo, key, device, upload.fields)
            except AudienceError as error:
                # The phone is told to try again, and may.
                self._by_device.forgive(device_of(request) or "")
                self._faults.tell("a photo", error, trace=False)
                return self._form(request, "closed-fault", 503, upload.fields)
        if not admitted:
            self._by_device.forgive(device)
            return self._form(request, "closed-full", 403, upload.fields)
        return self._lead_to(request, upload, key)

    def _lead_to(self, request: Request, upload: Upload, key: str) -> Response:
        """Return the way to a visitor's page; on the kiosk their link, which the phone takes from the screen."""
        if self._kiosk.known(request) and upload.fields.get("kiosk"):
            # No redirect: whoever comes next must not go back to this one's page.
            language = _language(upload.fields.get("lang", ""), request)
            return self._kiosk.done(language, f"{self._url}v/{key}")
        return RedirectResponse(f"/v/{key}", 303)

    def _key(self, request: Request, upload: Upload) -> str:
        """Return the key of what was sent: the same where a phone sends the same photo with the same form once more."""
        photo = hashlib.sha256(upload.photo).hexdigest()
        return self._evening.sign("visitor", device_of(request) or make_key(), upload.fields.get("once", ""), photo)

    def _is_here(self, key: str) -> bool:
        with self._evening.database.reading() as session:
            return find_visitor(session, key) is not None

    async def _judge(self, request: Request, upload: Upload) -> tuple[str, int]:
        """Return the text that refuses a form before its photo is looked at, "" where none does, and a status."""
        if upload.refusal is Reason.TOO_LARGE:
            # Nothing of the form was read.
            return "reason-too-large", 413
        device = device_of(request)
        if device is None or not self._evening.is_signed(upload.fields.get("form", ""), "send", device):
            return "form-old", 403
        address = request.client.host if request.client else ""
        if not self._tries.allow(device) or not self._by_address.allow(address):
            return "closed-fast", 429
        closed = await to_thread.run_sync(self._closed, device)
        if closed:
            return closed, 403
        if not upload.fields.get("agree-compare"):
            return "tick-missing", 422
        if upload.refusal is not None:
            return f"reason-{upload.refusal}", 422
        # Last: what is refused in words may be mended at once.
        return ("", 200) if self._by_device.allow(device) else ("closed-fast", 429)

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

    def _form(
        self, request: Request, message: str, status: int, fields: Mapping[str, str] = MappingProxyType({}), *,
        device: str | None = None,
    ) -> Response:  # fmt: skip
        """Return the form with a message above it; its fields have what the visitor had ticked."""
        language = _language(fields.get("lang", ""), request)
        device = device or device_of(request) or new_device()
        kiosk, until = bool(fields.get("kiosk")) and self._kiosk.known(request), self._night.until
        page = self._pages.draw(
            "kiosk.html" if kiosk else "start.html", language, status, message=message, most_bytes=MOST_BYTES,
            megabytes=MOST_BYTES // 1_000_000, keep=f"{self._night.keep_s / HOUR_S:g}", consents=self._consents,
            ticked={kind for kind in self._consents if fields.get(f"agree-{kind}")}, home="/kiosk" if kiosk else "/",
            stage_name=clean_name(fields.get("stage-name", "")), longest_name=LONGEST_NAME, idle=IDLE_S,
            until=time.strftime("%H:%M", time.localtime(until)) if until else "",
            signature=self._evening.sign("send", device), once=make_key(),
        )  # fmt: skip
        give_device(request, page, device)
        return page

    def _gone(self, request: Request) -> Response:
        return self._pages.draw("message.html", language_of(request), 404, key="gone")

    def _closed(self, device: str | None) -> str:
        with self._evening.database.reading() as session:
            return find_refusal(
                session, session.scalars(select(Night)).one(), hash_key(device or ""), self._evening.now()
            )

    def _admit(self, photo: bytes, key: str, device: str, fields: Mapping[str, str]) -> bool:
        """Keep a photo and its visitor; return whether they are here: the last place may have gone meanwhile."""
        texts = self._evening.texts
        language = fields["lang"] if fields.get("lang") in LANGUAGES else "en"
        agreed = [texts.consent(language, kind) for kind in self._consents if fields.get(f"agree-{kind}")]
        own_name, name = fields.get("stage-name", ""), self._evening.store.put("photos", photo, ".jpg")
        kept = False
        try:
            with self._evening.database.writing() as session:
                if find_visitor(session, key) is not None:
                    return True
                night = session.scalars(select(Night)).one()
                if not find_refusal(session, night, hash_key(device), self._evening.now()):
                    admit(session, night, key, hash_key(device), name, agreed, self._evening.now(), own_name)
                    kept = True
        finally:
            if not kept:
                self._evening.store.remove(name)
        return kept

    def _find(self, request: Request) -> Visitor | None:
        with self._evening.database.reading() as session:
            return find_visitor(session, request.path_params["key"])

    def _result(self, request: Request, name: str) -> bytes | None:
        with self._evening.database.reading() as session:
            visitor = find_visitor(session, request.path_params["key"])
            results = find_results(session, visitor, self._evening.now()) if visitor is not None else ()
            file = next((each.file for each in results if each.name == name), None)
        return self._evening.store.get(file) if file is not None else None

    def _show(self, request: Request, template: str, *, mail_wrong: bool = False) -> Response:
        key, now = request.path_params["key"], self._evening.now()
        with self._evening.database.reading() as session:
            visitor = find_visitor(session, key)
            if visitor is None:
                return self._gone(request)
            night = session.scalars(select(Night)).one()
            names = [each.name for each in find_results(session, visitor, now)]
            before = count_before(session, visitor)
        asked = request.query_params.get("lang", "")
        sealed = keeps_films_back(night, now) and visitor.films_at is not None and visitor.state in SHOWN
        moment = time.localtime(visitor.delete_at)
        return self._pages.draw(
            template, asked if asked in LANGUAGES else visitor.language, key=key, visitor=visitor, before=before,
            films=[name for name in FILMS if name in names], megabytes=MOST_BYTES // 1_000_000,
            staged=night.stage and visitor.stage_consent, sealed=sealed,
            over=visitor.state is State.REFUSED or (visitor.state is State.DONE and not sealed),
            opens=time.strftime("%H:%M", time.localtime(night.reveal_at)) if night.reveal_at else "",
            day=time.strftime("%d.%m." if visitor.language == "de" else "%d/%m", moment),
            hour=time.strftime("%H:%M", moment),
            mailing=self._mailing, mail_signature=self._evening.sign("mail", key), mail_wrong=mail_wrong,
        )  # fmt: skip


def _language(asked: str, request: Request) -> str:
    """Return the language that a form asks for, or that of the phone."""
    return asked if asked in LANGUAGES else language_of(request)
