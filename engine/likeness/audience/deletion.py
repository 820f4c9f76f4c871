"""The deletion of visitors: at the hour that was promised, by their own link, or of the whole night."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from sqlalchemy import ColumnElement, delete, or_, select, union, update

from likeness.audience.claim import Task
from likeness.audience.database import Database
from likeness.audience.pairs import find_films, forget_pairs
from likeness.audience.states import State
from likeness.audience.store import Store
from likeness.audience.tables import Ban, Consent, ConsentText, Decision, Mail, Pair, Result, Visitor
from likeness.audience.transitions import move

log = logging.getLogger(__name__)

# A file without a visitor may be of one who is just being taken in.
ORPHAN_S = 600.0


class Deletion:
    """Deletes visitors, and clears up after crashes. Any thread, any process; what one leaves undone another finishes.

    First nobody sees them any more, then their files go, then what the database knows of them: after a crash between
    two of these steps the next call goes on where it was.

    Args:
        database: of the evening.
        store: of its files.
        scratch: where workers on this machine make films; None where there are none.
    """

    def __init__(self, database: Database, store: Store, scratch: Path | None = None) -> None:
        self._database, self._store, self._scratch = database, store, scratch
        # A process that died may have left it undone.
        self._clear = False

    def delete_due(self, now: float) -> int:
        """Delete whose hour has come, and what was left of earlier deletions; return how many visitors it were."""
        with self._database.writing() as session:
            move(session, State.DELETED, Visitor.delete_at <= now, now=now)
        count = self._empty_deleted()
        self._remove_orphans(now)
        self._clear_scratch()
        self._finish(count)
        return count

    def delete_visitor(self, number: int, now: float) -> bool:
        """Delete a visitor at once; return whether nothing is left of them."""
        return self._delete_now(now, Visitor.number == number)

    def delete_night(self, now: float) -> bool:
        """Delete all visitors, with consents, bans and decisions; return whether nothing is left of them."""
        whole = self._delete_now(now)
        with self._database.writing() as session:
            for table in (Ban, Decision, Consent, ConsentText):
                session.execute(delete(table))
        return self._finish(1) and whole

    def _delete_now(self, now: float, *where: ColumnElement[bool]) -> bool:
        with self._database.writing() as session:
            moved = move(session, State.DELETED, *where, now=now)
        return self._finish(self._empty_deleted() or len(moved)) and not self._left()

    def _empty_deleted(self) -> int:
        """Remove the files and the records of those who are deleted; return of how many."""
        with self._database.reading() as session:
            gone = session.execute(
                select(Visitor.number, Visitor.photo).where(Visitor.state == State.DELETED, _known())
            ).all()
            numbers = [number for number, _ in gone]
            results = session.scalars(select(Result.file).where(Result.visitor.in_(numbers))).all()
            # The children go with either parent.
            pairs = find_films(session, numbers)
        files = [*(photo for _, photo in gone), *results, *(film for _, film in pairs)]
        kept = {name for name in files if name and not self._store.remove(name)}
        if kept:
            log.warning("%d files of deleted visitors could not be removed; tried again in a minute", len(kept))
            return 0
        for number in numbers:
            self._clear_scratch(f"{name_scratch(Task.FILMS, number)}-")
        for pair, _ in pairs:
            self._clear_scratch(f"{name_scratch(Task.CHILDREN, pair)}-")
        with self._database.writing() as session:
            for table in (Result, Decision, Mail):
                session.execute(delete(table).where(table.visitor.in_(numbers)))
            late = forget_pairs(session, numbers)
            blank = {
                "key_hash": None, "device": None, "photo": "", "reason": "", "nearest": "", "farthest": "",
                "stage_name": "", "nudity": None, "pair_hash": None,
                "work_token": None, "work_until": None, "stage_token": None, "stage_until": None,
            }  # fmt: skip
            session.execute(update(Visitor).where(Visitor.number.in_(numbers)).values(**blank))
        for film in late:
            # Made in this very moment.
            self._store.remove(film)
        return len(numbers)

    def _left(self) -> bool:
        with self._database.reading() as session:
            return session.scalar(select(Visitor.number).where(Visitor.state == State.DELETED, _known())) is not None

    def _remove_orphans(self, now: float) -> None:
        """Remove files that no visitor has: a server or worker died between the file and its record."""
        there = self._store.list()
        old = {name for name, came in there.items() if came < now - ORPHAN_S}
        if not old:
            return
        with self._database.reading() as session:
            known = {*session.scalars(union(*(select(each) for each in (Visitor.photo, Result.file, Pair.film))))}
        for name in old - known:
            self._store.remove(name)

    def _clear_scratch(self, prefix: str = "") -> None:
        """Remove what workers of this machine left: all folders of a prefix, or else those that nobody works in."""
        folders = list(self._scratch.glob(f"{prefix}*")) if self._scratch and self._scratch.is_dir() else []
        if not folders:
            return
        with self._database.reading() as session:
            held = set(session.scalars(union(select(Visitor.work_token), select(Pair.work_token))))
        for folder in folders:
            if prefix or folder.name.rpartition("-")[2] not in held:
                shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, count: int) -> bool:
        """Rewrite the database where something was deleted; return whether its file is clear of it."""
        if count or not self._clear:
            self._clear = self._database.shred()
            if not self._clear:
                log.info("others use the database; it is cleared of deleted visitors a little later")
        return self._clear


def name_scratch(task: Task, number: int) -> str:
    """Return how the folders begin in which a worker makes something of a visitor, or of a pair."""
    return f"pair-{number}" if task is Task.CHILDREN else f"{number}"


def _known() -> ColumnElement[bool]:
    """Return the condition that something is still known of a visitor."""
    return or_(Visitor.key_hash.is_not(None), Visitor.photo != "")
