"""Measure the guard: faults that are made on purpose, and how soon there are pictures again.

Run `python tests/benchmarks/guard.py`; it needs Xvfb. A guard plays the demo with the lightest
weights full-screen on a virtual screen. Each fault is made some seconds after the spare is there; the time counts from
the fault to the guard's own line "pictures again", or where no restart is needed to the first new picture.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likeness.files.paths import LIGHT_WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0
# After the 15th second a show is given a spare, which takes some to import.
SPARED_S = 30.0
# Allocates until the limit of the process is reached, in the render thread of a show.
GREEDY = """
from pathlib import Path
from likeness import hookimpl

class Plugin:
    kept = []

    @hookimpl
    def update(self, latent, params):
        if Path(FILE).exists():
            Path(FILE).unlink()
            while True:
                self.kept.append(bytearray(64 << 20))
        return None
"""


@dataclass
class Guarded:
    """A guard that plays, with its screen."""

    screen: "Screen"
    process: "subprocess.Popen[str]"
    log: Path
    port: int
    folder: Path

    def status(self) -> int:
        """Return how many new pictures there were, -1 where the show does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=2) as answer:
                numbers = json.load(answer)
        except (OSError, ValueError):
            return -1
        return int(numbers["frames"]) - int(numbers["repeats"])

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


def start(screen: Screen, folder: Path, options: list[str]) -> Guarded:
    """Start a guard and wait until its show and a spare are there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log"
    command = [sys.executable, "-m", "likeness.cli", "guard", "demo", "--weights", LIGHT_WEIGHTS, "--midi", "off"]
    command += ["--osc-port", "0", "--web-port", str(port), "--fps", "30", *options]
    environment = {**os.environ, "DISPLAY": f":{screen.number}", "LIKENESS_HOME": str(folder / "home")}
    environment.pop("SDL_VIDEODRIVER", None)
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file, text=True)
    guarded = Guarded(screen, process, log, port, folder)
    try:
        wait(lambda: guarded.status() > 10, "pictures")
    except RuntimeError as error:
        process.terminate()
        raise RuntimeError(f"{error}\n{log.read_text()}") from error
    time.sleep(SPARED_S)
    return guarded


def again(guarded: Guarded, fault: Callable[[], object]) -> tuple[float, str]:
    """Make the fault; return the seconds to the pictures of the next show, and what the guard said."""
    before = len(guarded.log.read_text())
    fault()
    took = wait(lambda: "pictures again" in guarded.log.read_text()[before:], guarded.log.read_text()[-600:])
    said = re.search(r"ERROR: show: (.*?);", guarded.log.read_text()[before:])
    return took, said[1] if said else "?"


def resumed(guarded: Guarded, pid: int, seconds: float) -> tuple[float, str]:
    """Stop a process for a while; return the seconds from its going on to the next new picture."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    before = guarded.status()
    return wait(lambda: guarded.status() > before, "a new picture"), f"stopped for {seconds:g} s; it goes on"


def lose_screen(guarded: Guarded) -> tuple[float, str]:
    """Kill the X server, and start another one at its number two seconds later, as a display manager does."""

    def fault() -> None:
        guarded.screen.server.kill()
        guarded.screen.server.wait()
        time.sleep(2.0)
        guarded.screen.start()

    took, said = again(guarded, fault)
    return took, f"{said}; 2 s of it without an X server"


def fill_memory(guarded: Guarded) -> tuple[float, str]:
    """Let a plugin allocate until the show's limit is reached."""
    show = guarded.show()
    used = int(Path(f"/proc/{show}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    subprocess.run(["prlimit", f"--pid={show}", f"--as={used + (1 << 30)}"], check=True)
    greed = guarded.folder / "greed"
    greed.write_text("")
    # The plugin removes it as it begins.
    wait(lambda: not greed.exists(), "greed")
    shown = guarded.status()

    def recovered() -> bool:
        return guarded.status() > shown + 3 or "pictures again" in guarded.log.read_text()

    took = wait(recovered, "pictures")
    restarted = "pictures again" in guarded.log.read_text()
    failed = "greedy" in guarded.log.read_text()
    return took, f"{'it was started again' if restarted else 'it plays on'}; {'the plugin is named' if failed else ''}"


def lose_guard(guarded: Guarded) -> tuple[float, str]:
    """Kill the guard; return the seconds until nothing of it is left."""
    left = children_of(guarded.process.pid)
    guarded.process.kill()
    guarded.process.wait()
    return wait(lambda: not any(alive(pid) for pid in left), "the show ends"), "show, spare and picture have ended"


def alive(pid: int) -> bool:
    """Return whether the process runs; one that nobody waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


FAULTS: dict[str, Callable[[Guarded], tuple[float, str]]] = {
    "killed (`kill -9`)": lambda guarded: again(guarded, lambda: os.kill(guarded.show(), signal.SIGKILL)),
    "killed for want of memory (`kill -9`), without a spare": lambda guarded: again(
        guarded, lambda: os.kill(guarded.show(), signal.SIGKILL)
    ),
    "aborted, as by a driver": lambda guarded: again(guarded, lambda: os.kill(guarded.show(), signal.SIGABRT)),
    "hangs (stopped for ever)": lambda guarded: again(guarded, lambda: os.kill(guarded.show(), signal.SIGSTOP)),
    "suspended for 5 s and resumed": lambda guarded: resumed(guarded, guarded.show(), 5.0),
    "the X server is killed": lose_screen,
    "a plugin asks for all memory": fill_memory,
    "the guard is killed": lose_guard,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", help="part of the names of the faults to make")
    arguments = parser.parse_args()
    print("| fault | pictures again after, s | load | what was seen |\n| --- | --- | --- | --- |", flush=True)
    for name, make in FAULTS.items():
        if arguments.only and arguments.only not in name:
            continue
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as folder:
                greedy = Path(folder) / "greedy.py"
                greedy.write_text(GREEDY.replace("FILE", repr(str(Path(folder) / "greed"))))
                options = ["--plugin", str(greedy)] if make is fill_memory else []
                options += ["--no-spare"] if "without a spare" in name else []
                screen = Screen()
                guarded = None
                try:
                    guarded = start(screen, Path(folder), options)
                    took, said = make(guarded)
                    print(f"| {name} | {took:.1f} | {os.getloadavg()[0]:.1f} | {said} |", flush=True)
                finally:
                    if guarded is not None:
                        guarded.process.terminate()
                        guarded.process.wait(30)
                    screen.server.terminate()
                    screen.server.wait()


if __name__ == "__main__":
    main()
