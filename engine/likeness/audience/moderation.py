"""The operator's decisions: approve, refuse, undo, ban, hurry; one press is one batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from likeness.audience.nudity import DOUBTFUL, LIKELY
from likeness.audience.states import SHOWN, Reason, State
from likeness.audience.tables import Ban, Decision, Night, Visitor
from likeness.audience.transitions import move, settle

# Nobody works or shows on.
_UNCLAIMED = {"work_token": None, "work_until": None, "stage_token": None, "stage_until": None}
_WITHDRAWN = {"approved_at": None, "hurried_at": None, **_UNCLAIMED}


def approve(session: Session, numbers: Collection[int], now: float) -> list[int]:
    """Approve visitors who wait; return who was."""
    moved = move(session, State.QUEUED, Visitor.number.in_(numbers), now=now, approved_at=now, attempts=0)
    _remember(session, moved, now, approved=True)
    # One whose approval was taken back for a while has films already.
    settle(session, Visitor.number.in_(moved), now=now)
    return moved


def refuse(session: Session, numbers: Collection[int], now: float) -> list[int]:
    """Refuse visitors, also those who were approved: whatever works on them or shows them loses them."""
    chosen = (Visitor.number.in_(numbers), Visitor.state.in_((State.WAITING, *SHOWN)))
    moved = move(session, State.REFUSED, *chosen, now=now, reason=Reason.OPERATOR, **_WITHDRAWN)
    _remember(session, moved, now, approved=False)
    return moved


def ban(session: Session, number: int, now: float) -> list[int]:
    """Take nothing more from a visitor's device, and refuse all that came from it; return who was refused."""
    device = session.scalar(select(Visitor.device).where(Visitor.number == number))
    if device is None:
        return []
    numbers = session.scalars(select(Visitor.number).where(Visitor.device == device)).all()
    refused = refuse(session, numbers, now)
    if session.get(Ban, device) is None:
        # Undone with the refusals; a ban that refuses nobody any more is a batch of its own.
        session.add(Ban(device=device, batch=_last_batch(session) + (0 if refused else 1)))
        session.flush()
    return refused


def undo(session: Session, now: float) -> list[int]:
    """Take the last batch of decisions back: who was in it waits again, and their device is not banned."""
    batch = _last_batch(session)
    decided = session.scalars(select(Decision.visitor).where(Decision.batch == batch)).all()
    chosen = (Visitor.number.in_(decided), Visitor.state.in_((State.REFUSED, *SHOWN)))
    by_operator = Visitor.state.in_(SHOWN) | (Visitor.reason == Reason.OPERATOR)
    moved = move(session, State.WAITING, *chosen, by_operator, now=now, reason="", **_WITHDRAWN)
    session.execute(delete(Decision).where(Decision.batch == batch))
    session.execute(delete(Ban).where(Ban.batch == batch))
    return moved


def hurry(session: Session, number: int, now: float) -> bool:
    """Let a visitor be the next on the stage; False where they may not be shown there."""
    ready = (Visitor.number == number, Visitor.state.in_((State.QUEUED, State.DONE)), Visitor.stage_consent)
    hurried = update(Visitor).where(*ready).values(hurried_at=now).returning(Visitor.number)
    return session.scalar(hurried.execution_options(synchronize_session=False)) is not None


def switch_moderation(session: Session, on: bool, now: float) -> list[int]:
    """Moderate from now on, or no longer; who was not approved waits for the operator again. Return who does."""
    session.execute(update(Night).values(moderation=on))
    if not on:
        return []
    unapproved = (Visitor.state.in_(SHOWN), Visitor.approved_at.is_(None))
    return move(session, State.WAITING, *unapproved, now=now, hurried_at=None, **_UNCLAIMED)


def list_visitors(session: Session, states: Collection[State], most: int = 60) -> Sequence[Visitor]:
    """Return visitors for the operator's grid: who came first at the head, photos that may show nudity at the end."""
    rank = case((Visitor.nudity >= LIKELY, 2), (Visitor.nudity >= DOUBTFUL, 1), else_=0)
    chosen = select(Visitor).where(Visitor.state.in_(states), Visitor.photo != "").order_by(rank, Visitor.number)
    return session.scalars(chosen.limit(most)).all()


def _remember(session: Session, numbers: Sequence[int], now: float, *, approved: bool) -> None:
    batch = _last_batch(session) + 1
    session.add_all(Decision(batch=batch, visitor=number, approved=approved, at=now) for number in numbers)
    session.flush()


def _last_batch(session: Session) -> int:
    return max(session.scalar(select(func.max(table.batch))) or 0 for table in (Decision, Ban))
