"""Measure the guard: faults that are made on purpose, and how soon there are pictures again.

Run `python -m tests.benchmarks.guard [--only camera]`; it needs Xvfb, and a C compiler for the clock. A guard plays the
demo with the lightest weights full-screen on a virtual screen. Each fault is made once the spare has imported all and
waits; the time counts from the fault to the guard's own line "pictures again", or where no restart is needed to the
first new picture. Where a show dies it is said, too, how long its process took to be gone.
"""

import argparse
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.benchmarks.guard_faults import JumpingClock, MemoryLimit, NetworkCamera
from tests.benchmarks.guarded import Guarded, Screen, alive, children_of, longest_gap, start, wait

DAY_S = 86_400.0
# For so long the pictures are looked at after a clock has jumped, and while a camera is gone.
LOOK_S = 10.0
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


def again(guarded: Guarded, fault: Callable[[], object]) -> tuple[float, str]:
    """Make the fault; return the seconds to the pictures of the next show, and what the guard said."""
    before, show, began = len(guarded.log.read_text()), guarded.show(), time.monotonic()
    fault()
    wait(lambda: not alive(show), "the end of the show")
    gone_s = time.monotonic() - began
    took = gone_s + wait(lambda: "pictures again" in guarded.log.read_text()[before:], guarded.log.read_text()[-600:])
    said = re.search(r"ERROR: show: (.*?);", guarded.log.read_text()[before:])
    return took, f"{said[1] if said else '?'}; its process was gone after {gone_s:.1f} s"


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


def jump_clock(guarded: Guarded, clock: JumpingClock) -> tuple[float, str]:
    """Set the clock a day ahead and back again; return the longest time without a new picture."""
    gaps = []
    for seconds in (DAY_S, -DAY_S, 0.0):
        clock.jump(seconds)
        gaps.append(longest_gap(guarded, LOOK_S))
    restarted = "starting it again" in guarded.log.read_text()
    return max(gaps), f"a day ahead, a day back, right again; {'it was started again' if restarted else 'it plays on'}"


def lose_camera(guarded: Guarded, camera: NetworkCamera) -> tuple[float, str]:
    """Kill the camera and start it again; return the seconds until the show has pictures of it again."""
    wait(lambda: guarded.camera() > 0, "pictures of the camera")
    camera.pull()
    gap_s = longest_gap(guarded, LOOK_S)
    before = guarded.camera()
    camera.plug_in()
    took = wait(lambda: guarded.camera() > before, "pictures of the camera again")
    restarted = "starting it again" in guarded.log.read_text()
    how = "it was started again" if restarted else f"it plays on, {gap_s:.1f} s at most without a new picture"
    return took, f"from its plugging in on; while it is gone {how}"


def exhaust_memory(guarded: Guarded, limit: MemoryLimit) -> tuple[float, str]:
    """Let a plugin allocate in a show that the kernel kills for it."""

    def fault() -> None:
        limit.put(guarded.show())
        (guarded.folder / "greed").write_text("")

    return again(guarded, fault)


@dataclass
class Helpers:
    """What faults need beside a guard, made where it is asked for.

    Args:
        folder: for files.
    """

    folder: Path

    @cached_property
    def clock(self) -> JumpingClock:
        """The wall's clock of the guard and all that it starts."""
        return JumpingClock(self.folder)

    @cached_property
    def camera(self) -> NetworkCamera:
        """The show's camera."""
        return NetworkCamera()

    @cached_property
    def memory(self) -> MemoryLimit:
        """The show's memory."""
        return MemoryLimit()

    def close(self) -> None:
        """Let go of what was made."""
        made = vars(self)
        if "camera" in made:
            self.camera.pull()
        if "memory" in made:
            self.memory.close()


def kill(number: int) -> Callable[[Guarded, Helpers], tuple[float, str]]:
    """Return the fault of a signal to the show."""
    return lambda guarded, helpers: again(guarded, lambda: os.kill(guarded.show(), number))


FAULTS: dict[str, Callable[[Guarded, Helpers], tuple[float, str]]] = {
    "killed (`kill -9`)": kill(signal.SIGKILL),
    "killed for want of memory (`kill -9`), without a spare": kill(signal.SIGKILL),
    "aborted, as by a driver": kill(signal.SIGABRT),
    "hangs (stopped for ever)": kill(signal.SIGSTOP),
    "suspended for 5 s and resumed": lambda guarded, helpers: resumed(guarded, guarded.show(), 5.0),
    "the X server is killed": lambda guarded, helpers: lose_screen(guarded),
    "a plugin asks for all memory": lambda guarded, helpers: fill_memory(guarded),
    "the kernel is out of memory for the show": lambda guarded, helpers: exhaust_memory(guarded, helpers.memory),
    "the clock jumps": lambda guarded, helpers: jump_clock(guarded, helpers.clock),
    "the camera is gone": lambda guarded, helpers: lose_camera(guarded, helpers.camera),
    "the guard is killed": lambda guarded, helpers: lose_guard(guarded),
}


def play_fault(name: str, folder: Path) -> tuple[float, str]:
    """Start a guard, make the fault, and return the seconds that it cost, and what was seen."""
    greedy = folder / "greedy.py"
    greedy.write_text(GREEDY.replace("FILE", repr(str(folder / "greed"))))
    helpers, screen, guarded = Helpers(folder), Screen(), None
    options = ["--plugin", str(greedy)] if "memory" in name and "kill -9" not in name else []
    options += ["--no-spare"] if "without a spare" in name else []
    options += ["--camera", helpers.camera.url] if "camera" in name else []
    try:
        guarded = start(screen, folder, options, helpers.clock.environment if "clock" in name else {})
        return FAULTS[name](guarded, helpers)
    finally:
        if guarded is not None:
            guarded.process.terminate()
            guarded.process.wait(30)
        helpers.close()
        screen.server.terminate()
        screen.server.wait()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", help="part of the names of the faults to make")
    arguments = parser.parse_args()
    print("| fault | pictures again after, s | load | what was seen |\n| --- | --- | --- | --- |", flush=True)
    for name in FAULTS:
        if arguments.only and arguments.only not in name:
            continue
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    took, said = play_fault(name, Path(folder))
                    print(f"| {name} | {took:.1f} | {os.getloadavg()[0]:.1f} | {said} |", flush=True)
                # One fault that cannot be made here costs no other.
                except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                    told = " ".join(str(error).split())[-300:]
                    print(f"| {name} | not measured | {os.getloadavg()[0]:.1f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
