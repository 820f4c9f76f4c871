"""The settings of the evening, and its numbers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from likeness.audience.states import State
from likeness.audience.tables import Ban, Night, Visitor

HOUR_S = 3600.0


@dataclass(frozen=True)
class NightPlan:
    """How an evening is to be.

    Args:
        moderation: nobody is shown whom the operator has not approved.
        stage: a show takes visitors.
        capacity: how many photos are taken in, in all; who was deleted makes room.
        device_quota: and from one phone.
        keep_h: hours from a photo to its deletion.
    """

    moderation: bool = True
    stage: bool = False
    capacity: int = 500
    device_quota: int = 5
    keep_h: float = 24.0


def begin_night(session: Session, plan: NightPlan) -> Night:
    """Return the evening's settings, as `plan` says; the secret and who is there already stay.

    What a visitor was promised stays too: another `keep_h` counts for those who come from now on.
    """
    night = session.get(Night, 1)
    if night is None:
        night = Night(id=1, paused=False, secret=secrets.token_bytes(32))
        session.add(night)
    night.moderation, night.stage = plan.moderation, plan.stage
    night.capacity, night.device_quota, night.keep_s = plan.capacity, plan.device_quota, plan.keep_h * HOUR_S
    session.flush()
    return night


def pause_intake(session: Session, paused: bool) -> None:
    """Take in no photos from now on, or take them in again."""
    session.execute(update(Night).values(paused=paused))


def find_refusal(session: Session, night: Night, device: str) -> str:
    """Return the key of the text that says why nothing is taken from a device now, "" where it is."""
    if session.get(Ban, device) is not None:
        return "closed-banned"
    if night.paused:
        return "closed-paused"
    there = select(func.count()).where(Visitor.state != State.DELETED)
    if (session.scalar(there) or 0) >= night.capacity:
        return "closed-full"
    sent = select(func.count()).where(Visitor.device == device, Visitor.state.not_in((State.REFUSED, State.DELETED)))
    return "closed-quota" if (session.scalar(sent) or 0) >= night.device_quota else ""


def count_states(session: Session) -> dict[State, int]:
    """Return how many visitors are in each state."""
    rows = session.execute(select(Visitor.state, func.count()).group_by(Visitor.state))
    return dict.fromkeys(State, 0) | {row[0]: row[1] for row in rows}
