"""The outbox: who wants a mail, and whose is due. An address is kept until it was used, or given up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from likeness.audience.tables import Mail, Visitor
from likeness.audience.transitions import films_are_open, may_be_shown

WAITING, SENT, FAILED = "waiting", "sent", "failed"
# Half a minute, one, two, ...: a server that is gone for two hours is waited for.
FIRST_AGAIN_S = 30.0
MOST_ATTEMPTS = 9
LONGEST = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


@dataclass(frozen=True)
class DueMail:
    """A mail to be sent now.

    Args:
        id: of its row.
        visitor: whose films.
        address: of the visitor.
        link: of their page.
        language: of the text.
        delete_at: when the films go, in seconds since 1970.
    """

    id: int
    visitor: int
    address: str = field(repr=False)
    link: str = field(repr=False)
    language: str
    delete_at: float


def is_address(text: str) -> bool:
    """Return whether mail can be sent to `text`: one plain address."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None


def ask_for_mail(session: Session, number: int, address: str, link: str, now: float) -> None:
    """Put a mail into the outbox; an earlier one of the same visitor is replaced."""
    session.execute(delete(Mail).where(Mail.visitor == number))
    session.add(Mail(visitor=number, address=address, link=link, attempts=0, next_at=now))
    _mark(session, number, WAITING)


def claim_mail(session: Session, now: float) -> DueMail | None:
    """Take the next mail whose visitor has films that may be seen now; it is due again later unless it is ended.

    Any number of servers may ask at once.
    """
    shown = (Visitor.films_at.is_not(None), may_be_shown(), films_are_open(now))
    ready = select(Mail.id).join(Visitor).where(Mail.next_at <= now, *shown)
    first = ready.order_by(Mail.next_at).limit(1).with_for_update(skip_locked=True, of=Mail).scalar_subquery()
    again = FIRST_AGAIN_S * 2.0**MOST_ATTEMPTS
    claimed = update(Mail).where(Mail.id == first, Mail.next_at <= now).values(next_at=now + again).returning(Mail.id)
    found = session.scalar(claimed.execution_options(synchronize_session=False))
    if found is None:
        return None
    mail, visitor = session.execute(select(Mail, Visitor).join(Visitor).where(Mail.id == found)).one()
    mail.attempts += 1
    mail.next_at = now + FIRST_AGAIN_S * 2.0 ** (mail.attempts - 1)
    return DueMail(mail.id, visitor.number, mail.address, mail.link, visitor.language, visitor.delete_at)


def end_mail(session: Session, mail: DueMail, *, sent: bool) -> None:
    """Forget an address: the mail was sent, or will never be."""
    session.execute(delete(Mail).where(Mail.id == mail.id))
    _mark(session, mail.visitor, SENT if sent else FAILED)


def give_up(session: Session, mail: DueMail) -> bool:
    """Forget an address after the last attempt; return whether it was that."""
    attempts = session.scalar(select(Mail.attempts).where(Mail.id == mail.id))
    last = attempts is None or attempts >= MOST_ATTEMPTS
    if last:
        end_mail(session, mail, sent=False)
    return last


def _mark(session: Session, number: int, mail: str) -> None:
    marked = update(Visitor).where(Visitor.number == number).values(mail=mail)
    session.execute(marked.execution_options(synchronize_session=False))
