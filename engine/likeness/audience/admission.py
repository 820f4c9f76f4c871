"""The entry of a visitor: keys, consents, and where they are in the queue."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from likeness.audience.states import State
from likeness.audience.tables import Consent, ConsentText, Night, Result, Visitor
from likeness.audience.transitions import films_are_open, may_be_shown

# Of a name on the stage, in characters.
LONGEST_NAME = 24
# 192 bits.
KEY_BYTES = 24


@dataclass(frozen=True)
class AgreedText:
    """A text that a visitor has ticked.

    Args:
        kind: "stage", "compare" or "children".
        version: hash of the text.
        language: of it.
        text: word by word.
    """

    kind: str
    version: str
    language: str
    text: str


def make_key() -> str:
    """Return a new key, which nobody can guess."""
    return secrets.token_urlsafe(KEY_BYTES)


def hash_key(key: str) -> str:
    """Return what is kept of a key, a device's or a visitor's: enough to know it again."""
    return hashlib.sha256(key.encode()).hexdigest()


def clean_name(text: str) -> str:
    """Return a name as it can be shown in a line: no controls or line breaks, and no longer than `LONGEST_NAME`."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:LONGEST_NAME].strip()


def admit(
    session: Session, night: Night, key: str, device: str, photo: str, agreed: Sequence[AgreedText], now: float,
    name: str = "",
) -> Visitor:  # fmt: skip
    """Add a visitor whose photo lies in the store, with what they agreed to.

    Args:
        session: of a transaction that writes.
        night: the settings.
        key: of the visitor's address.
        device: hash of the phone's cookie.
        photo: name in the store.
        agreed: the texts, in the visitor's language; one of the kind "compare" must be among them.
        now: seconds since 1970.
        name: as the visitor wishes it to be shown on the stage; dropped where they are not shown there.
    """
    kinds = {each.kind for each in agreed}
    if "compare" not in kinds:
        raise ValueError("without consent to compare there is nothing to do with a photo")
    visitor = Visitor(
        state=State.RECEIVED, key_hash=hash_key(key), device=device, language=agreed[0].language, photo=photo,
        stage_consent="stage" in kinds, stage_name=clean_name(name) if "stage" in kinds else "",
        received_at=now, changed_at=now, delete_at=now + night.keep_s,
    )  # fmt: skip
    session.add(visitor)
    session.flush()
    agree(session, visitor.number, agreed, now)
    return visitor


def agree(session: Session, number: int, agreed: Sequence[AgreedText], now: float) -> None:
    """Keep what a visitor agreed to, with the words of it; `session` is of a transaction that writes."""
    for each in agreed:
        if session.get(ConsentText, each.version) is None:
            session.add(ConsentText(version=each.version, kind=each.kind, language=each.language, text=each.text))
    session.flush()
    session.add_all(Consent(visitor=number, kind=each.kind, version=each.version, agreed_at=now) for each in agreed)
    session.flush()


def find_visitor(session: Session, key: str) -> Visitor | None:
    """Return the visitor of a key; None where there is none, or where they were deleted."""
    return session.scalar(select(Visitor).where(Visitor.key_hash == hash_key(key), Visitor.state != State.DELETED))


def find_results(session: Session, visitor: Visitor, now: float) -> Sequence[Result]:
    """Return the films and pictures that may be shown of a visitor, and are not kept back."""
    chosen = (Visitor.number == visitor.number, may_be_shown(), films_are_open(now))
    return session.scalars(select(Result).join(Visitor).where(*chosen).order_by(Result.id)).all()


def count_before(session: Session, visitor: Visitor) -> int:
    """Return how many wait for the same thing and came earlier."""
    earlier = select(func.count()).where(Visitor.state == visitor.state, Visitor.number < visitor.number)
    if visitor.state is State.QUEUED:
        earlier = earlier.where(or_(Visitor.films_at.is_(None), Visitor.staged_at.is_(None)))
    return session.scalar(earlier) or 0
