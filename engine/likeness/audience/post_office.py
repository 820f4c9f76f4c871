"""The post office: sends the mails of the outbox, and tries again where the mail server is slow, refuses or is gone."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from anyio import to_thread

from likeness.audience.evening import Evening
from likeness.audience.night import parse_hour
from likeness.audience.outbox import DueMail, claim_mail, end_mail, give_up, is_address
from likeness.errors import AudienceError
from likeness.errors.fault_log import Faults

log = logging.getLogger(__name__)

LOOK_S = 2.0
PATIENCE_S = 20.0
# Answers from here on say that it will never be otherwise [RFC 5321, 4.2.1].
PERMANENT = 500


@dataclass(frozen=True)
class MailServer:
    """Where mails go.

    Args:
        host, port: of the server.
        user, password: "" where it asks for none.
        tls: from the first byte; else the connection is encrypted where the server offers it.
        sender: the address that mails come from.
        not_before: no mail goes earlier, in seconds since 1970.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    sender: str = ""
    not_before: float = 0.0


def parse_mail_server(url: str, sender: str, mail_at: str | None, now: float) -> MailServer:
    """Return the mail server of `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://`.

    Args:
        url: of the server.
        sender: an address.
        mail_at: "21:30" today, or None.
        now: seconds since 1970.

    Raises:
        AudienceError: one of them is something else.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0:
        raise AudienceError("--smtp is not smtp://USER:PASSWORD@HOST:PORT, or smtps://")
    if not is_address(sender):
        raise AudienceError(f"--mail-from {sender!r:.100} is no address; mails come from it, as night@example.org")
    tls = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    not_before = 0.0 if mail_at is None else parse_hour("--mail-at", mail_at, now)
    return MailServer(parts.hostname, port or (465 if tls else 587), user, password, tls, sender, not_before)


class PostOffice:
    """Sends mails, one after the other. One event loop; the outbox is read on a thread.

    A mail that was sent just before the program died may be sent once more; none is lost.

    Args:
        evening: whose outbox it is.
        server: where mails go.
    """

    def __init__(self, evening: Evening, server: MailServer) -> None:
        self._evening, self._server = evening, server
        self._faults = Faults(log)

    async def run(self) -> None:
        """Send what is due, until the task is cancelled."""
        while True:
            try:
                while self._evening.now() >= self._server.not_before and await self.send_next():
                    pass
            except AudienceError as error:
                self._faults.tell("the outbox", error, trace=False)
            await asyncio.sleep(LOOK_S)

    async def send_next(self) -> bool:
        """Send the next mail that is due; return whether there was one.

        Raises:
            AudienceError: the database is gone.
        """
        mail = await to_thread.run_sync(self._claim)
        if mail is None:
            return False
        try:
            await self._send(self._write(mail))
        except (aiosmtplib.SMTPException, OSError) as error:
            # The server's words may hold the address.
            self._faults.tell("the mail server", AudienceError(type(error).__name__), trace=False)
            await to_thread.run_sync(self._fail, mail, _is_permanent(error))
        else:
            await to_thread.run_sync(self._end, mail)
        return True

    async def _send(self, message: EmailMessage) -> None:
        server = self._server
        await aiosmtplib.send(
            message, hostname=server.host, port=server.port, username=server.user or None,
            password=server.password or None, use_tls=server.tls, timeout=PATIENCE_S,
        )  # fmt: skip

    def _write(self, mail: DueMail) -> EmailMessage:
        texts, moment = self._evening.texts, time.localtime(mail.delete_at)
        day = time.strftime("%d.%m." if mail.language == "de" else "%d/%m", moment)
        hour = time.strftime("%H:%M", moment)
        message = EmailMessage()
        message["From"], message["To"] = self._server.sender, mail.address
        message["Subject"] = " ".join(texts.plain(mail.language, "mail-subject").split())
        message.set_content(texts.plain(mail.language, "mail-body", link=mail.link, day=day, hour=hour) + "\n")
        return message

    def _claim(self) -> DueMail | None:
        with self._evening.database.writing() as session:
            return claim_mail(session, self._evening.now())

    def _end(self, mail: DueMail) -> None:
        with self._evening.database.writing() as session:
            end_mail(session, mail, sent=True)

    def _fail(self, mail: DueMail, permanent: bool) -> None:
        with self._evening.database.writing() as session:
            if permanent:
                end_mail(session, mail, sent=False)
            else:
                give_up(session, mail)


def _is_permanent(error: Exception) -> bool:
    """Return whether the server will never take this mail; a wrong password may be mended, so it is not that."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= PERMANENT for each in error.recipients)
    refused = aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError
    return isinstance(error, refused) and error.code >= PERMANENT
