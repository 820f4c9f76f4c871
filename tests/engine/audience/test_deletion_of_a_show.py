"""An evening with a show that shows a visitor and writes a take: after the deletion no file and no line holds them."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.audience.served import Served

from likeness import open_generator
from likeness.audience.admission import hash_key
from likeness.audience.demo import draw_visitors
from likeness.audience.evening import SCRATCH
from likeness.audience.film_making import FaceCheck, FilmMaking
from likeness.audience.night import NightPlan
from likeness.audience.pair_pages import make_code
from likeness.audience.security import DEVICE_COOKIE
from likeness.audience.stage_routes import stage_key
from likeness.audience.states import State
from likeness.audience.worker import Worker
from likeness.files.paths import find_weights
from likeness.lookalike.film_plan import FilmPlan
from likeness.show.takes.reader import Take, read_take

# A show's processes open torch and their models behind it; with busy neighbours that took minutes.
PATIENCE_S = 300.0
NAME = "Ophelia Vandersteen"
PIECE = 48


class Room:
    """All folders that a process may write to, all lines that it says, and the programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "searched"
        for name in ("home", "tmp", "cwd"):
            (self.folder / name).mkdir(parents=True)
        self.log = self.folder / "log"
        self.take = self.folder / "night.take"
        self.programs: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LIKENESS_HOME": str(self.folder / "home"),
            "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"),
        }  # fmt: skip
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", "likeness.cli", *words], stdout=log, stderr=log, env=environment,
                cwd=self.folder / "cwd", start_new_session=True,
            )  # fmt: skip
        self.programs.append(program)
        return program

    def wait_for(self, wanted: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not wanted():
            assert time.monotonic() < deadline, f"no {what}: {self.log.read_text()[-2000:]}"
            assert all(each.poll() is None for each in self.programs), self.log.read_text()[-2000:]
            time.sleep(0.1)

    def find(self, needles: dict[str, bytes]) -> list[tuple[str, str]]:
        """Return which of the needles are in which files or names of files."""
        found = []
        for path in self.folder.rglob("*"):
            content = os.fsencode(path.name) + (path.read_bytes() if path.is_file() else b"")
            found += [(what, path.name) for what, needle in needles.items() if needle in content]
        return found

    def close(self) -> None:
        for program in self.programs:
            program.kill()
            program.wait()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.close()


def work(served: Served, log: Path) -> None:
    """Do all that a worker does now, with the real generator and models; its lines go to the log."""
    said = logging.FileHandler(log)
    logging.getLogger().addHandler(said)
    evening, scratch = served.evening, served.folder / SCRATCH
    making = FilmMaking(open_generator(find_weights("composite-256")), FilmPlan((64, 64), 5.0), None)
    worker = Worker(evening.database, evening.store, evening.deletion, scratch, FaceCheck(), making)
    while worker.work_once():
        pass
    logging.getLogger().removeHandler(said)
    said.close()


def middle(content: bytes) -> bytes:
    return content[len(content) // 2 :][:PIECE]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_who_was_on_the_stage_is_in_no_take_no_temporary_file_and_no_line_after_the_deletion(room: Room) -> None:
    served = Served(room.folder / "evening", NightPlan(moderation=False, stage=True))
    try:
        phones = [served.phone(), served.phone()]
        photos = list(draw_visitors(2))
        answers = [phone.send(photo, stage_name=NAME) for phone, photo in zip(phones, photos, strict=True)]
        keys = [answer.headers["location"].removeprefix("/v/") for answer in answers]
        code = make_code(served.evening, keys[0])
        for phone, key, act in zip(phones, keys, ("offer", "join"), strict=True):
            form = served.evening.sign("pair", key)
            assert phone.post(f"/v/{key}/pair", form=form, act=act, code=code, agree="yes").status == 303
        # Here, since a worker of its own would get only what the show and its processes leave.
        work(served, room.log)
        show = room.start(
            "play", "lookalike", "--output", "null", "--fps", "10", "--seconds", "10000", "--audience", served.url,
            "--audience-key", stage_key(served.evening), "--take", str(room.take), "--osc-port", "0",
            "--weights", "composite-256", "--midi", "off",
        )  # fmt: skip
        shown = [served.visitor(key) for key in keys]
        numbers = [visitor.number for visitor in shown if visitor is not None]
        room.wait_for(lambda: State.ON_STAGE in map(served.guests.state, numbers), "visitor on the stage")
        films = [phones[0].ask(f"/v/{keys[0]}/{name}").body for name in ("smile.mp4", "children.mp4", "drawn.jpg")]
        visitor = served.visitor(keys[0])
        assert visitor is not None
        needles = {
            "name": NAME.encode(), "film": middle(films[0]), "children": middle(films[1]), "drawing": middle(films[2]),
            "photo": middle(served.evening.store.get(visitor.photo)), "photo's name": visitor.photo.encode(),
            "key": keys[0].encode(), "key's hash": hash_key(keys[0]).encode(),
            "phone": phones[0].cookies[DEVICE_COOKIE].encode(),
            "phone's hash": hash_key(phones[0].cookies[DEVICE_COOKIE]).encode(),
            "code": code.encode(),
        }  # fmt: skip
        assert {"name", "film", "children", "photo"} <= {what for what, _ in room.find(needles)}
        for number in numbers:
            served.evening.deletion.delete_visitor(number, served.clock())
        room.wait_for(lambda: b"may not be shown any more" in room.log.read_bytes(), "line that they are gone")
        show.send_signal(signal.SIGTERM)
        show.wait(PATIENCE_S)
        room.programs.remove(show)
        # The worker may read the database in this moment; then its file is cleared a little later.
        room.wait_for(
            lambda: served.evening.deletion.delete_due(served.clock()) == 0 and not room.find(needles), "clean disk"
        )
        # The take is one, and holds the show.
        assert isinstance(read_take(room.take), Take)
    finally:
        served.close()
