"""Workers: what becomes of a visitor in their hands, and when one is killed."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from tests.engine.audience.evenings import Clock, Guests

from likeness.audience import moderation
from likeness.audience.claim import MOST_ATTEMPTS
from likeness.audience.deletion import Deletion
from likeness.audience.evening import Places
from likeness.audience.pairs import Joined
from likeness.audience.states import Reason, State
from likeness.audience.tables import Pair, Result, Visitor
from likeness.audience.worker import LEAST_ROOM, OTHER, ClaimLostError, MadeFilms, Worker
from likeness.errors import AudienceError, OutputError, PhotoError

PATIENCE_S = 60.0


class Check:
    """Finds a face where the photo says so."""

    def check(self, photo: Path) -> float:
        if photo.read_bytes() != b"a face":
            raise PhotoError("no face is found")
        return 0.25


class Making:
    """Makes a film of a few bytes, or does what a test asks for."""

    def __init__(self, instead: Callable[[Callable[[], bool]], None] | None = None) -> None:
        self.instead = instead

    def make(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        if self.instead is not None:
            self.instead(held)
        film = photo.with_name("smile.mp4")
        film.write_bytes(b"a film of " + photo.read_bytes())
        return MadeFilms([("smile.mp4", film)], "Near", "Far")

    def make_children(self, photo: Path, held: Callable[[], bool]) -> MadeFilms:
        if self.instead is not None:
            self.instead(held)
        film = photo.with_name("children.mp4")
        film.write_bytes(b"children of " + photo.read_bytes() + b" and " + photo.with_name(OTHER).read_bytes())
        return MadeFilms([("children.mp4", film)], "", "")


class Room:
    """An evening with workers."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.database, self.store = self.places.open_database(), self.places.open_store()
        self.guests = Guests(self.database, Clock(time.time()))
        self.guests.begin()

    def come(self, photo: bytes = b"a face") -> int:
        return self.guests.come(self.store.put("photos", photo, ".jpg"))

    def worker(self, instead: Callable[[Callable[[], bool]], None] | None = None, lease_s: float = 8.0) -> Worker:
        deletion = Deletion(self.database, self.store, self.places.scratch)
        return Worker(
            self.database, self.store, deletion, self.places.scratch, Check(), Making(instead), lease_s=lease_s
        )

    def approve(self, number: int) -> None:
        with self.database.writing() as session:
            assert moderation.approve(session, [number], time.time()) == [number]

    def visitor(self, number: int) -> Visitor:
        with self.database.reading() as session:
            return session.get_one(Visitor, number)

    def files(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Result.file)))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "evening")
    yield room
    room.database.close()


def test_a_worker_leads_a_visitor_from_the_photo_to_the_films_and_leaves_nothing_lying(room: Room) -> None:
    number, worker = room.come(), room.worker()
    assert worker.work_once()
    assert room.guests.state(number) is State.WAITING
    assert not worker.work_once()
    room.approve(number)
    assert worker.work_once()
    visitor = room.visitor(number)
    assert (visitor.state, visitor.nearest, visitor.farthest) == (State.DONE, "Near", "Far")
    assert visitor.nudity == 0.25
    assert [room.store.get(file) for file in room.files()] == [b"a film of a face"]
    assert list(room.places.scratch.iterdir()) == []


def test_a_worker_draws_the_children_of_a_pair_from_both_photos_after_their_own_films(room: Room) -> None:
    numbers, worker = [room.come(), room.come()], room.worker()
    assert room.guests.join(*numbers) is Joined.DONE
    for _ in numbers:
        assert worker.work_once()
    for number in numbers:
        room.approve(number)
        assert worker.work_once()
    assert worker.work_once()
    assert not worker.work_once()
    with room.database.reading() as session:
        film = session.scalars(select(Pair.film)).one()
    assert room.store.get(film) == b"children of a face and a face"
    assert list(room.places.scratch.iterdir()) == []


def test_a_photo_without_a_face_is_refused_with_that_reason(room: Room) -> None:
    number = room.come(b"a wall")
    assert room.worker().work_once()
    visitor = room.visitor(number)
    assert (visitor.state, visitor.reason) == (State.REFUSED, Reason.NO_FACE)


def test_where_no_films_can_be_made_the_visitor_is_told_and_the_next_one_comes(room: Room) -> None:
    def fail(_: Callable[[], bool]) -> None:
        raise OutputError("there is no encoder")

    first, second = room.come(), room.come()
    worker = room.worker(fail)
    assert worker.work_once()
    assert worker.work_once()
    room.approve(first)
    assert worker.work_once()
    visitor = room.visitor(first)
    assert (visitor.state, visitor.reason, visitor.approved_at) == (State.REFUSED, Reason.FAILED, None)
    room.approve(second)
    assert room.worker().work_once()
    assert room.guests.state(second) is State.DONE


def test_a_worker_whose_visitor_is_refused_stops_at_the_next_frame_and_keeps_nothing(room: Room) -> None:
    number, stopped = room.come(), []

    def work(held: Callable[[], bool]) -> None:
        with room.database.writing() as session:
            moderation.refuse(session, [number], time.time())
        deadline = time.monotonic() + PATIENCE_S
        while held():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        stopped.append(True)
        raise ClaimLostError

    assert room.worker().work_once()
    room.approve(number)
    assert room.worker(work, lease_s=0.2).work_once()
    assert stopped == [True]
    assert room.files() == []
    assert len(room.store.list()) == 1
    assert room.guests.state(number) is State.REFUSED


def test_a_claim_is_renewed_for_as_long_as_the_work_takes(room: Room) -> None:
    def work(held: Callable[[], bool]) -> None:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert held()
            time.sleep(0.02)

    number = room.come()
    assert room.worker().work_once()
    room.approve(number)
    assert room.worker(work, lease_s=1.0).work_once()
    assert room.guests.state(number) is State.DONE


KILLED = """
import sys, threading, time
from pathlib import Path
from tests.engine.audience.test_worker import Room
def hang(held):
    print("at work", flush=True)
    time.sleep(600)
Room(Path(sys.argv[1])).worker(hang, lease_s=1.0).run(threading.Event())
"""


def test_a_worker_killed_in_the_middle_loses_nothing_and_another_takes_its_visitor_over(
    room: Room, tmp_path: Path, root: Path
) -> None:
    number = room.come()
    assert room.worker().work_once()
    room.approve(number)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    killed = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(room.places.folder)], stdout=subprocess.PIPE,
        env=environment,
    )  # fmt: skip
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"at work\n"
    worker = room.worker()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    began = time.monotonic()
    while not worker.work_once():
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.02)
    assert room.guests.state(number) is State.DONE
    assert len(room.files()) == 1
    # What the dead one left in its folder goes with the next look.
    Deletion(room.database, room.store, room.places.scratch).delete_due(time.time())
    assert list(room.places.scratch.iterdir()) == []


def test_a_worker_outlives_a_store_that_is_gone_for_a_while_and_refuses_nobody_for_it(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    number = room.come()
    photo = room.places.folder / "files" / room.visitor(number).photo
    photo.rename(photo.with_suffix(".away"))
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(AudienceError, match="not in the store"):
            room.worker().work_once()
    stopping = threading.Event()
    worker = threading.Thread(target=room.worker().run, args=(stopping,))
    worker.start()
    deadline = time.monotonic() + PATIENCE_S
    while "the worker failed" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    photo.with_suffix(".away").rename(photo)
    while room.guests.state(number) is not State.WAITING:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stopping.set()
    worker.join()


def test_while_the_disk_is_full_films_wait_and_nobody_is_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_: Callable[[], bool]) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=LEAST_ROOM - 1))
        raise OutputError("no space left on device")

    number = room.come()
    assert room.worker().work_once()
    room.approve(number)
    for worker in (room.worker(fill), room.worker()):
        with pytest.raises(AudienceError, match="films wait until there are 50"):
            worker.work_once()
    visitor = room.visitor(number)
    assert (visitor.state, visitor.attempts, visitor.work_token) == (State.QUEUED, 0, None)
    monkeypatch.undo()
    assert room.worker().work_once()
    assert room.guests.state(number) is State.DONE
