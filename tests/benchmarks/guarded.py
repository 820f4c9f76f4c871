"""A guard with its show on a virtual screen, for benchmarks: started, looked at, waited for."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likeness.files.paths import LIGHT_WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 180.0
# A spare waits where it has done nothing for so long.
IDLE_S = 2.0


@dataclass
class Guarded:
    """A guard that plays, with its screen."""

    screen: "Screen"
    process: "subprocess.Popen[str]"
    log: Path
    port: int
    folder: Path

    def numbers(self) -> dict[str, Any]:
        """Return the show's status; an empty one where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=2) as answer:
                numbers: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):
            return {}
        return numbers

    def status(self) -> int:
        """Return how many new pictures there were, -1 where the show does not answer."""
        numbers = self.numbers()
        return int(numbers["frames"]) - int(numbers["repeats"]) if numbers else -1

    def camera(self) -> int:
        """Return how many pictures of its camera the show had, -1 where it does not answer."""
        return int(self.numbers().get("inputs", {}).get("camera", {}).get("pictures", -1))

    def spare(self) -> int | None:
        """Return the process of the spare, where there is one."""
        words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children_of(self.process.pid)}
        return next((pid for pid, line in words.items() if b"guard.spare" in line), None)

    def show(self) -> int:
        """Return the process of the show: the child that has the port."""
        for child in children_of(self.process.pid):
            # Sockets of the port that listen belong to it; the spare has none.
            if any(link.startswith("socket:") for link in links_of(child)) and listens(child, self.port):
                return child
        raise RuntimeError("no show listens")


class Screen:
    """An X server of 1280x720 with a number of its own."""

    def __init__(self) -> None:
        self.number = 0
        self.start()

    def start(self) -> None:
        """Start it, at the same number where it had one."""
        reading, writing = os.pipe()
        number = [f":{self.number}"] if self.number else []
        command = ["Xvfb", *number, "-screen", "0", "1280x720x24", "-displayfd", str(writing), "-nolisten", "tcp"]
        self.server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.number = int(pipe.readline())


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def links_of(pid: int) -> list[str]:
    """Return what its handles are."""
    links = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            links.append(os.readlink(handle))
    return links


def listens(pid: int, port: int) -> bool:
    """Return whether a TCP socket of `pid` listens on `port`."""
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}
    return bool(inodes & {*links_of(pid)})


def wait(condition: Callable[[], bool], what: str) -> float:
    """Wait until it is so; return the seconds that it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > DEADLINE_S:
            raise RuntimeError(f"not in {DEADLINE_S:g} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def idle_s(pid: int, before: dict[int, tuple[int, float]]) -> float:
    """Return for how long a process has done nothing, as far as was looked; `before` is what was seen."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    worked = int(fields[11]) + int(fields[12])
    if before.get(pid, (-1, 0.0))[0] != worked:
        before[pid] = worked, time.monotonic()
    return time.monotonic() - before[pid][1]


def wait_for_spare(guarded: Guarded) -> None:
    """Wait until a spare has imported what it needs."""
    seen: dict[int, tuple[int, float]] = {}

    def waits() -> bool:
        spare = guarded.spare()
        return spare is not None and idle_s(spare, seen) > IDLE_S

    wait(waits, "a spare that waits")


def start(screen: Screen, folder: Path, options: list[str], variables: dict[str, str]) -> Guarded:
    """Start a guard and wait until its show and, unless it is to have none, a spare are there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log"
    command = [sys.executable, "-m", "likeness.cli", "guard", "demo", "--weights", LIGHT_WEIGHTS, "--midi", "off"]
    command += ["--osc-port", "0", "--web-port", str(port), "--fps", "30", *options]
    environment = {**os.environ, "DISPLAY": f":{screen.number}", "LIKENESS_HOME": str(folder / "home"), **variables}
    environment.pop("SDL_VIDEODRIVER", None)
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file, text=True)
    guarded = Guarded(screen, process, log, port, folder)
    try:
        wait(lambda: guarded.status() > 10, "pictures")
    except RuntimeError as error:
        process.terminate()
        raise RuntimeError(f"{error}\n{log.read_text()}") from error
    if "--no-spare" not in options:
        wait_for_spare(guarded)
    return guarded


def longest_gap(guarded: Guarded, seconds: float) -> float:
    """Return the longest time without a new picture in the next `seconds`, as far as looking often tells."""
    began = last_at = time.monotonic()
    last, longest = guarded.status(), 0.0
    while time.monotonic() - began < seconds:
        shown = guarded.status()
        now = time.monotonic()
        longest = max(longest, now - last_at)
        if shown > last:
            last, last_at = shown, now
    return longest


def alive(pid: int) -> bool:
    """Return whether the process runs; one that nobody waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
