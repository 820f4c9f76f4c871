"""Fixtures of the audience's tests."""

from collections.abc import Iterator

import pytest
from tests.engine.audience.evenings import Guests

from likeness.audience.database import Database


@pytest.fixture
def guests() -> Iterator[Guests]:
    """Return an evening in memory, with moderation on."""
    database = Database("sqlite://")
    guests = Guests(database)
    guests.begin()
    yield guests
    database.close()
