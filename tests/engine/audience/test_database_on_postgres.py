"""PostgreSQL that comes late, goes away and comes back, and what of deleted visitors is left on its disk."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update
from tests.engine.audience.evenings import Guests
from tests.engine.audience.postgres import QUICK, Postgres, require_postgres

from likeness.audience.admission import hash_key
from likeness.audience.database import Database, DatabaseGoneError
from likeness.audience.deletion import Deletion
from likeness.audience.evening import open_patiently
from likeness.audience.outbox import ask_for_mail
from likeness.audience.store import Store
from likeness.audience.tables import Visitor
from likeness.errors import AudienceError

PATIENCE_S = 60.0
NAMES = ("photos/needle-photo.jpg", "needle-name", "needle-near", "needle@example.org", "http://house/v/needle-key")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Return a server that has not been started; old log files are removed, and not used again."""
    require_postgres()
    server = Postgres((*QUICK, "wal_recycle=off"))
    yield server
    server.close()


def test_a_program_waits_for_a_database_that_is_not_there_and_says_so_once(
    server: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DatabaseGoneError, match="gone"):
        Database(server.url)
    opened: list[Database] = []
    waiting = threading.Thread(target=lambda: opened.append(open_patiently(lambda: Database(server.url))))
    with caplog.at_level(logging.WARNING, "likeness.audience.evening"):
        waiting.start()
        deadline = time.monotonic() + PATIENCE_S
        while "Trying again" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.start()
        waiting.join(PATIENCE_S)
    assert [record.message.rpartition("? ")[2] for record in caplog.records] == [
        "Trying again every 1 s.",
        "the database is there",
    ]
    Guests(opened[0]).begin()
    opened[0].close()


def test_what_is_wrong_in_the_address_is_said_at_once_and_not_waited_for(server: Postgres) -> None:
    with pytest.raises(AudienceError, match="nosuch"):
        open_patiently(lambda: Database(server.url.replace("/postgres?", "/nosuch?")))


def test_a_database_that_was_killed_and_is_back_is_used_again_without_one_failure(server: Postgres) -> None:
    database = Database(server.url)
    with database.reading() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
    server.kill()
    server.start()
    with database.writing() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
    database.close()


def test_nothing_of_deleted_visitors_is_in_any_file_of_the_server(server: Postgres, tmp_path: Path) -> None:
    database = Database(server.url)
    guests, store = Guests(database), Store(str(tmp_path / "files"))
    guests.begin()
    for index in range(40):
        number, key = guests.come_with_key(f"{NAMES[0]}{index}", f"phone {index}", ("compare",))
        with database.writing() as session:
            visitor = session.get_one(Visitor, number)
            visitor.stage_name, visitor.nearest, visitor.farthest = NAMES[1], NAMES[2], NAMES[2]
            ask_for_mail(session, number, f"{index}{NAMES[3]}", NAMES[4], guests.clock())
    needles = [*(name.encode() for name in NAMES), hash_key(key).encode(), hash_key("phone 39").encode()]
    with database._engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    assert set(found(server, needles)) == set(needles)
    with database.writing() as session:
        session.execute(update(Visitor).values(delete_at=0.0))
    assert Deletion(database, store).delete_due(guests.clock()) == 40
    assert found(server, needles) == {}
    database.close()


def test_while_another_program_reads_it_is_cleared_a_little_later(server: Postgres) -> None:
    database = Database(server.url)
    with database.reading() as session:
        session.execute(text("SELECT * FROM visitors"))
        assert not database.shred()
    assert database.shred()
    database.close()


def found(server: Postgres, needles: list[bytes]) -> dict[bytes, list[str]]:
    """Return those needles that are in any file of the server's folder, with the names of the files."""
    there: dict[bytes, list[str]] = {}
    for path in server.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for needle in needles:
            if needle in content:
                there.setdefault(needle, []).append(str(path.relative_to(server.folder)))
    return there
