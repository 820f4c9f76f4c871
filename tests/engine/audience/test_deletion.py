"""What was promised to be deleted is nowhere on the disk afterwards: not in a file, not in a page of the database."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.engine.audience.evenings import Clock, Guests

from likeness.audience import claims, moderation
from likeness.audience.admission import find_visitor, hash_key
from likeness.audience.claim import Claim
from likeness.audience.deletion import ORPHAN_S, Deletion
from likeness.audience.evening import Places
from likeness.audience.night import HOUR_S
from likeness.audience.states import State
from likeness.audience.store import Store
from likeness.audience.tables import Consent, ConsentText, Visitor

PHOTO = b"photo of somebody: " + bytes(range(200))
FILM = b"film of somebody: " + bytes(range(200))


class House:
    """An evening on the disk, in one folder that can be searched."""

    def __init__(self, folder: Path) -> None:
        self.folder, places = folder, Places(folder)
        self.database, self.store, self.scratch = places.open_database(), places.open_store(), places.scratch
        self.clock = Clock()
        self.guests = Guests(self.database, self.clock)
        self.guests.begin()
        self.deletion = Deletion(self.database, self.store, self.scratch)
        self.devices: list[str] = []
        self.keys: list[str] = []

    def visit(self) -> int:
        """Let somebody come and be done, with a film."""
        self.devices.append(f"phone {len(self.devices)}")
        name = self.store.put("photos", PHOTO, ".jpg")
        number, key = self.guests.come_with_key(name, self.devices[-1], ("compare", "stage"))
        self.keys.append(key)
        with self.database.writing() as session:
            check = claims.claim_work(session, self.clock())
            assert check is not None
            claims.finish_check(session, check, None, self.clock())
            moderation.approve(session, [number], self.clock())
            films = claims.claim_work(session, self.clock())
            assert films is not None
            results = [("smile.mp4", self.store.put("results", FILM, ".mp4"))]
            assert claims.finish_films(session, films, results, "Somebody near", "Somebody far", self.clock())
        return number

    def claim(self) -> Claim:
        with self.database.writing() as session:
            claim = claims.claim_work(session, self.clock())
        assert claim is not None
        return claim

    def traces(self, index: int) -> list[tuple[str, bytes]]:
        """What of a visitor lies on the disk, and where."""
        with self.database.reading() as session:
            files = [*session.scalars(select(Visitor.photo))]
        needles = [hash_key(self.devices[index]).encode(), hash_key(self.keys[index]).encode(), PHOTO[:30], FILM[:30]]
        needles += [b"Somebody near", b"Somebody far", *(name.encode() for name in files if name)]
        found = []
        for path in self.folder.rglob("*"):
            content = (path.read_bytes() if path.is_file() else b"") + os.fsencode(path.name)
            found += [(path.name, needle) for needle in needles if needle in content]
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "evening")
    yield house
    house.database.close()


def test_at_the_promised_hour_nothing_of_a_visitor_is_left_on_the_disk(house: House) -> None:
    number = house.visit()
    assert len({needle for _, needle in house.traces(0)}) == 7
    house.clock.now += 24 * HOUR_S - 1
    assert house.deletion.delete_due(house.clock()) == 0
    assert house.guests.state(number) is State.DONE
    house.clock.now += 1
    assert house.deletion.delete_due(house.clock()) == 1
    assert house.guests.state(number) is State.DELETED
    assert house.traces(0) == []
    assert house.deletion.delete_due(house.clock()) == 0


def test_who_deletes_themselves_is_gone_at_once_and_others_stay(house: House) -> None:
    first, second = house.visit(), house.visit()
    assert house.deletion.delete_visitor(first, house.clock())
    with house.database.reading() as session:
        assert find_visitor(session, house.keys[0]) is None
        kept = find_visitor(session, house.keys[1])
        assert kept is not None
        assert kept.number == second
        agreed = session.scalars(select(Consent.kind).where(Consent.visitor == first)).all()
    assert len(house.store.list()) == 2
    own = (hash_key(house.devices[0]).encode(), hash_key(house.keys[0]).encode())
    assert [trace for trace in house.traces(0) if trace[1] in own] == []
    # What was agreed to is kept, and says of nobody who it was.
    assert sorted(agreed) == ["compare", "stage"]


def test_the_night_is_deleted_with_its_consents(house: House) -> None:
    for _ in range(3):
        house.visit()
    assert house.deletion.delete_night(house.clock())
    assert [house.traces(index) for index in range(3)] == [[], [], []]
    assert house.store.list() == {}
    with house.database.reading() as session:
        assert session.scalars(select(Consent)).all() == []
        assert session.scalars(select(ConsentText)).all() == []


def test_a_deletion_that_was_cut_short_is_finished_by_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.visit()
    monkeypatch.setattr(Store, "remove", lambda self, name: False)
    assert not house.deletion.delete_visitor(1, house.clock())
    monkeypatch.undo()
    assert house.traces(0) != []
    with house.database.reading() as session:
        assert find_visitor(session, house.keys[0]) is None
    assert house.deletion.delete_due(house.clock()) == 1
    assert house.traces(0) == []


def test_while_another_reads_the_database_it_says_that_something_is_left_and_clears_it_later(house: House) -> None:
    house.visit()
    with house.database.reading() as session:
        assert session.scalars(select(Visitor)).all()
        assert not Deletion(house.database, house.store).delete_visitor(1, house.clock())
    assert house.traces(0) != []
    # The process that could not clear it may have died since.
    house.deletion.delete_due(house.clock())
    assert house.traces(0) == []


def test_files_that_no_visitor_has_are_removed_once_they_are_old(house: House) -> None:
    house.clock.now = time.time()
    house.visit()
    house.store.put("photos", b"of a visitor whose server died", ".jpg")
    (house.scratch / "7-of-a-dead-worker").mkdir(parents=True)
    number = house.guests.come()
    held = house.scratch / f"{number}-{house.claim().token}"
    held.mkdir()
    newest = max(house.store.list().values())
    house.deletion.delete_due(newest + ORPHAN_S - 1)
    assert len(house.store.list()) == 3
    assert list(house.scratch.iterdir()) == [held]
    house.deletion.delete_due(newest + ORPHAN_S + 1)
    assert len(house.store.list()) == 2
    assert house.deletion.delete_visitor(number, house.clock())
    assert list(house.scratch.iterdir()) == []
