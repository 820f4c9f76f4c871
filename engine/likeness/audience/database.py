"""The database of an evening: opened, brought up to date, written by one at a time, and cleared of what was deleted."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, StaticPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from likeness.audience.tables import Base
from likeness.errors import AudienceError
from likeness.files.sqlite import ALONE, PATIENCE_MS, prepare_engine, rewrite, set_patience

MIGRATIONS = Path(__file__).with_name("migrations")
# Nobody waits so long for what can be done a little later.
SHRED_PATIENCE_MS = 500
# PostgreSQL's codes of a server that starts, ends, or has no connection left.
_BUSY_CODES = ("57P", "53", "08")
# And of a lock that was not to be had in time, and of what the user may not do.
_LOCKED, _FORBIDDEN = ("55P03", "40P01"), "42501"

# A full disk, and one that others write to, may be another in a moment.
_SQLITE_WAITS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class DatabaseGoneError(AudienceError):
    """A database that is gone, locked or without room now: the same may work in a moment."""


class Database:
    """SQLite in WAL mode, or PostgreSQL. Any thread and any process may use it: each call has a transaction of its own.

    Args:
        url: of SQLAlchemy, such as `sqlite:////srv/night/audience.sqlite`.

    Raises:
        AudienceError: it cannot be opened or brought up to date.
        DatabaseGoneError: not now.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
            self.sqlite = address.get_backend_name() == "sqlite"
            in_memory = self.sqlite and address.database in (None, "", ":memory:")
            # A database in memory belongs to one connection, which all threads share then.
            # A PostgreSQL that was started again has forgotten our connections: each is tried before it is used.
            own: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"pool_pre_ping": not self.sqlite}
            self._engine = create_engine(address, **own)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise AudienceError(
                f"the database {url.partition('@')[2] or url!r} cannot be used: {error}; give an address such as "
                "sqlite:////srv/night/audience.sqlite or postgresql+pg8000://user@host/name"
            ) from error
        if self.sqlite:
            prepare_engine(self._engine)
        # Connections that the server has cut fail to be closed, with a traceback each; what matters is told in a line.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        self._alone = self._engine.execution_options(**{ALONE: True})
        try:
            with self._translate_errors(), self._alone.begin() as connection:
                self._migrate(connection)
        except AudienceError:
            self._engine.dispose()
            raise

    def _migrate(self, connection: Connection) -> None:
        if not self.sqlite:
            # Two processes that start at once: the second waits, and finds nothing to do. The number is "LAud".
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'LAud', 'big')})")
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        command.upgrade(config, "head")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one moment of the database.

        Raises:
            AudienceError: it cannot be read.
        """
        with self._translate_errors(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that may write, on SQLite alone; commits, or undoes all where the body raises.

        Raises:
            AudienceError: it cannot be written.
        """
        with self._translate_errors(), Session(self._alone, expire_on_commit=False) as session, session.begin():
            yield session

    def shred(self) -> bool:
        """Remove what was deleted from the file and the log beside it; return whether nothing of it is left there.

        PostgreSQL writes its tables anew. Its write-ahead log goes with the next checkpoint, which is asked for where
        its user may.
        """
        if not self.sqlite:
            return self._rewrite_tables()
        with self._translate_errors(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            set_patience(raw, SHRED_PATIENCE_MS)
            try:
                return rewrite(raw)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
                return False
            finally:
                set_patience(raw, PATIENCE_MS)

    def _rewrite_tables(self) -> bool:
        """Write PostgreSQL's tables anew: plain VACUUM leaves the bytes of deleted rows in their pages."""
        with self._translate_errors(), self._engine.connect() as opened:
            # pg8000 begins a transaction with the question whether the connection lives, and VACUUM runs in none.
            opened.connection.rollback()
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql(f"SET lock_timeout = {SHRED_PATIENCE_MS}")
            try:
                for table in Base.metadata.sorted_tables:
                    connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
            except DBAPIError as error:
                if _code(error) not in _LOCKED:
                    raise
                return False
            finally:
                # The connection may be gone; then it is not used again either.
                with suppress(DBAPIError):
                    connection.exec_driver_sql("RESET lock_timeout")
            # A new segment, and nothing in the ones before it that a restart would need.
            for step in ("SELECT pg_switch_wal()", "CHECKPOINT"):
                try:
                    connection.exec_driver_sql(step)
                except DBAPIError as error:
                    if _code(error) != _FORBIDDEN:
                        raise
        return True

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except ConnectionError as error:
            # pg8000 lets some of its socket's errors through.
            where = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseGoneError(f"{where}: {error}; is the database gone?") from error
        except (DBAPIError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            where = self._engine.url.render_as_string(hide_password=True)
            words = f"{where}: {cause}; is the disk full, or the database locked or gone?"
            raise (DatabaseGoneError if _may_come_back(error) else AudienceError)(words) from error


def _code(error: DBAPIError) -> str:
    """Return PostgreSQL's code of an error, "" where its driver has none."""
    cause = error.orig
    given = cause.args[0] if cause is not None and cause.args else None
    # psycopg has it as an attribute, pg8000 in a dictionary.
    return str(getattr(cause, "sqlstate", None) or (given.get("C", "") if isinstance(given, dict) else ""))


def _may_come_back(error: DBAPIError | sqlite3.Error) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error) or not isinstance(error, DBAPIError):
        # An error of the driver itself has no code.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_WAITS
    code = _code(error)
    return code.startswith(_BUSY_CODES) if code else isinstance(error, InterfaceError | OperationalError)
