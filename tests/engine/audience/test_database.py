"""The database: what migrations make is what the tables say, and two writers never meet."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from tests.engine.audience.evenings import Guests

from likeness.audience.database import Database, DatabaseGoneError
from likeness.audience.night import NightPlan, begin_night
from likeness.audience.tables import Base
from likeness.errors import AudienceError


def test_the_migrations_make_the_tables_that_the_code_has(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'night.sqlite'}"
    Database(url).close()
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == "0007"


def test_a_database_that_is_opened_again_keeps_its_visitors_and_its_secret(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'night.sqlite'}"
    secrets = []
    for _ in range(2):
        database = Database(url)
        with database.writing() as session:
            secrets.append(begin_night(session, NightPlan()).secret)
        number = Guests(database).come()
        database.close()
    assert secrets[0] == secrets[1]
    assert number == 2


def test_writers_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'night.sqlite'}")
    guests = Guests(database)
    guests.begin()
    threads = [threading.Thread(target=lambda: [guests.come() for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM visitors")) == 40
    database.close()


def test_what_was_deleted_is_in_no_page_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "night.sqlite"
    database = Database(f"sqlite:///{file}")
    guests = Guests(database)
    guests.begin()
    for number in range(50):
        guests.come(photo=f"photos/needle-{number:04}.jpg")
    assert b"needle" in file.read_bytes() + file.with_name("night.sqlite-wal").read_bytes()
    with database.writing() as session:
        session.execute(text("UPDATE visitors SET photo = ''"))
    assert database.shred()
    assert b"needle" not in file.read_bytes() + file.with_name("night.sqlite-wal").read_bytes()
    database.close()


def test_an_address_that_is_no_database_is_refused_in_a_line_without_the_password(tmp_path: Path) -> None:
    for url in ("nonsense", "nosuch://user:secret@host/name"):
        with pytest.raises(AudienceError, match="give an address such as") as caught:
            Database(url)
        assert "secret" not in str(caught.value)
    (tmp_path / "text.sqlite").write_text("this is no database, whatever its name says" * 9)
    with pytest.raises(AudienceError, match="not a database"):
        Database(f"sqlite:///{tmp_path / 'text.sqlite'}")


def test_a_full_disk_and_a_lock_are_said_to_pass_and_a_broken_file_is_not(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'night.sqlite'}")
    with pytest.raises(DatabaseGoneError, match="full"):
        fill(database)
    database.close()
    for file in tmp_path.iterdir():
        file.write_bytes(b"no database" * 999)
    with pytest.raises(AudienceError, match="not a database") as caught:
        Database(f"sqlite:///{tmp_path / 'night.sqlite'}")
    assert not isinstance(caught.value, DatabaseGoneError)


def test_the_database_is_in_wal_mode_and_overwrites_what_it_deletes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'night.sqlite'}")
    with database.reading() as session:
        found = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "secure_delete", "foreign_keys")]
    assert found == ["wal", 1, 1]
    database.close()
    assert sqlite3.connect(tmp_path / "night.sqlite").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def fill(database: Database) -> None:
    """Write what the file may not grow for, as on a disk without room."""
    with database.writing() as session:
        session.execute(text("PRAGMA max_page_count = 1"))
        session.execute(text("CREATE TABLE large AS SELECT randomblob(1000000)"))
