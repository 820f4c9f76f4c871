"""The presence of workers: each says in the database that it is there, so that pages can say why nothing happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from likeness.audience.database import Database
from likeness.audience.tables import WorkerHere
from likeness.errors import AudienceError
from likeness.stoppable_thread import StoppableThread

# How often a worker says so, and how long its word counts: one behind a show on a full machine is late.
SAY_S, COUNTS_S = 3.0, 30.0


class Presence(StrEnum):
    """Whether anybody checks photos and makes films. The texts for visitors are in `texts/`, under `worker-`."""

    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"


class WorkerPresence:
    """Says that one worker is there, on a thread "audience presence", from `start` to `close`.

    Where the database is gone it says nothing; the worker itself tells of that.

    Args:
        database: of the evening.
        now: seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now
        self._token = secrets.token_hex(16)
        self._ready = False
        self._thread = StoppableThread("audience presence", self._run)

    def start(self) -> None:
        """Say that the worker opens its weights and models."""
        self._thread.start()

    def say_ready(self) -> None:
        """Say at once that it works from now on."""
        self._ready = True
        self._say()

    def close(self) -> None:
        """Say that it has gone."""
        self._thread.close()
        with suppress(AudienceError), self._database.writing() as session:
            session.execute(delete(WorkerHere).where(WorkerHere.token == self._token))

    def _run(self) -> None:
        while True:
            self._say()
            if self._thread.stopping.wait(SAY_S):
                return

    def _say(self) -> None:
        with suppress(AudienceError), self._database.writing() as session:
            now = self._now()
            own = update(WorkerHere).where(WorkerHere.token == self._token).values(ready=self._ready, seen_at=now)
            if session.scalar(own.returning(WorkerHere.token)) is None:
                session.add(WorkerHere(token=self._token, ready=self._ready, seen_at=now))
            session.execute(delete(WorkerHere).where(WorkerHere.seen_at < now - COUNTS_S))


def find_presence(session: Session, now: float) -> Presence:
    """Return whether a worker is ready, is opening what it needs, or none is there."""
    # One by one: PostgreSQL knows no greatest of booleans.
    here = session.scalars(select(WorkerHere.ready).where(WorkerHere.seen_at >= now - COUNTS_S)).all()
    return Presence.READY if any(here) else Presence.OPENING if here else Presence.ABSENT
