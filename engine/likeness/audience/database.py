"""The database of an evening: opened, brought up to date, written by one at a time, and cleared of what was deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, StaticPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from likeness.errors import AudienceError
from likeness.files.sqlite import ALONE, PATIENCE_MS, prepare_engine, rewrite, set_patience

MIGRATIONS = Path(__file__).with_name("migrations")
# Nobody waits so long for what can be done a little later.
SHRED_PATIENCE_MS = 500


class Database:
    """SQLite in WAL mode, or PostgreSQL. Any thread and any process may use it: each call has a transaction of its own.

    Args:
        url: of SQLAlchemy, such as `sqlite:////srv/night/audience.sqlite`.

    Raises:
        AudienceError: it cannot be opened or brought up to date.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
            self.sqlite = address.get_backend_name() == "sqlite"
            in_memory = self.sqlite and address.database in (None, "", ":memory:")
            # A database in memory belongs to one connection, which all threads share then.
            self._engine = create_engine(address, poolclass=StaticPool) if in_memory else create_engine(address)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise AudienceError(
                f"the database {url.partition('@')[2] or url!r} cannot be used: {error}; give an address such as "
                "sqlite:////srv/night/audience.sqlite or postgresql+pg8000://user@host/name"
            ) from error
        if self.sqlite:
            prepare_engine(self._engine)
        self._alone = self._engine.execution_options(**{ALONE: True})
        with self._translate_errors(), self._alone.begin() as connection:
            self._migrate(connection)

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

        PostgreSQL is vacuumed, and gives its pages to what comes next; its write-ahead log is beyond reach.
        """
        with self._translate_errors(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            if not self.sqlite:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
                return True
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

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            where = self._engine.url.render_as_string(hide_password=True)
            raise AudienceError(f"{where}: {cause}; is the disk full, or the database locked or gone?") from error
