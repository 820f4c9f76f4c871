"""An evening of the audience at full load: hundreds of simulated visitors, a real server and workers, a show beside it.

    python tests/benchmarks/audience.py                                       # 300 visitors in 5 minutes, on SQLite
    python tests/benchmarks/audience.py --database postgresql --kill worker server database
    python tests/benchmarks/audience.py --kill disk --disk 150                # needs root: the disk is a tmpfs
    python tests/benchmarks/audience.py --visitors 40 --minutes 1

Visitors send photos of many kinds, stay, delete themselves, vanish or hang up; an operator lets three of four in. What
`--kill` names is killed by SIGKILL in the middle and started again after some seconds. A full disk is full for half a
minute. Every 20 s all but the show is held by SIGSTOP for 4 s: frames of such a pause are those without an audience.
At the end the database and the store are compared with what the visitors were told. The phones run on this machine,
too, and take their share of it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from http.client import HTTPException
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from tests.benchmarks.audience_photos import make_photos
from tests.benchmarks.audience_report import Frames, count_left, print_frames, print_times, print_visitors
from tests.benchmarks.audience_visitors import HABITS, House, Visit
from tests.engine.audience.postgres import Postgres
from tests.engine.audience.served import Phone, signature

from likeness.audience.evening import Places

PACE_S, HELD_S = 20.0, 4.0
# Between a kill and the start of the next one: somebody has to see it first.
GONE_S = 5.0
FULL_S = 30.0
START_S = 120.0
LET_IN = 0.75
# Of the whole, when each thing is killed.
KILLED_AT = {"worker": 0.3, "server": 0.45, "database": 0.6, "disk": 0.5}


def play(frames: str, fps: float, ready: ProcessEvent, over: ProcessEvent) -> None:
    """Play the demo and keep when each frame began and what it took; a process of its own."""
    from dataclasses import replace

    import numpy as np

    from likeness.files.paths import search_dirs
    from likeness.options import QUIET
    from likeness.parameters.presets import find_preset, read_preset
    from likeness.show.show import Show

    options = replace(QUIET, fps=fps, size=(256, 256), weights="composite-256")
    with Show(read_preset(find_preset("demo", search_dirs("presets"))), options) as show:
        taken = []
        while not over.is_set():
            repeated = show.loop.stats.repeated
            began = time.monotonic()
            show.loop.frame()
            taken.append((began, show.loop.stats.timings[-1].frame_ms, show.loop.stats.repeated - repeated))
            if not ready.is_set() and len(taken) == round(3 * fps):
                ready.set()
    np.save(frames, np.array(taken))


class Programs:
    """The server and the workers as processes, which can be held, killed and started again."""

    def __init__(self, arguments: argparse.Namespace, places: Places, log: Path) -> None:
        where = ["--folder", str(places.folder), *(["--database", places.database] if places.database else [])]
        films = ["--size", f"{arguments.films}x{arguments.films}", "--fps", f"{arguments.films_fps:g}"]
        self._serve = ["serve", "--host", "127.0.0.1", "--workers", "0", "--capacity", "5000", *where]
        self._work = ["work", *films, *where]
        self._log = log.open("ab")
        self.port, self.code = 0, ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_server()
        for _ in range(arguments.workers):
            self.start_worker()

    def start_server(self) -> None:
        """Start it where it was; return when it listens."""
        at, deadline = len(self._read(0)), time.monotonic() + START_S
        self.server = self._start([*self._serve, "--port", str(self.port)])
        while not (found := re.search(rb"127\.0\.0\.1:(\d+)/operator\?code=(\w+)", self._read(at))):
            assert time.monotonic() < deadline, self._read(at).decode()
            if self.server.poll() is not None:
                # The database was gone, too.
                time.sleep(1.0)
                self.server = self._start([*self._serve, "--port", str(self.port)])
            time.sleep(0.1)
        self.port, self.code = int(found[1]), found[2].decode()

    def start_worker(self) -> None:
        """Start one more."""
        self.workers.append(self._start(self._work))

    def wait_for_workers(self) -> None:
        """Wait until all of them are ready."""
        deadline = time.monotonic() + START_S
        while self._read(0).count(b"A worker is ready") < len(self.workers):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def hold(self, which: signal.Signals) -> None:
        """Stop or continue all of it, decoders too."""
        for each in (self.server, *self.workers):
            if each.poll() is None:
                os.killpg(each.pid, which)

    def kill(self, program: subprocess.Popen[bytes]) -> None:
        """Kill one by SIGKILL."""
        program.kill()
        program.wait()

    def close(self) -> None:
        """End all."""
        for each in (self.server, *self.workers):
            each.terminate()
        for each in (self.server, *self.workers):
            each.wait(20)
        self._log.close()

    def _read(self, at: int) -> bytes:
        return Path(self._log.name).read_bytes()[at:]

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "likeness.cli", "audience", *words]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True)


class Operator(threading.Thread):
    """Lets three of four in, every second, by the page."""

    def __init__(self, house: House, programs: Programs, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self._house, self._rng, self._code = house, rng, programs.code
        self._phone = Phone(programs.port)

    def run(self) -> None:
        """Look at the grid and decide, until it is over."""
        while not self._house.over.is_set():
            # The server is gone for a moment.
            with suppress(OSError, HTTPException):
                self._decide()
            self._house.wait(1.0)

    def _decide(self) -> None:
        page = self._phone.ask("/operator/grid")
        if page.status == 403:
            self._phone.ask(f"/operator?code={self._code}")
            return
        numbers = re.findall(r'data-number="(\d+)"', page.text) if page.status == 200 else []
        for act in ("approve", "refuse"):
            chosen = [number for number in numbers if (self._rng.random() < LET_IN) is (act == "approve")]
            numbers = [number for number in numbers if number not in chosen]
            if chosen:
                body = "&".join([f"form={signature(page.text)}", f"act={act}", *(f"number={each}" for each in chosen)])
                self._phone.ask("/operator/act", body.encode(), Content_Type="application/x-www-form-urlencoded")


class Night:
    """The evening: what is open, what is held, what is killed."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self.arguments, self.folder = arguments, folder
        self.postgres = Postgres() if arguments.database == "postgresql" else None
        if self.postgres is not None:
            stack.callback(self.postgres.close)
            self.postgres.start()
        if "disk" in arguments.kill:
            (folder / "night").mkdir()
            size = f"size={arguments.disk}m"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder / "night"], check=True)
            stack.callback(lambda: subprocess.run(["umount", "-l", folder / "night"], check=True))
        self.places = Places(folder / "night", self.postgres.url if self.postgres else "")
        self.programs = Programs(arguments, self.places, folder / "log")
        stack.callback(self.programs.close)
        self.programs.wait_for_workers()
        self.database = self.places.open_database()
        stack.callback(self.database.close)
        self.house = House(self.programs.port, threading.Event(), threading.Event())
        self.house.running.set()
        # When everything but the show was held.
        self.held: list[tuple[float, float]] = []

    def hold(self) -> None:
        """Hold all but the show for a while."""
        self.house.running.clear()
        self.programs.hold(signal.SIGSTOP)
        began = time.monotonic()
        time.sleep(HELD_S)
        self.held.append((began, time.monotonic()))
        self.programs.hold(signal.SIGCONT)
        self.house.running.set()

    def kill(self, what: str) -> None:
        """Kill something, and start it again after a while."""
        print(f"{what} is {'full' if what == 'disk' else 'killed'}", flush=True)
        programs = self.programs
        if what == "worker":
            programs.kill(programs.workers.pop(0))
            time.sleep(GONE_S)
            programs.start_worker()
        elif what == "server":
            programs.kill(programs.server)
            time.sleep(GONE_S)
            programs.start_server()
        elif what == "database" and self.postgres is not None:
            self.postgres.kill()
            time.sleep(GONE_S)
            self.postgres.start()
        elif what == "disk":
            ballast = self.places.folder / "ballast"
            with ballast.open("wb", buffering=0) as file:
                try:
                    while file.write(bytes(1 << 16)):
                        pass
                except OSError as error:
                    print(f"  {error}", flush=True)
            time.sleep(FULL_S)
            ballast.unlink()


def run(night: Night, visits: list[Visit], seconds: float, drain_s: float) -> float:
    """Let the visitors come, kill what is to be killed, wait for the last; return how long all of it took."""
    began = time.monotonic()
    kills = {what: began + KILLED_AT[what] * seconds for what in night.arguments.kill}
    due, coming, drained = began + PACE_S, list(visits), began + seconds + drain_s
    while coming or (time.monotonic() < drained and count_left(night.database)):
        now = time.monotonic()
        while coming and now - began >= seconds * (len(visits) - len(coming)) / len(visits):
            coming.pop(0).start()
        for what in [what for what, at in kills.items() if now >= at]:
            del kills[what]
            threading.Thread(target=night.kill, args=(what,), daemon=True).start()
        if now >= due:
            night.hold()
            due = time.monotonic() + PACE_S
        time.sleep(0.2 if coming else 1.0)
    spent = time.monotonic() - began
    # Those who follow see the end of it.
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(
        each.is_alive() and each.habit != "deletes everything" for each in visits
    ):
        time.sleep(0.5)
    night.house.over.set()
    for each in visits:
        each.join(30)
    return spent


def main() -> None:
    """Read the options, play the evening, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=5.0, help="in which they come")
    parser.add_argument("--drain", type=float, default=30.0, help="most minutes after that until all films are there")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kill", nargs="*", choices=tuple(KILLED_AT), default=[])
    parser.add_argument("--disk", type=int, default=400, help="MB of the disk, where it is to be full")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--films", type=int, default=256, help="side of the films, in px")
    parser.add_argument("--films-fps", type=float, default=20.0)
    parser.add_argument("--fps", type=float, default=30.0, help="of the show; 0 plays none")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    sent = list(make_photos(arguments.visitors, rng))
    load = os.getloadavg()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="likeness-evening-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        night = Night(arguments, folder, stack)
        visits = [
            Visit(night.house, kind, photo, rng.choice(HABITS), random.Random(rng.random())) for kind, photo in sent
        ]
        del sent
        context = multiprocessing.get_context("spawn")
        ready, over = context.Event(), context.Event()
        show = context.Process(target=play, args=(str(folder / "frames.npy"), arguments.fps, ready, over))
        if arguments.fps:
            show.start()
            assert ready.wait(START_S)
        Operator(night.house, night.programs, rng).start()
        spent = run(night, visits, 60 * arguments.minutes, 60 * arguments.drain)
        print(f"load before: {load[0]:.1f}, after: {os.getloadavg()[0]:.1f}; all of it took {spent / 60:.1f} minutes")
        over.set()
        if arguments.fps:
            show.join()
            print_frames(Frames.read(folder / "frames.npy"), night.held)
        print_times(night.house.times, night.held)
        log = (folder / "log").read_text(errors="replace")
        print_visitors(visits, night.places, log)


if __name__ == "__main__":
    main()
