"""SQLite files that several programs write: WAL mode, one writer at a time, and nothing left of what was deleted."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine, event

# How long one writer waits for another, who needs milliseconds; a VACUUM of a large file takes a second.
PATIENCE_MS = 30_000
# The option of a connection that is going to write.
ALONE = "alone"
_PRAGMAS = (
    "journal_mode = WAL",
    # In WAL mode a commit is on the disk when it returns only with FULL.
    "synchronous = FULL",
    "secure_delete = ON",
    "foreign_keys = ON",
)


def prepare_engine(engine: Engine) -> None:
    """Set up an engine of SQLite; with the option `ALONE` its connections write, and others wait for them."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


def set_patience(connection: sqlite3.Connection, milliseconds: int) -> None:
    """Let a connection wait so long for others before it fails."""
    connection.execute(f"PRAGMA busy_timeout = {milliseconds}")


def rewrite(connection: sqlite3.Connection) -> bool:
    """Write the file anew without what was deleted, and empty the log beside it.

    Returns:
        Whether the log could be emptied; it cannot while another program reads from it.
    """
    # Deleted cells are overwritten with zeros, but cells that moved between pages leave copies behind.
    connection.execute("VACUUM")
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # Transactions are ours to begin: the driver's own would begin too late to keep two writers apart.
    connection.isolation_level = None
    set_patience(connection, PATIENCE_MS)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(ALONE) else "BEGIN")
