"""Programs of an evening at full load: server and workers, which are killed, and the operator who lets people in."""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from tests.benchmarks.audience_visitors import House
from tests.engine.audience.served import Phone, signature

from likeness.audience.evening import Places

START_S = 600.0
LET_IN = 0.75
# Nothing listens there: addresses wait in the outbox until they are deleted with their visitors.
NO_MAIL_SERVER = "smtp://127.0.0.1:9"


class Programs:
    """The server and the workers as processes, which can be held, killed and started again."""

    def __init__(self, arguments: argparse.Namespace, places: Places, log: Path) -> None:
        where = ["--folder", str(places.folder), *(["--database", places.database] if places.database else [])]
        films = ["--size", f"{arguments.films}x{arguments.films}", "--fps", f"{arguments.films_fps:g}"]
        mails = ["--smtp", NO_MAIL_SERVER, "--mail-from", "night@example.org"]
        self._serve = ["serve", "--host", "127.0.0.1", "--workers", "0", "--capacity", "5000", *mails, *where]
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
            assert self.server.poll() is None, self._read(at).decode()
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
