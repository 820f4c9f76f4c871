"""An evening of the audience at full load: hundreds of simulated visitors, a real server and workers, a show beside it.

    setsid -w python tests/benchmarks/audience.py                             # 300 visitors in 5 minutes, on SQLite
    python tests/benchmarks/audience.py --database postgresql --kill worker server database
    python tests/benchmarks/audience.py --kill disk --disk 150                # needs root: the disk is a tmpfs
    python tests/benchmarks/audience.py --visitors 40 --minutes 1 --delete

Visitors send photos of many kinds, stay, delete themselves, vanish or hang up; an operator lets three of four in. What
`--kill` names is killed by SIGKILL in the middle and started again after some seconds. A full disk is full for half a
minute. Every 20 s all but the show is held by SIGSTOP for 4 s: frames of such a pause are those without an audience.
At the end the database and the store are compared with what the visitors were told; with `--delete` the night is
deleted, and all that it wrote searched for what is left. The phones run on this machine, too; with
`setsid` they stand back behind all of it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from tests.benchmarks.audience_photos import make_photos
from tests.benchmarks.audience_programs import START_S, Operator, Programs
from tests.benchmarks.audience_report import Frames, count_left, print_frames, print_times, print_visitors
from tests.benchmarks.audience_traces import print_traces
from tests.benchmarks.audience_visitors import HABITS, House, Visit
from tests.engine.audience.postgres import Postgres

from likeness.audience.evening import Places

PACE_S, HELD_S = 20.0, 4.0
# Between a kill and the start of the next one: somebody has to see it first.
GONE_S = 5.0
FULL_S = 30.0
# Of the whole, when each thing is killed.
KILLED_AT = {"worker": 0.3, "server": 0.45, "database": 0.6, "disk": 0.5}


def play(frames: str, fps: float, ready: ProcessEvent, over: ProcessEvent) -> None:
    """Play the demo and keep when each frame began and what it took; a process of its own, as if in a terminal."""
    os.setsid()
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


class Night:
    """The evening: what is open, what is held, what is killed."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self.arguments, self.folder = arguments, folder
        if "disk" in arguments.kill:
            # PostgreSQL's own user has to get in, too.
            folder.chmod(0o711)
            (folder / "night").mkdir()
            size = f"size={arguments.disk}m"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder / "night"], check=True)
            stack.callback(lambda: subprocess.run(["umount", "-l", folder / "night"], check=True))
        on = folder / "night" if "disk" in arguments.kill else None
        self.postgres = Postgres(["wal_recycle=off"], on) if arguments.database == "postgresql" else None
        if self.postgres is not None:
            stack.callback(self.postgres.close)
            self.postgres.start()
        self.places = Places(folder / "night", self.postgres.url if self.postgres else "")
        self.programs = Programs(arguments, self.places, folder / "log")
        stack.callback(self.programs.close)
        self.programs.wait_for_workers()
        self.database = self.places.open_database()
        stack.callback(self.database.close)
        self.house = House(self.programs.port, threading.Event(), threading.Event(), arguments.tries)
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
            if self.postgres is not None and not self.postgres.running:
                # It ends where it cannot write its log, and whoever runs it starts it again.
                print("  PostgreSQL has ended, and is started again", flush=True)
                self.postgres.start()


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
    parser.add_argument("--tries", type=int, default=20, help="of a visitor to send the photo, 5 s apart")
    parser.add_argument("--delete", action="store_true", help="delete the night, and search the disk for what is left")
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
        if os.getsid(0) == os.getpid():
            # The phones are other machines; a session that is not ours alone is left as it is.
            with suppress(OSError):
                Path("/proc/self/autogroup").write_text("19\n")
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
        if arguments.delete:
            written = [night.postgres.folder] if night.postgres else []
            print_traces(night.places, visits, folder, *written)


if __name__ == "__main__":
    main()
