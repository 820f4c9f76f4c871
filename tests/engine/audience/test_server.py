"""The whole evening by its command: server, worker and operator as processes, until they are told to end."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.audience.served import Phone, Served

from likeness.audience.secret_link import secret_code
from likeness.audience.server import listen
from likeness.errors import AudienceError

PATIENCE_S = 60.0


def test_a_port_that_is_taken_is_named_with_the_option_that_helps() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(AudienceError, match="name another --port"):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(AudienceError, match=r"nothing can be served at 203\.0\.113\.7"):
        listen("203.0.113.7", 0)


def test_the_screen_shows_the_address_and_its_code(served: Served) -> None:
    phone = served.phone()
    assert served.url in phone.ask("/screen").text
    assert phone.ask("/qr.svg").headers["content-type"] == "image/svg+xml"


class Command:
    """`likeness audience serve` as a process, and its lines."""

    def __init__(self, folder: Path, root: Path, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path]), "HOME": str(folder)}
        command = [sys.executable, "-m", "likeness.cli", "audience", "serve", "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--folder", str(folder), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=environment, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.lines.extend(iter(lines.readline, ""))

    def wait_for(self, pattern: str) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = re.search(pattern, "".join(self.lines))
            if found:
                return found[1]
            assert time.monotonic() < deadline, "".join(self.lines)
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.02)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        self._reader.join()
        return status


@pytest.fixture
def command(tmp_path: Path, root: Path) -> Iterator[Command]:
    command = Command(tmp_path / "evening", root, "--workers", "0", "--keep", "2")
    yield command
    if command.process.poll() is None:
        command.process.kill()
        command.process.wait()


def test_the_command_serves_until_it_is_told_to_end_and_leaves_the_evening_to_the_next(
    command: Command, tmp_path: Path
) -> None:
    port = int(command.wait_for(r"Visitors: http://127\.0\.0\.1:(\d+)/"))
    code = command.wait_for(r"operator\?code=(\w+)")
    phone, operator = Phone(port), Phone(port)
    sent = phone.send()
    assert sent.status == 303
    assert "2 hours" in phone.ask("/?lang=en").text
    assert operator.ask(f"/operator?code={code}").status == 303
    assert command.end() == 143
    assert (tmp_path / "evening").stat().st_mode & 0o777 == 0o700
    again = Served(tmp_path / "evening")
    try:
        phone.port = operator.port = again.port
        assert phone.ask(sent.headers["location"]).status == 200
        assert operator.ask("/operator").status == 200
        assert secret_code(again.evening, "operator") == code
    finally:
        again.close()
