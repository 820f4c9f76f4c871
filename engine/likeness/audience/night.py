"""The settings of the evening, and its numbers."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from likeness.audience.states import State
from likeness.audience.tables import Ban, Night, Visitor
from likeness.errors import AudienceError

HOUR_S = 3600.0
# A time of day that was so long ago is one of tomorrow; a server that is started again after a curfew keeps it.
PAST_H = 6


@dataclass(frozen=True)
class NightPlan:
    """How an evening is to be.

    Args:
        moderation: nobody is shown whom the operator has not approved.
        stage: a show takes visitors.
        capacity: how many photos are taken in, in all; who was deleted makes room.
        device_quota: and from one phone.
        keep_h: hours from a photo to its deletion.
        until: no photo is taken in from then on, in seconds since 1970; None for the whole night.
        reveal: nobody sees films before the operator opens them.
        reveal_at: or before this time, in seconds since 1970.
        drop_only: nobody sees anybody else: there is no stage.
    """

    moderation: bool = True
    stage: bool = False
    capacity: int = 500
    device_quota: int = 5
    keep_h: float = 24.0
    until: float | None = None
    reveal: bool = False
    reveal_at: float | None = None
    drop_only: bool = False


def parse_hour(option: str, text: str, now: float) -> float:
    """Return a time of day, such as "21:30", in seconds since 1970: the next one, or one of the last six hours.

    Raises:
        AudienceError: naming the option.
    """
    try:
        hour = time.strptime(text, "%H:%M")
    except ValueError as error:
        raise AudienceError(f"{option} {text!r:.40} is no time of day, such as 21:30") from error
    today = time.localtime(now)
    found = [
        time.mktime((today.tm_year, today.tm_mon, today.tm_mday + day, hour.tm_hour, hour.tm_min, 0, 0, 0, -1))
        for day in (-1, 0, 1)
    ]
    return next(at for at in found if at > now - PAST_H * HOUR_S)


def begin_night(session: Session, plan: NightPlan) -> Night:
    """Return the evening's settings, as `plan` says; the secret and who is there already stay.

    Films that the operator has opened stay open. What a visitor was promised stays too: another `keep_h` counts for
    those who come from now on.
    """
    night = session.get(Night, 1)
    if night is None:
        night = Night(id=1, paused=False, secret=secrets.token_bytes(32))
        session.add(night)
    night.moderation, night.stage = plan.moderation, plan.stage
    night.capacity, night.device_quota, night.keep_s = plan.capacity, plan.device_quota, plan.keep_h * HOUR_S
    night.until, night.drop_only = plan.until, plan.drop_only
    night.reveal, night.reveal_at = plan.reveal or plan.reveal_at is not None, plan.reveal_at
    session.flush()
    return night


def pause_intake(session: Session, paused: bool) -> None:
    """Take in no photos from now on, or take them in again."""
    session.execute(update(Night).values(paused=paused))


def open_films(session: Session, now: float) -> None:
    """Let everybody see their films from now on, where the evening keeps them back."""
    session.execute(update(Night).values(revealed_at=now))


def close_films(session: Session) -> None:
    """Keep films back again; after the hour at which they open this changes nothing."""
    session.execute(update(Night).values(revealed_at=None))


def keeps_films_back(night: Night, now: float) -> bool:
    """Return whether nobody sees films now."""
    due = night.reveal_at is not None and night.reveal_at <= now
    return night.reveal and night.revealed_at is None and not due


def find_refusal(session: Session, night: Night, device: str, now: float) -> str:
    """Return the key of the text that says why nothing is taken from a device now, "" where it is."""
    if session.get(Ban, device) is not None:
        return "closed-banned"
    if night.until is not None and now >= night.until:
        return "closed-late"
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
