"""Supervisor: starts a show, listens to its heartbeat, and starts what comes next where it dies."""

import json
import logging
import math
import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from likeness.errors import AbsentDisplayError
from likeness.show.heartbeat import VARIABLE, Dimming, Heartbeat
from likeness.show.watch import Limits, Watch
from likeness.tools.guard.ladder import STILL_S, TRIES, Ladder
from likeness.tools.guard.report import ENDED, GuardReport
from likeness.tools.guard.schedule import Schedule

log = logging.getLogger(__name__)

LOOK_S = 0.25
# A look that comes later than this was no look: the machine slept or had no time, and the show had none either.
ASLEEP_S = 3.0
# A show that is told to end has so long to finish its files.
PARTING_S, KILLED_S = 10.0, 2.0
# A show that has played for so long is given a spare, whose imports then cost it no start.
SPARE_S = 15.0
# How long it takes to dim, and to go dark at the end of the day.
DIMMED_S, DARK_S = 20.0, 4.0
# How long a black window takes to be there.
COVERED_S = 2.0
# The status of a command whose options or files are wrong; starting it again would not help.
WRONG_USE = 2


@dataclass(frozen=True)
class Plan:
    """What is played on each rung of the ladder.

    Args:
        program: what is started, without its arguments.
        show: its arguments at the first start.
        again: those of later ones, which go on with the face and the values that were saved.
        fallback: those of a simple show.
        still: the command of the still picture; empty where there is no window to show it in.
        spare: the command of a process that waits to become the next show; empty for none.
        limits: when a show counts as dead.
        environment: of all of them, beside the supervisor's own.
        schedule: when it plays and how bright; None for always.
        black: the command of a black picture, for the hours in which it is closed.
    """

    program: Sequence[str]
    show: Sequence[str]
    again: Sequence[str]
    fallback: Sequence[str]
    still: Sequence[str] = ()
    spare: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    environment: Mapping[str, str] = field(default_factory=dict)
    schedule: Schedule | None = None
    black: Sequence[str] = ()


@dataclass(frozen=True)
class End:
    """How a show ended.

    Args:
        why: in words; "" where it ended by itself, or was told to.
        status: of its process, None where it was killed.
        lived_s: seconds since its first picture, 0 where it had none.
        closed: whether the hours are over in which it plays.
    """

    why: str
    status: int | None
    lived_s: float
    closed: bool = False


class Supervisor:
    """Keeps a show playing until it is told to stop, or the show ends by itself. One thread.

    Args:
        plan: what is played.
        now: seconds of a clock that never jumps.
        clock: seconds since the epoch, by which the schedule goes; it may jump.

    Attributes:
        report: what plays, and what was started again.
    """

    def __init__(
        self, plan: Plan, now: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time
    ) -> None:
        self._plan, self._now, self._clock = plan, now, clock
        self.report = GuardReport(now)
        self._ladder = Ladder()
        self._stop = threading.Event()
        # What is shown while there is no show, and by which command.
        self._still: subprocess.Popen[bytes] | None = None
        self._shown: Sequence[str] = ()
        self._spare: subprocess.Popen[bytes] | None = None
        # When the show died that is to be replaced.
        self._died_at: float | None = None

    def stop(self) -> None:
        """End the show and `run`. Any thread, or a signal's handler."""
        self._stop.set()

    def run(self) -> int:
        """Play until the end; return the status for the command."""
        first = True
        try:
            while not self._stop.wait(self._ladder.delay_s):
                bright = self._brightness
                if bright == 0:
                    self._rest()
                    continue
                self.report.note("starting", self._ladder.rung)
                if self._ladder.rung == "still":
                    self._show(self._plan.still)
                    log.error("nothing plays; a still picture is shown, and the show is tried again in %g s", STILL_S)
                    self._stop.wait(STILL_S)
                    self._ladder.begin_again()
                    continue
                end = self._play(self._arguments(bright, first=first), bright)
                if end.closed:
                    first = False
                    continue
                if not end.why:
                    return end.status or 0
                if end.status == AbsentDisplayError.status and not end.lived_s:
                    # No fault of the show: what the ladder has next would have no display either.
                    self._ladder.misses += 1
                    if self._ladder.misses == 1:
                        log.warning("the display is not there; the show begins when it is")
                    continue
                if first and end.status == WRONG_USE and not end.lived_s:
                    return WRONG_USE
                first = False
                self._note(end)
        finally:
            self._hide_still()
            spare, self._spare = self._spare, None
            if spare is not None:
                end_spare(spare)
            self.report.note(ENDED, self._ladder.rung)
        return 0

    def _note(self, end: End) -> None:
        rung, self._died_at = self._ladder.rung, self._now()
        self._ladder.fail(end.lived_s)
        if self._ladder.rung == rung:
            log.error("%s: %s; starting it again, try %d of %d", rung, end.why, self._ladder.failures, TRIES)
        else:
            log.error("%s: %s, after %d tries; now the %s", rung, end.why, TRIES, self._ladder.rung)
        self.report.note_death(end.why)
        self._show(self._plan.still)

    @property
    def _brightness(self) -> float:
        """What the schedule says now: 1 plays, less is dimmed, 0 is closed."""
        return 1.0 if self._plan.schedule is None else self._plan.schedule.level(self._clock())

    def _rest(self) -> None:
        """Wait in the dark until the hours begin in which the show plays."""
        log.info("closed; the show ends, and begins again with the hours of its schedule")
        self.report.note("dark", "show")
        if self._shown != self._plan.black:
            self._hide_still()
        self._show(self._plan.black)
        while self._brightness == 0 and not self._stop.wait(LOOK_S):
            self._sum_up()
        self._ladder.begin_again()
        self._died_at = None

    def _sum_up(self) -> None:
        if summary := self.report.pop_summary():
            log.info("%s", summary)

    def _arguments(self, bright: float, *, first: bool) -> Sequence[str]:
        plan = self._plan
        arguments = plan.fallback if self._ladder.rung == "fallback" else plan.show if first else plan.again
        # From its first picture on: nobody wants a flash in the evening, and what was saved last may be the dark of it.
        return arguments if plan.schedule is None else [*arguments, "--set", f"master.brightness={bright:g}"]

    def _play(self, arguments: Sequence[str], bright: float) -> End:
        """Start a show of this brightness and watch it to its end."""
        end: End | None = None
        word = secrets.token_hex(8)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(LOOK_S)
            variables = {**self._plan.environment, VARIABLE: f"{sock.getsockname()[1]}:{word}"}
            show = self._take_spare(arguments, variables) or self._start(arguments, variables)
            try:
                end = self._watch(show, sock, word, bright)
                return end
            finally:
                # One that is well has files to finish.
                well = self._stop.is_set() or (end is not None and end.closed)
                end_process(show, PARTING_S if well else KILLED_S)

    def _watch(self, show: "subprocess.Popen[bytes]", sock: socket.socket, word: str, bright: float) -> End:
        watch, looked, played_at = Watch(self._plan.limits, self._now()), self._now(), 0.0
        # What the show was told, and since when it has been closed.
        told, closed_at = bright, math.inf
        while True:
            # Windows tells on receiving that what was sent has not arrived.
            with suppress(TimeoutError, ConnectionResetError):
                datagram, sender = sock.recvfrom(65536)
                beat = Heartbeat.decode(datagram, word)
                if beat is not None:
                    watch.take(beat, self._now())
                    self.report.note_health(beat.health)
                    bright = self._brightness
                    if bright != told:
                        sock.sendto(Dimming(bright, DIMMED_S if bright else DARK_S).encode(word), sender)
                        told = bright
            now = self._now()
            self._sum_up()
            closed_at = min(closed_at, now) if self._brightness == 0 else math.inf
            if now - closed_at > DARK_S:
                # Above the show's window, before that goes.
                self._show(self._plan.black)
            if now - closed_at > DARK_S + COVERED_S:
                return End("", 0, 0.0, closed=True)
            if now - looked > ASLEEP_S:
                log.info("%.0f s went by at once, as where a machine sleeps; they do not count", now - looked)
                watch.forgive(now - looked)
            looked = now
            if watch.playing and not played_at:
                played_at = now
                self._greet(now)
            lived_s = now - played_at if played_at else 0.0
            if lived_s > SPARE_S:
                self._keep_spare()
            if self._stop.is_set():
                return End("", 0, lived_s)
            status = show.poll()
            if status is not None:
                return End(f"it ended with status {status}" if status else "", status, lived_s)
            if why := watch.judge(now):
                return End(why, None, lived_s)

    def _start(self, arguments: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([*self._plan.program, *arguments], env={**os.environ, **variables})

    def _keep_spare(self) -> None:
        """Have a process wait that can be the next show at once."""
        if self._plan.spare and self._spare is None:
            variables = {**os.environ, **self._plan.environment}
            with suppress(OSError):
                self._spare = subprocess.Popen(self._plan.spare, stdin=subprocess.PIPE, env=variables)

    def _take_spare(self, arguments: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
        """Make the spare the show; None where none waits."""
        spare, self._spare = self._spare, None
        if spare is None or spare.stdin is None:
            return None
        order = json.dumps({"arguments": list(arguments), "environment": dict(variables)})
        try:
            with spare.stdin as orders:
                orders.write(f"{order}\n".encode())
        # It has ended, for want of memory or of a module.
        except OSError:
            end_spare(spare)
            return None
        return spare

    def _greet(self, now: float) -> None:
        """Say how soon pictures are back, and take the still picture away."""
        if self._died_at is not None:
            log.warning("pictures again, %.1f s after the last show died", now - self._died_at)
            self.report.note_gap(now - self._died_at)
            self._died_at = None
        self._ladder.misses = 0
        self.report.note("playing", self._ladder.rung)
        self._hide_still()

    def _show(self, command: Sequence[str]) -> None:
        """Show a picture that needs no show, unless one is shown. It ends by itself where this process is killed."""
        if command and (self._still is None or self._still.poll() is not None):
            self._shown = command
            with suppress(OSError):
                self._still = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _hide_still(self) -> None:
        still, self._still = self._still, None
        if still is not None:
            if still.stdin is not None:
                still.stdin.close()
            end_process(still, KILLED_S)


def end_process(process: "subprocess.Popen[bytes]", patience_s: float) -> None:
    """Ask a process to end, and after `patience_s` make it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def end_spare(spare: "subprocess.Popen[bytes]") -> None:
    """End a spare that is not wanted."""
    if spare.stdin is not None:
        with suppress(OSError):
            spare.stdin.close()
    end_process(spare, KILLED_S)
