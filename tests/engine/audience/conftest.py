"""Fixtures of the audience's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.engine.audience.evenings import Guests
from tests.engine.audience.postgres import running_postgres
from tests.engine.audience.served import Served

from likeness.audience.database import Database
from likeness.audience.photo_decoder import decode
from likeness.audience.photo_intake import PhotoIntake
from likeness.audience.states import Reason
from likeness.audience.tables import Base


@pytest.fixture(scope="module")
def postgres() -> Iterator[Database]:
    """Return a database of a PostgreSQL server, or skip."""
    with running_postgres() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def guests() -> Iterator[Guests]:
    """Return an evening in memory, with moderation on."""
    database = Database("sqlite://")
    guests = Guests(database)
    guests.begin()
    yield guests
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guests]:
    """Return an evening with moderation on, in a file of SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        guests = Guests(Database(f"sqlite:///{tmp_path / 'night.sqlite'}"))
    else:
        guests = Guests(request.getfixturevalue("postgres"))
        with guests.database.writing() as session:
            tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    guests.begin()
    yield guests
    if request.param == "sqlite":
        guests.database.close()


@pytest.fixture(scope="module")
def decoded_here() -> Iterator[None]:
    """Decode photos within this process: forty decoders of their own would take twenty seconds of a core."""

    async def run(_: PhotoIntake, raw: bytes) -> bytes | Reason:
        return decode(raw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PhotoIntake, "_run", run)
        yield


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, decoded_here: None) -> Iterator[Served]:
    """Return a served evening that the tests of a file share, each with phones and visitors of its own."""
    served = Served(tmp_path_factory.mktemp("evening"))
    yield served
    served.close()
