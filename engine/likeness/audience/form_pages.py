"""The form with which a photo comes, on a phone or at the kiosk, what refuses and what keeps it. It needs no script."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from types import MappingProxyType

from anyio import to_thread
from sqlalchemy import select
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from likeness.audience.admission import LONGEST_NAME, admit, clean_name, find_visitor, hash_key, make_key
from likeness.audience.closing import Closing, ServerClosingError
from likeness.audience.evening import Evening
from likeness.audience.kiosk_pages import IDLE_S, Kiosk
from likeness.audience.night import HOUR_S, find_refusal
from likeness.audience.pages import Pages, language_of
from likeness.audience.photo_decoder import MOST_BYTES
from likeness.audience.photo_intake import PhotoIntake
from likeness.audience.security import Rates, device_of, give_device, new_device
from likeness.audience.states import Reason
from likeness.audience.tables import Night
from likeness.audience.texts import CONSENTS, LANGUAGES
from likeness.audience.upload import Upload, read_upload
from likeness.errors import AudienceError
from likeness.errors.fault_log import Faults

log = logging.getLogger(__name__)

# In a minute: photos that are taken in from one phone, tries of it, and tries of all phones behind one address.
PER_DEVICE, TRIES, PER_ADDRESS = 4, 20, 120
# In memory at once; each may be a whole photo.
MOST_UPLOADS = 16


class FormPages:
    """Takes photos in. One event loop; database and store are used on threads.

    Args:
        evening: of the server.
        pages: draws.
        closing: of the server: a photo that is not kept by then is to be sent again.
        url: of the visitors' page, as the kiosk shows it.
    """

    def __init__(self, evening: Evening, pages: Pages, closing: Closing, url: str) -> None:
        self._evening, self._pages, self._closing, self._url = evening, pages, closing, url
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
                upload = await self._closing.before(read_upload(request))
            except ClientDisconnect:
                return Response(status_code=400)
            except ServerClosingError:
                return self._form(request, "closed-fault", 503)
            key = self._key(request, upload)
            try:
                if await to_thread.run_sync(self._is_here, key):
                    # The answer to this very form was lost on its way.
                    return self._lead_to(request, upload, key)
                refusal, status = await self._judge(request, upload)
                if refusal:
                    return self._form(request, refusal, status, upload.fields)
                photo = await self._closing.before(self._intake.decode(upload.photo))
                device = device_of(request) or ""
                if isinstance(photo, Reason):
                    self._by_device.forgive(device)
                    return self._form(request, f"reason-{photo}", 422, upload.fields)
                admitted = await to_thread.run_sync(self._admit, photo, key, device, upload.fields)
            except (AudienceError, ServerClosingError) as error:
                # The phone is told to try again, and may: the same form is the same visitor.
                self._by_device.forgive(device_of(request) or "")
                if isinstance(error, AudienceError):
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


def _language(asked: str, request: Request) -> str:
    """Return the language that a form asks for, or that of the phone."""
    return asked if asked in LANGUAGES else language_of(request)
