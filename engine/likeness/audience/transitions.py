"""The one place that changes a visitor's state, and the one condition on which a picture is handed to anybody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from likeness.audience.states import BEFORE, SHOWN, State
from likeness.audience.tables import Night, Pair, Visitor


def move(session: Session, to: State, *where: ColumnElement[bool], now: float, **values: Any) -> list[int]:
    """Bring those visitors whom `where` names into a state, if it may follow theirs; return the numbers of who moved.

    Args:
        session: of a transaction that writes.
        to: the new state.
        where: conditions on `Visitor`.
        now: seconds since 1970.
        values: of other columns, set in the same step.
    """
    if to in SHOWN and values.get("approved_at") is None:
        # Whatever leads here, and whatever the caller forgot: with moderation on nobody comes in unapproved.
        where = (*where, or_(_unmoderated(), Visitor.approved_at.is_not(None)))
    return list(
        session.scalars(
            update(Visitor)
            .where(Visitor.state.in_(BEFORE[to]), *where)
            .values(state=to, changed_at=now, **values)
            .returning(Visitor.number)
            .execution_options(synchronize_session=False)
        )
    )


def settle(session: Session, *where: ColumnElement[bool], now: float) -> list[int]:
    """Call those visitors done who have films, and who were on the stage where there is one and they wished it."""
    unwished = or_(select(~Night.stage).scalar_subquery(), ~Visitor.stage_consent)
    staged = or_(unwished, Visitor.staged_at.is_not(None))
    return move(
        session, State.DONE, Visitor.state == State.QUEUED, Visitor.films_at.is_not(None), staged, *where, now=now
    )


def may_be_shown() -> ColumnElement[bool]:
    """Return the condition on which a visitor's picture goes to a stage, into a film, or to a page.

    With moderation on it takes the operator's approval, whatever state the visitor is in: the invariant of the evening.
    """
    return and_(Visitor.state.in_(SHOWN), or_(_unmoderated(), Visitor.approved_at.is_not(None)))


def both_may_be_shown() -> ColumnElement[bool]:
    """Return the condition on which two visitors' children are drawn, and shown to both: on `Pair`."""
    parents = or_(Visitor.number == Pair.first, Visitor.number == Pair.second)
    shown = select(func.count()).where(parents, may_be_shown()).correlate(Pair).scalar_subquery()
    return and_(shown == 2, select(~Night.drop_only).scalar_subquery())


def films_are_open(now: float) -> ColumnElement[bool]:
    """Return the condition that films are kept back from nobody, or no longer."""
    opened = or_(~Night.reveal, Night.revealed_at.is_not(None), Night.reveal_at <= now)
    return select(func.coalesce(opened, False)).scalar_subquery()


def _unmoderated() -> ColumnElement[bool]:
    # No night, no pictures: then this is NULL.
    return select(~Night.moderation).scalar_subquery()
