"""An evening as all parts of the server share it: database, store, texts, settings, and where they are kept."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from likeness.audience.database import Database, DatabaseGoneError
from likeness.audience.deletion import Deletion
from likeness.audience.night import NightPlan, begin_night
from likeness.audience.store import Store
from likeness.audience.tables import Night
from likeness.audience.texts import Texts
from likeness.errors import AudienceError

T = TypeVar("T")
log = logging.getLogger(__name__)

# How often it is tried to open an evening whose database is gone.
AGAIN_S = 1.0
DATABASE, FILES, SCRATCH, OWN_TEXTS = "audience.sqlite", "files", "scratch", "texts"
# Only the user may look into the folder.
_PRIVATE = 0o700


@dataclass(frozen=True)
class Places:
    """Where an evening is kept.

    Args:
        folder: of the evening; made where it is absent.
        database: of SQLAlchemy; "" is a file in the folder.
        storage: of fsspec; "" is a folder in the folder.
    """

    folder: Path
    database: str = ""
    storage: str = ""

    @property
    def scratch(self) -> Path:
        """Where workers of this machine make films."""
        return self.folder / SCRATCH

    def open_database(self) -> Database:
        """Open the database.

        Raises:
            AudienceError: it cannot be.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        except OSError as error:
            raise AudienceError(
                f"the evening cannot be kept in {self.folder}: {error}; name another --folder"
            ) from error
        return Database(self.database or f"sqlite:///{self.folder.resolve() / DATABASE}")

    def open_store(self) -> Store:
        """Open the store of photos and films.

        Raises:
            AudienceError: it cannot be.
        """
        return Store(self.storage or str(self.folder.resolve() / FILES))


@dataclass(frozen=True)
class Evening:
    """An evening that is open.

    Args:
        database, store, texts, deletion: its parts.
        secret: of its cookies, codes and forms.
        now: seconds since 1970.
    """

    database: Database
    store: Store
    texts: Texts
    deletion: Deletion
    secret: bytes = field(repr=False)
    now: Callable[[], float] = time.time

    def sign(self, *parts: str) -> str:
        """Return what only this evening can make of `parts`: for forms, codes and cookies."""
        return hmac.new(self.secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:40]

    def is_signed(self, signature: str, *parts: str) -> bool:
        """Return whether `signature` is that of `parts`."""
        return hmac.compare_digest(signature.encode(), self.sign(*parts).encode())

    def night(self) -> Night:
        """Return the settings as they are now."""
        with self.database.reading() as session:
            return session.scalars(select(Night)).one()


def open_evening(places: Places, plan: NightPlan, now: Callable[[], float] = time.time) -> Evening:
    """Open an evening with the settings of `plan`, and delete whose hour came while no server ran.

    Raises:
        AudienceError: a part of it cannot be opened.
        DatabaseGoneError: not now.
    """
    database, store = places.open_database(), places.open_store()
    try:
        with database.writing() as session:
            secret = begin_night(session, plan).secret
        deletion = Deletion(database, store, places.scratch)
        deletion.delete_due(now())
    except AudienceError:
        database.close()
        raise
    return Evening(database, store, Texts(places.folder / OWN_TEXTS), deletion, secret, now)


def open_patiently(open_part: Callable[[], T]) -> T:
    """Return what `open_part` opens; while the database is gone, wait for it, and say so in one line.

    Raises:
        AudienceError: it cannot be opened, and waiting does not help.
    """
    said = False
    while True:
        try:
            opened = open_part()
        except DatabaseGoneError as error:
            if not said:
                log.warning("%s Trying again every %g s.", error, AGAIN_S)
            said = True
            time.sleep(AGAIN_S)
            continue
        if said:
            log.warning("the database is there")
        return opened
