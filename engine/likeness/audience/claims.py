"""Work and the stage, handed out under a lease: who stops to renew it loses it, and another takes the visitor over."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select, update
from sqlalchemy.orm import QueryableAttribute, Session

from likeness.audience.claim import LEASE_S, MOST_ATTEMPTS, Claim, Task
from likeness.audience.pair_work import claim_pair, fail_pair, finish_pair, give_pair_back, renew_pair
from likeness.audience.states import Reason, State
from likeness.audience.tables import Night, Result, Visitor
from likeness.audience.transitions import may_be_shown, move, settle


def claim_work(session: Session, now: float, lease_s: float = LEASE_S) -> Claim | None:
    """Take the next visitor for whom there is something to do: checks, then films, then the children of pairs; or None.

    Any number of workers may ask at once, on any machines: the row is chosen and taken in one statement.

    Args:
        session: of a transaction that writes.
        now: seconds since 1970, by a clock that all machines agree on to a second.
        lease_s: how long the claim holds.
    """
    _give_up(session, now)
    token = secrets.token_hex(16)
    lease = {"work_token": token, "work_until": now + lease_s, "attempts": Visitor.attempts + 1}
    unheld = _free(Visitor.work_until, now)
    unchecked = _first(select(Visitor.number).where(Visitor.state.in_((State.RECEIVED, State.CHECKING)), unheld))
    number = next(iter(move(session, State.CHECKING, Visitor.number == unchecked, now=now, **lease)), None)
    task = Task.CHECK
    if number is None:
        wanting = _first(select(Visitor.number).where(may_be_shown(), Visitor.films_at.is_(None), unheld))
        task = Task.FILMS
        # May be shown, once more: on PostgreSQL the row may have changed between its choice and its lock.
        number = _update(session, Visitor.number == wanting, may_be_shown(), **lease)
    if number is None:
        return claim_pair(session, token, now, lease_s)
    return Claim(task, number, token, session.scalars(select(Visitor.photo).where(Visitor.number == number)).one())


def renew(session: Session, claim: Claim, now: float, lease_s: float = LEASE_S) -> bool:
    """Hold a claim for longer; return whether it is still one. Where not, what was made of it is to be dropped."""
    if claim.task is Task.CHILDREN:
        return renew_pair(session, claim, now + lease_s)
    return _update(session, *_held(claim), work_until=now + lease_s) is not None


def give_back(session: Session, claim: Claim) -> bool:
    """Let go of a claim as if it had never been taken: what failed is the house's, and not the photo's.

    Where the claim is another's by now, it is no longer counted as one at which a worker died; then False comes back.
    """
    if claim.task is Task.CHILDREN:
        return give_pair_back(session, claim)
    own = (Visitor.number == claim.number, Visitor.work_token == claim.token)
    freed = {"work_token": None, "work_until": None, "attempts": Visitor.attempts - 1}
    if _update(session, *own, **freed) is not None:
        return True
    _update(session, Visitor.number == claim.number, Visitor.attempts > 0, attempts=Visitor.attempts - 1)
    return False


def finish_check(
    session: Session, claim: Claim, reason: Reason | None, now: float, nudity: float | None = None
) -> bool:
    """End a check: the photo waits for the operator, is queued where nobody moderates, or is refused with a reason."""
    own = (Visitor.number == claim.number, Visitor.work_token == claim.token)
    freed = {"work_token": None, "work_until": None, "attempts": 0, "nudity": nudity}
    if reason is not None:
        return bool(move(session, State.REFUSED, *own, now=now, reason=reason, **freed))
    return bool(
        move(session, State.QUEUED, *own, now=now, **freed) or move(session, State.WAITING, *own, now=now, **freed)
    )


def finish_films(
    session: Session, claim: Claim, results: Sequence[tuple[str, str]], nearest: str, farthest: str, now: float
) -> bool:
    """End the making of films; return whether they count. Where not, the files are to be dropped.

    Args:
        session: of a transaction that writes.
        claim: the worker's own.
        results: of each, its name and its name in the store.
        nearest, farthest: whom the visitor resembles most and least.
        now: seconds since 1970.
    """
    if claim.task is Task.CHILDREN:
        return finish_pair(session, claim, results[0][1])
    values = {
        "films_at": now, "nearest": nearest, "farthest": farthest, "changed_at": now,
        "work_token": None, "work_until": None, "attempts": 0,
    }  # fmt: skip
    if _update(session, *_held(claim), **values) is None:
        return False
    session.add_all(Result(visitor=claim.number, name=name, file=file) for name, file in results)
    settle(session, Visitor.number == claim.number, now=now)
    return True


def fail_films(session: Session, claim: Claim, now: float) -> bool:
    """Refuse a visitor of whose photo no films can be made; of a pair only the children are left out."""
    if claim.task is Task.CHILDREN:
        return fail_pair(session, claim)
    return bool(_refuse_failed(session, *_held(claim), now=now))


def take_for_stage(session: Session, now: float, lease_s: float = LEASE_S) -> Claim | None:
    """Take the next visitor for the stage: who may be shown and agreed to it, hurried ones first; None for nobody."""
    token = secrets.token_hex(16)
    hurried = Visitor.hurried_at.is_not(None)
    waiting = and_(Visitor.state == State.QUEUED, or_(Visitor.staged_at.is_(None), hurried))
    again = and_(Visitor.state == State.DONE, hurried)
    lost = and_(Visitor.state == State.ON_STAGE, _free(Visitor.stage_until, now))
    choice = select(Visitor.number).where(may_be_staged(), or_(waiting, again, lost))
    chosen = _first(choice, func.coalesce(Visitor.hurried_at, now + 1.0))
    lease = {"stage_token": token, "stage_until": now + lease_s, "hurried_at": None}
    taken = move(session, State.ON_STAGE, Visitor.number == chosen, may_be_staged(), now=now, **lease)
    if not taken:
        return None
    photo = session.scalars(select(Visitor.photo).where(Visitor.number == taken[0])).one()
    return Claim(Task.FILMS, taken[0], token, photo)


def keep_on_stage(session: Session, claim: Claim, now: float, lease_s: float = LEASE_S) -> bool:
    """Keep a visitor on the stage; False tells the stage to show them no longer: refused, deleted, or lost."""
    return _update(session, *_staged(claim), stage_until=now + lease_s) is not None


def leave_stage(session: Session, claim: Claim, now: float, *, shown: bool = True) -> bool:
    """End a visitor's turn on the stage; who was not `shown` comes again."""
    left = {"stage_token": None, "stage_until": None, **({"staged_at": now} if shown else {})}
    if not move(session, State.QUEUED, *_staged(claim), now=now, **left):
        return False
    settle(session, Visitor.number == claim.number, now=now)
    return True


def count_for_stage(session: Session) -> tuple[int, bool]:
    """Return how many wait for the stage, and whether the operator has called for one of them."""
    hurried = and_(Visitor.state.in_((State.QUEUED, State.DONE)), Visitor.hurried_at.is_not(None))
    waiting = or_(and_(Visitor.state == State.QUEUED, Visitor.staged_at.is_(None)), hurried)
    chosen = select(func.count(), func.count(Visitor.hurried_at)).where(may_be_staged(), waiting)
    count, called = session.execute(chosen).one()
    return count, called > 0


def may_be_staged() -> ColumnElement[bool]:
    """Return the condition on which a visitor's picture goes to a stage: they agreed to it, and nobody forbids it."""
    return and_(may_be_shown(), Visitor.stage_consent, select(~Night.drop_only).scalar_subquery())


def _give_up(session: Session, now: float) -> None:
    """Refuse photos at which workers have died again and again."""
    hopeless = (Visitor.attempts >= MOST_ATTEMPTS, Visitor.work_until < now)
    _refuse_failed(session, *hopeless, now=now, attempts=0)


def _refuse_failed(session: Session, *chosen: ColumnElement[bool], now: float, **values: object) -> list[int]:
    """Refuse visitors of whom no films can be made, and let go of the work on them; return who was."""
    freed = {"approved_at": None, "work_token": None, "work_until": None}
    return move(session, State.REFUSED, *chosen, now=now, reason=Reason.FAILED, **freed, **values)


def _free(until: QueryableAttribute[float | None], now: float) -> ColumnElement[bool]:
    return or_(until.is_(None), until < now)


def _first(choice: Select[Any], *order: ColumnElement[float]) -> ScalarSelect[int]:
    """Return the choice of one row, locked where the database can, so that two workers never choose the same."""
    return choice.order_by(*order, Visitor.number).limit(1).with_for_update(skip_locked=True).scalar_subquery()


def _update(session: Session, *where: ColumnElement[bool], **values: Any) -> int | None:
    """Change columns of the one visitor whom `where` names; return their number, or None where it names nobody."""
    changed = update(Visitor).where(*where).values(**values).returning(Visitor.number)
    return session.scalar(changed.execution_options(synchronize_session=False))


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a claim is still its worker's, and that its picture may still be used."""
    own = (Visitor.number == claim.number, Visitor.work_token == claim.token)
    return (*own, Visitor.state == State.CHECKING if claim.task is Task.CHECK else may_be_shown())


def _staged(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return Visitor.number == claim.number, Visitor.stage_token == claim.token, may_be_staged()
