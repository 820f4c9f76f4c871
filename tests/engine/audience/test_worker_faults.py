"""Workers whose visitor is taken from them meanwhile, and workers that outlive what fails around them."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.audience.test_worker import Making, Room

from likeness.audience import claims, moderation
from likeness.audience.database import DatabaseGoneError
from likeness.audience.deletion import Deletion
from likeness.audience.states import State
from likeness.audience.tables import Visitor
from likeness.audience.worker import ClaimLostError
from likeness.errors import OutputError


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "evening")
    yield room
    room.database.close()


def test_films_whose_approval_is_undone_meanwhile_are_shown_to_nobody_and_made_anew_after_another(room: Room) -> None:
    def undo(_: Callable[[], bool]) -> None:
        with room.database.writing() as session:
            assert moderation.undo(session, time.time()) == [number]

    number = room.come()
    assert room.worker().work_once()
    room.approve(number)
    # The lease is not renewed before the films are whole, so nothing but their end can notice.
    assert room.worker(undo, lease_s=600.0).work_once()
    visitor = room.visitor(number)
    assert (visitor.state, visitor.films_at, room.files()) == (State.WAITING, None, [])
    assert len(room.store.list()) == 1
    room.approve(number)
    assert room.worker().work_once()
    assert (room.guests.state(number), len(room.files())) == (State.DONE, 1)


def test_a_claim_that_ran_out_or_could_not_be_given_back_is_no_death_of_a_worker(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expire(_: Callable[[], bool]) -> None:
        # As a machine does on which others take all cores: the lease is not renewed in time.
        with room.database.writing() as session:
            session.get_one(Visitor, number).work_until = 0.0
        with room.database.writing() as session:
            assert claims.claim_work(session, time.time()) is not None
        raise ClaimLostError

    def lose_database(_: Callable[[], bool]) -> None:
        broken.append(True)
        raise OSError("the scratch folder is gone")

    def writing() -> object:
        if broken:
            raise DatabaseGoneError("the database is gone")
        return write()

    broken: list[bool] = []
    write = room.database.writing
    number = room.come()
    assert room.worker().work_once()
    room.approve(number)
    assert room.worker(expire, lease_s=600.0).work_once()
    # The other's attempt is left, who may have died.
    assert room.visitor(number).attempts == 1
    with room.database.writing() as session:
        session.get_one(Visitor, number).work_until = 0.0
    monkeypatch.setattr(room.database, "writing", writing)
    worker = room.worker(lose_database, lease_s=600.0)
    with pytest.raises(OSError, match="scratch folder"):
        worker.work_once()
    assert room.visitor(number).attempts == 2
    broken.clear()
    worker._making = Making()
    assert worker.work_once()
    visitor = room.visitor(number)
    assert (visitor.state, visitor.attempts) == (State.DONE, 0)


@pytest.mark.parametrize("approved", [False, True])
def test_who_deletes_themselves_while_their_photo_is_worked_on_is_no_fault(
    room: Room, approved: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def delete() -> None:
        assert Deletion(room.database, room.store, room.places.scratch).delete_visitor(number, time.time())

    def make(_: Callable[[], bool]) -> None:
        delete()
        # As the encoder does, whose folder is gone.
        raise OutputError("no such file or directory")

    caplog.set_level(logging.INFO)
    number, worker = room.come(), room.worker(make, lease_s=600.0)
    if approved:
        assert worker.work_once()
        room.approve(number)
    else:
        # Between the claim and the photo.
        get = room.store.get
        worker._store.get = lambda name: (delete(), get(name))[1]  # type: ignore[method-assign]
    assert worker.work_once()
    assert room.guests.state(number) is State.DELETED
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []
    assert f"visitor {number} is gone meanwhile; what was being made is dropped" in caplog.text
    assert list(room.places.scratch.iterdir()) == []
    assert room.store.list() == {}
