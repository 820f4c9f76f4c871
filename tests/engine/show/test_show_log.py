"""The log of a show on disk: what happened and how it stood is there after `kill -9`, and of nobody."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from likeness.files.paths import LIGHT_WEIGHTS
from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.show import show_log
from likeness.show.show import Show
from likeness.show.show_log import STARTING, ShowLog, log_file, read_show_log, read_show_state, state_file

DEADLINE_S = 20.0

log = logging.getLogger("likeness.test")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("LIKENESS_HOME", str(home))
    return home


def until(wanted: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_lines_tracebacks_and_the_end_are_kept_and_those_of_other_libraries_are_not() -> None:
    def play() -> None:
        logging.getLogger("somebody.else").error("not of the program")
        log.warning("no face is found in %s", "/media/usb/my grandmother.jpg")
        try:
            raise ValueError("of a plugin")
        except ValueError:
            log.exception("walk.update failed")
        log.warning("%s the end of a long line", "x" * 100_000)
        raise ZeroDivisionError("of the show")

    with pytest.raises(ZeroDivisionError), ShowLog("demo"):
        play()
    log.warning("after the end")
    text = read_show_log()
    assert "plays demo, process" in text
    # Photos show people.
    assert "WARNING: no face is found in [picture]" in text
    assert "ERROR: walk.update failed\nTraceback (most recent call last):" in text
    assert "ValueError: of a plugin" in text
    assert text.splitlines()[-1] == "ZeroDivisionError: of the show"
    assert "not of the program" not in text
    assert "xx the end of a long line" in text
    assert len(text) < 15_000


def test_the_state_is_kept_and_what_cannot_be_described_costs_only_itself() -> None:
    with ShowLog("demo") as kept:
        kept.describe = lambda: {"port": 9001, "status": {"fps": 25.0}}
    state = read_show_state()
    assert (state["port"], state["pid"], state["status"]) == (9001, os.getpid(), {"fps": 25.0})
    with ShowLog("demo") as kept:
        kept.describe = lambda: {"status": object()}
    assert "status" not in read_show_state()
    assert read_show_log().count("the show ends") == 2
    state_file().write_text("[1")
    assert read_show_state() == {}


def test_a_show_that_is_killed_before_it_plays_is_not_taken_for_the_one_before() -> None:
    with ShowLog("installation") as kept:
        kept.describe = lambda: {"port": 9001}
    with ShowLog("demo"):
        state = read_show_state()
        assert (state[STARTING], state["pid"]) == ("demo", os.getpid())
        assert "port" not in state


def test_the_state_is_written_soon_and_then_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_log, "FIRST_STATE_S", 0.02)
    monkeypatch.setattr(show_log, "STATE_S", 3600.0)
    monkeypatch.setattr(show_log, "LOOK_S", 0.001)
    told = list[float]()

    def describe() -> dict[str, int]:
        told.append(time.monotonic())
        return {}

    with ShowLog("demo") as kept:
        kept.describe = describe
        until(lambda: len(told) == 6)
    # From one to the next at least twice as long; a busy machine only adds to that.
    assert told[5] - told[0] >= 0.02 * (1 + 2 + 4 + 8 + 16)


def test_each_line_says_whose_it_is() -> None:
    with ShowLog("demo"):
        log.warning("on")
    assert all(f" [{os.getpid()}] " in line for line in read_show_log().splitlines())
    assert len(read_show_log().splitlines()) == 3


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_log, "MOST_BYTES", 2000)
    with ShowLog("demo"):
        for number in range(50):
            log.warning("line %d of many", number)
            log.warning("%s", "x" * 100)
            # Slowly enough for the disk.
            until(lambda number=number: f"line {number} " in read_show_log())  # type: ignore[misc]
    sizes = [path.stat().st_size for path in log_file().parent.glob("show.log*")]
    assert len(sizes) == 2
    assert max(sizes) < 2200


def test_more_lines_than_the_disk_takes_are_counted_and_hold_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_log, "MOST_WAITING", 5)
    written = threading.Event()
    with ShowLog("demo") as kept:
        with monkeypatch.context() as slow:
            slow.setattr(kept, "_write", lambda line: written.wait(DEADLINE_S))
            for number in range(50):
                log.warning("line %d", number)
        written.set()
    assert "lines are lost" in read_show_log()


def test_where_nothing_can_be_written_the_show_plays(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    home.write_text("a file, and no folder")
    with ShowLog("demo"):
        log.warning("on")
    assert caplog.messages == ["on"]
    assert read_show_log() == ""


def test_nothing_is_kept_of_a_render(home: Path) -> None:
    with ShowLog("demo", kept=False):
        log.warning("on")
    assert not home.exists()


def test_a_live_show_keeps_its_log_its_rack_and_its_size_and_one_that_saves_nothing_does_not(home: Path) -> None:
    preset = Preset(name="night", show=ShowTable(plugins=("sharpen",), size="512x512", weights=LIGHT_WEIGHTS))
    with Show(preset, replace(QUIET, size=(64, 64), fps=50.0)) as show:
        show.loop.frame()
    assert not (home / "autosave").exists()

    def play_and_fail() -> None:
        show.loop.frame()
        # The preset of a report, of --resume and of what is saved.
        assert show.preset_commands.current_preset().show.size == "64x64"
        raise ZeroDivisionError("of the command")

    with pytest.raises(ZeroDivisionError), Show(preset, replace(QUIET, size=(64, 64), autosave=True)) as show:
        play_and_fail()
    state = read_show_state()
    assert [plugin["name"] for plugin in state["rack"]["plugins"]] == ["sharpen"]
    assert state["device"]["generator"] == "composite, 4 layers, 64 px"
    assert state["status"]["frames"] == 1
    assert "plays night, process" in read_show_log()
    assert read_show_log().splitlines()[-1] == "ZeroDivisionError: of the command"


CRASH = """
import logging, os, sys
from likeness.show.show_log import ShowLog
with ShowLog("demo") as kept:
    kept.describe = lambda: {"port": 1}
    logging.getLogger("likeness").warning("the last line")
    print(flush=True)
    sys.stdin.readline()
    os.abort()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the file is renamed there, so nobody else may hold it open")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_all_is_there_after_a_crash(number: signal.Signals) -> None:
    show = subprocess.Popen([sys.executable, "-c", CRASH], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert show.stdin is not None
    assert show.stdout is not None
    show.stdout.readline()
    until(lambda: "the last line" in read_show_log() and read_show_state().get("port") == 1)
    if number is signal.SIGKILL:
        show.kill()
    show.communicate(b"\n")
    assert show.returncode == -number
    # What a library does by itself leaves where each thread was.
    assert ("Fatal Python error: Aborted" in read_show_log()) == (number is signal.SIGABRT)
