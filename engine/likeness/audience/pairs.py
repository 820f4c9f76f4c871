"""Pairs: two visitors who came together, and both wish to see the children that they would have.

Each agrees on their own page: one shows a code, the other types it. A visitor is in one pair at a time, and whoever of
the two takes it back, or is deleted, takes the children along.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from likeness.audience.admission import AgreedText, agree, hash_key
from likeness.audience.states import State
from likeness.audience.tables import Night, Pair, Visitor
from likeness.audience.transitions import both_may_be_shown, films_are_open

CONSENT = "children"
FILM = "children.mp4"
_STRANGE = re.compile(r"[^0-9A-Z]")


class Joined(StrEnum):
    """What becomes of a typed code. The texts are in `texts/`, under `pair-` and the value."""

    DONE = "done"
    WRONG = "wrong"
    OWN = "own"
    PAIRED = "paired"


@dataclass(frozen=True)
class PairView:
    """What a visitor's page shows of a pair.

    Attributes:
        code: to be typed by the other one; "" where the visitor has not asked for it, or is in a pair.
        paired: whether two are joined.
        failed: whether no children can be drawn of these two.
        film: name of the film in the store; "" where there is none, or it may not be shown now.
    """

    code: str = ""
    paired: bool = False
    failed: bool = False
    film: str = ""

    @property
    def settled(self) -> bool:
        """Whether nothing changes here but by a press."""
        return bool(self.film) or self.failed or not (self.code or self.paired)


def offer(session: Session, visitor: Visitor, code: str, agreed: AgreedText, now: float) -> None:
    """Let whoever types a visitor's code become a pair with them.

    Args:
        session: of a transaction that writes.
        visitor: of that session.
        code: their own.
        agreed: to what; of the kind "children".
        now: seconds since 1970.
    """
    if visitor.pair_hash is None and find_pair(session, visitor.number) is None:
        visitor.pair_hash = _hash(code)
        agree(session, visitor.number, [agreed], now)


def join(session: Session, visitor: Visitor, typed: str, agreed: AgreedText, now: float) -> Joined:
    """Make a pair of a visitor and of the one whose code they typed; both are locked where the database can.

    Args:
        session: of a transaction that writes.
        visitor: who typed, of that session.
        typed: the code, with or without its dash, in any case.
        agreed: to what; of the kind "children".
        now: seconds since 1970.
    """
    chosen = select(Visitor).where(
        or_(Visitor.pair_hash == _hash(typed), Visitor.number == visitor.number), Visitor.state != State.DELETED
    )
    rows = session.scalars(
        chosen.order_by(Visitor.number).with_for_update().execution_options(populate_existing=True)
    ).all()
    other = next((row for row in rows if row.pair_hash == _hash(typed)), None)
    if other is None:
        return Joined.WRONG
    if other.number == visitor.number:
        return Joined.OWN
    if find_pair(session, visitor.number) is not None:
        return Joined.PAIRED
    session.add(Pair(first=other.number, second=visitor.number, joined_at=now))
    if visitor.pair_hash is None:
        agree(session, visitor.number, [agreed], now)
    other.pair_hash = visitor.pair_hash = None
    session.flush()
    return Joined.DONE


def part(session: Session, visitor: Visitor) -> list[str]:
    """Take a visitor's pair back, or the offer of their code; return the films in the store that are to be removed."""
    visitor.pair_hash = None
    session.flush()
    return forget_pairs(session, [visitor.number])


def forget_pairs(session: Session, numbers: Collection[int]) -> list[str]:
    """Delete all pairs of these visitors; return their films in the store, which are to be removed."""
    gone = session.scalars(delete(Pair).where(_of(numbers)).returning(Pair.film)).all()
    return [film for film in gone if film]


def find_films(session: Session, numbers: Collection[int]) -> list[tuple[int, str]]:
    """Return the pairs of these visitors, with the name of each film in the store, "" where there is none."""
    return [(pair.number, pair.film) for pair in session.scalars(select(Pair).where(_of(numbers)))]


def find_pair(session: Session, number: int) -> Pair | None:
    """Return the pair that a visitor is in."""
    return session.scalar(select(Pair).where(_of([number])))


def find_view(session: Session, visitor: Visitor, code: str, now: float) -> PairView:
    """Return what a visitor's page shows: the film only while both may be shown and films are kept back from nobody."""
    pair = find_pair(session, visitor.number)
    if pair is None:
        return PairView(code if visitor.pair_hash is not None else "")
    film = select(Pair.film).where(Pair.number == pair.number, both_may_be_shown(), films_are_open(now))
    return PairView(paired=True, failed=pair.failed, film=session.scalar(film) or "")


def find_partners(session: Session) -> dict[int, int]:
    """Return, of each visitor in a pair, with whom."""
    rows = session.execute(select(Pair.first, Pair.second)).all()
    return {one: other for first, second in rows for one, other in ((first, second), (second, first))}


def find_shown_pairs(session: Session) -> dict[int, tuple[bool, ...]]:
    """Return, of each visitor in a pair, what their page shows of it: whether there is a film, or can be none."""
    rows = session.execute(select(Pair.first, Pair.second, and_(Pair.film != "", both_may_be_shown()), Pair.failed))
    return {number: (bool(film), failed) for first, second, film, failed in rows for number in (first, second)}


def pairs_are_wished(night: Night) -> bool:
    """Return whether visitors may join at all: where nobody sees anybody else, they do not see each other either."""
    return not night.drop_only


def _of(numbers: Collection[int]) -> ColumnElement[bool]:
    return or_(Pair.first.in_(numbers), Pair.second.in_(numbers))


def _hash(code: str) -> str:
    return hash_key(f"pair {_STRANGE.sub('', code.upper())}")
