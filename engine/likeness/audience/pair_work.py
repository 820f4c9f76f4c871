"""The drawing of a pair's children, handed out to workers under a lease, as films of one visitor are by `claims`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from likeness.audience.claim import MOST_ATTEMPTS, Claim, Task
from likeness.audience.tables import Pair, Visitor
from likeness.audience.transitions import both_may_be_shown


def claim_pair(session: Session, token: str, now: float, lease_s: float) -> Claim | None:
    """Take the next pair without children, of which both may be shown; None where there is none."""
    dead = (Pair.attempts >= MOST_ATTEMPTS, Pair.work_until < now)
    _update(session, *dead, failed=True, attempts=0, work_token=None, work_until=None)
    free = or_(Pair.work_until.is_(None), Pair.work_until < now)
    wanting = select(Pair.number).where(both_may_be_shown(), Pair.film == "", ~Pair.failed, free)
    chosen = wanting.order_by(Pair.number).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    lease = {"work_token": token, "work_until": now + lease_s, "attempts": Pair.attempts + 1}
    # May be shown, once more: on PostgreSQL a row may have changed between its choice and its lock.
    number = _update(session, Pair.number == chosen, both_may_be_shown(), **lease)
    if number is None:
        return None
    parents = select(Visitor.photo).join(Pair, or_(Visitor.number == Pair.first, Visitor.number == Pair.second))
    first, second = session.scalars(parents.where(Pair.number == number).order_by(Visitor.number)).all()
    return Claim(Task.CHILDREN, number, token, first, second)


def renew_pair(session: Session, claim: Claim, until: float) -> bool:
    """Hold a pair for longer; return whether it is still held, and may be drawn still."""
    return _update(session, *_held(claim), work_until=until) is not None


def give_pair_back(session: Session, claim: Claim) -> bool:
    """Let go of a pair as if it had never been taken; False where it is another's by now, or has parted."""
    own = (Pair.number == claim.number, Pair.work_token == claim.token)
    freed = {"work_token": None, "work_until": None, "attempts": Pair.attempts - 1}
    return _update(session, *own, **freed) is not None


def finish_pair(session: Session, claim: Claim, film: str) -> bool:
    """Keep the children's film; return whether it counts. Where not, the file is to be dropped."""
    return _update(session, *_held(claim), film=film, work_token=None, work_until=None, attempts=0) is not None


def fail_pair(session: Session, claim: Claim) -> bool:
    """Draw no children of these two: it cannot be done."""
    return _update(session, *_held(claim), failed=True, work_token=None, work_until=None, attempts=0) is not None


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return Pair.number == claim.number, Pair.work_token == claim.token, both_may_be_shown()


def _update(session: Session, *where: ColumnElement[bool], **values: object) -> int | None:
    changed = update(Pair).where(*where).values(**values).returning(Pair.number)
    return session.scalar(changed.execution_options(synchronize_session=False))
