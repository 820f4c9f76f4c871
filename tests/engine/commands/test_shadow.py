"""`likeness play --shadow`: whom it waits for, and a leader that is killed beside it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from likeness.commands import shadow
from likeness.errors import InputError
from likeness.options import QUIET, Options
from likeness.show.shadow.following import Following
from likeness.show.show import Show

DEADLINE_S = 90.0


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_nobody_is_waited_for_as_long_as_it_takes_and_with_an_own_show_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shadow, "AGAIN_S", 0.01)
    monkeypatch.setattr(shadow, "ALONE_S", 0.05)
    port = find_port()
    options = replace(QUIET, shadow=f"127.0.0.1:{port}", resume=True)
    assert shadow.wait_for_leader(options) is None
    assert caplog.messages == [
        f"127.0.0.1:{port} does not answer; this machine waits 0.05 s for it, dark",
        f"127.0.0.1:{port} does not answer; this machine plays by itself",
    ]


def test_nobody_within_the_shows_seconds_ends_it_and_an_own_address_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shadow, "AGAIN_S", 0.01)
    port = find_port()
    options = replace(QUIET, shadow=f"localhost:{port}", seconds=0.05, web_port=port)
    with pytest.raises(InputError, match=r"does not answer, and did not in 0\.05 s"):
        shadow.wait_for_leader(options)
    assert caplog.messages == [
        f"localhost:{port} does not answer, and is this machine itself; this machine waits 0.05 s for it, dark"
    ]


def test_what_the_followed_show_decides_is_refused_beside_shadow() -> None:
    def play(options: Options, leader: Following | None) -> Show:
        raise AssertionError("nothing is played")

    options = replace(QUIET, shadow="stage.local", fps=25.0, settings={"show.psi": "1"})
    with pytest.raises(InputError, match="leave out installation, --fps, --set, or add --resume"):
        shadow.play_shadow("installation", options, play)


def test_of_plugins_those_are_kept_that_the_followed_show_plays(caplog: pytest.LogCaptureFixture) -> None:
    header = {"plugins": [{"name": "glow"}, {"name": "random_walk"}]}
    leader = cast(Following, SimpleNamespace(take=SimpleNamespace(header=header), link=SimpleNamespace(name="stage")))
    options = replace(QUIET, plugins=[Path("/here/glow.py"), Path("/here/haze.py")], seed=3, fps=10.0)
    with pytest.raises(InputError, match="the show on stage does not play haze;"):
        shadow.as_led(leader, options)
    led = shadow.as_led(leader, replace(options, resume=True))
    assert (led.plugins, led.seed, led.fps) == ([Path("/here/glow.py")], None, None)
    assert "--plugin haze counts where nobody leads" in caplog.text


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., tuple["subprocess.Popen[bytes]", Path]]]:
    with ExitStack() as opened:

        def start(name: str, *options: str) -> tuple["subprocess.Popen[bytes]", Path]:
            log = tmp_path / name
            quiet = ["--size", "64x64", "--osc-port", "0", "--midi", "off", "--output", "null"]
            environment = {**os.environ, "LIKENESS_HOME": str(tmp_path / f"home of {name}")}
            with log.open("w") as file:
                command = [sys.executable, "-m", "likeness.cli", "play", *options, *quiet]
                process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
            opened.callback(process.wait)
            opened.callback(process.kill)
            return process, log

        yield start


def until(log: Path, words: str) -> str:
    deadline = time.monotonic() + DEADLINE_S
    while not re.search(words, log.read_text()):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return log.read_text()


def status(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_killed_leader_is_played_on_and_comes_back_as_the_shadow_of_its_shadow(play: Any) -> None:
    first, second = find_port(), find_port()
    leader, _ = play("one", "demo", "--weights", "composite-256", "--fps", "20", "--web-port", str(first))
    shadowing, log = play("two", "--shadow", f"127.0.0.1:{first}", "--web-port", str(second))
    until(log, "following the other machine")
    assert status(second)["inputs"]["shadow"] == {"follows": f"127.0.0.1:{first}"}
    before = status(first)["seconds"]
    leader.kill()
    until(log, "is gone; this machine plays on")
    deadline = time.monotonic() + DEADLINE_S
    while status(second)["seconds"] < before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    back, again = play("three", "--shadow", f"127.0.0.1:{second}", "--web-port", str(first))
    until(again, "following the other machine")
    # Handed back: the one that is interrupted ends, and the other one plays on.
    shadowing.send_signal(signal.SIGINT)
    assert shadowing.wait(DEADLINE_S) == 0
    until(again, "is gone; this machine plays on")
    back.send_signal(signal.SIGINT)
    assert back.wait(DEADLINE_S) == 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_leader_that_was_only_out_of_reach_is_followed_again(play: Any) -> None:
    first, second = find_port(), find_port()
    leader, _ = play("one", "demo", "--weights", "composite-256", "--fps", "20", "--web-port", str(first))
    _, log = play("two", "--shadow", f"127.0.0.1:{first}", "--web-port", str(second))
    until(log, "following the other machine")
    leader.send_signal(signal.SIGSTOP)
    until(log, "is silent; this machine plays on")
    leader.send_signal(signal.SIGCONT)
    until(log, "leads, and has for longer; this machine follows it again")
    until(log, r"(?s)follows it again.*following the other machine")
    assert status(second)["inputs"]["shadow"] == {"follows": f"127.0.0.1:{first}"}
