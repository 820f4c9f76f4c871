"""Fixtures of the audience's tests."""

from collections.abc import Iterator

import pytest
from tests.engine.audience.evenings import Guests
from tests.engine.audience.served import Served

from likeness.audience.database import Database


@pytest.fixture
def guests() -> Iterator[Guests]:
    """Return an evening in memory, with moderation on."""
    database = Database("sqlite://")
    guests = Guests(database)
    guests.begin()
    yield guests
    database.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a served evening that the tests of a file share, each with phones and visitors of its own."""
    served = Served(tmp_path_factory.mktemp("evening"))
    yield served
    served.close()
