"""A worker: takes visitors one after the other, looks for their face, makes their films. It may be killed any time."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from likeness.audience.claim import LEASE_S, Claim, Task
from likeness.audience.claims import (
    claim_work,
    fail_films,
    finish_check,
    finish_films,
    give_back,
    renew,
)
from likeness.audience.database import Database
from likeness.audience.deletion import Deletion, name_scratch
from likeness.audience.states import Reason
from likeness.audience.store import Store
from likeness.errors import AudienceError, LikenessError, PhotoError
from likeness.errors.fault_log import Faults
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# How soon a worker without work asks again.
IDLE_S = 0.5
# How often any worker sees to it that what was promised to be deleted is.
DELETION_S = 30.0
# In bytes: films of 1080 px, in the scratch folder and once more in the store. With less nothing is begun.
LEAST_ROOM = 50_000_000
# The other parent's photo, beside the first.
OTHER = "other.jpg"


class ClaimLostError(Exception):
    """The visitor is another worker's now, or may not be shown any more: what is being made is dropped."""


@dataclass(frozen=True)
class MadeFilms:
    """What was made of a visitor.

    Attributes:
        files: with the name of each, such as "good-news.mp4".
        nearest, farthest: whom they resemble most and least, in words.
    """

    files: Sequence[tuple[str, Path]]
    nearest: str
    farthest: str


class Check(Protocol):
    """What looks for a face."""

    def check(self, photo: Path) -> float | None:
        """Look for a face; raise PhotoError where there is none. Return a score of nudity, None for none."""
        ...


class Making(Protocol):
    """What makes films."""

    def make(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        """Make the films of a photo, in its folder, while `held`."""
        ...

    def make_children(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        """Make the film of the children of a photo and of `OTHER` beside it, while `held`."""
        ...


class Worker:
    """Works until it is told to stop; `run` belongs to one thread. A second thread, "audience lease", renews the claim.

    What fails for one visitor refuses that visitor with a reason. Where the database or the store is gone, or a disk is
    full, the worker says so, gives the visitor back, waits and asks again: nobody is refused for the house's faults.

    Args:
        database, store, deletion: of the evening.
        scratch: where films are made; each claim has a folder in it, which goes with the claim.
        check: looks for faces.
        making: makes films.
        now: seconds since 1970.
        lease_s: how long a claim holds without being renewed.
    """

    def __init__(
        self, database: Database, store: Store, deletion: Deletion, scratch: Path, check: Check, making: Making, *,
        now: Callable[[], float] = time.time, lease_s: float = LEASE_S,
    ) -> None:  # fmt: skip
        self._database, self._store, self._deletion, self._scratch = database, store, deletion, scratch
        self._check, self._making, self._now, self._lease_s = check, making, now, lease_s
        self._deleted_at = float("-inf")
        self._faults = Faults(log)
        # What could not be given back: the database was gone.
        self._owed: list[Claim] = []

    def run(self, stopping: Event) -> None:
        """Work until `stopping` is set."""
        while not stopping.is_set():
            try:
                worked = self.work_once()
                self._delete_due()
            except (AudienceError, OSError) as error:
                worked = False
                self._faults.tell("the worker", error, trace=False)
            if not worked:
                stopping.wait(IDLE_S)

    def work_once(self) -> bool:
        """Do what is next for one visitor; return whether there was anything.

        Raises:
            AudienceError: the database or the store is gone, or the disk is full.
            OSError: the scratch folder cannot be written.
        """
        self._require_room()
        self._give_back()
        with self._database.writing() as session:
            claim = claim_work(session, self._now(), self._lease_s)
        if claim is None:
            return False
        folder = self._scratch / f"{name_scratch(claim.task, claim.number)}-{claim.token}"
        lost = Event()
        lease = StoppableThread("audience lease", lambda: self._renew(claim, lost, lease.stopping))
        lease.start()
        began = time.monotonic()
        try:
            folder.mkdir(parents=True, mode=0o700)
            photo = folder / "photo.jpg"
            photo.write_bytes(self._store.get(claim.photo))
            if claim.other:
                (folder / OTHER).write_bytes(self._store.get(claim.other))
            self._do(claim, photo, lost)
        except (AudienceError, OSError):
            if self._is_lost(claim, lost):
                return True
            lost.set()
            raise
        finally:
            lease.close()
            if lost.is_set():
                self._owed.append(claim)
                with suppress(AudienceError):
                    self._give_back()
            shutil.rmtree(folder, ignore_errors=True)
        who = "pair" if claim.task is Task.CHILDREN else "visitor"
        log.info("%s %d: %s in %.1f s", who, claim.number, claim.task.value, time.monotonic() - began)
        return True

    def _do(self, claim: Claim, photo: Path, lost: Event) -> None:
        if claim.task is Task.CHECK:
            reason, nudity = None, None
            try:
                nudity = self._check.check(photo)
            except PhotoError:
                reason = Reason.NO_FACE
            with self._database.writing() as session:
                if not finish_check(session, claim, reason, self._now(), nudity):
                    lost.set()
            return
        try:
            making = self._making
            make = making.make_children if claim.task is Task.CHILDREN else making.make
            made = make(photo, lambda: not lost.is_set())
        except ClaimLostError:
            log.info("visitor %d is gone meanwhile; what was being made is dropped", claim.number)
            lost.set()
            return
        except LikenessError as error:
            if self._is_lost(claim, lost):
                return
            self._require_room()
            log.warning("%s %d: no films: %s", claim.task.value, claim.number, error)
            with self._database.writing() as session:
                fail_films(session, claim, self._now())
            return
        if not self._keep(claim, made):
            lost.set()

    def _keep(self, claim: Claim, made: MadeFilms) -> bool:
        """Keep films in the store; return whether they count. Where not, or where the database fails, none stays."""
        kept: list[tuple[str, str]] = []
        counts = False
        try:
            for name, file in made.files:
                kept.append((name, self._store.put("results", file.read_bytes(), file.suffix)))
            with self._database.writing() as session:
                counts = finish_films(session, claim, kept, made.nearest, made.farthest, self._now())
        finally:
            if not counts:
                self._drop([file for _, file in kept])
        return counts

    def _require_room(self) -> None:
        """Raise AudienceError where the disk of the scratch folder is full."""
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(self._scratch).free
        if free < LEAST_ROOM:
            raise AudienceError(
                f"the disk of {self._scratch} has {free // 1_000_000} MB left; "
                f"films wait until there are {LEAST_ROOM // 1_000_000}"
            )

    def _give_back(self) -> None:
        """Let others have the visitors whose claims ended without an end, and count none as a worker's death."""
        while self._owed:
            with self._database.writing() as session:
                give_back(session, self._owed[-1])
            self._owed.pop()

    def _is_lost(self, claim: Claim, lost: Event) -> bool:
        """Return whether a claim is lost by now, before its renewal sees it: a deletion takes the files along."""
        with suppress(AudienceError), self._database.writing() as session:
            if not renew(session, claim, self._now(), self._lease_s):
                lost.set()
        if lost.is_set():
            log.info("visitor %d is gone meanwhile; what was being made is dropped", claim.number)
        return lost.is_set()

    def _drop(self, files: Sequence[str]) -> None:
        for file in files:
            self._store.remove(file)

    def _renew(self, claim: Claim, lost: Event, stopping: Event) -> None:
        """Renew a claim until it ends or is lost; runs on the thread "audience lease"."""
        while not stopping.wait(self._lease_s / 4):
            try:
                with self._database.writing() as session:
                    held = renew(session, claim, self._now(), self._lease_s)
            except AudienceError as error:
                # The database is gone for a moment; where it stays away the claim runs out there.
                self._faults.tell("the lease", error, trace=False)
                continue
            if not held:
                lost.set()
                return

    def _delete_due(self) -> None:
        now = self._now()
        if now - self._deleted_at >= DELETION_S:
            self._deleted_at = now
            self._deletion.delete_due(now)
