"""The supervisor, with shows that are processes of their own and fail in every way."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from likeness.commands.guard.run import KEPT, KEPT_FLAGS, kept_options, still_command
from likeness.options import Options
from likeness.show.watch import Limits
from likeness.tools.guard import ladder, supervisor
from likeness.tools.guard.schedule import parse_schedule
from likeness.tools.guard.supervisor import Plan, Supervisor

ROOT = Path(__file__).resolve().parents[4]
LIMITS = Limits(start_s=20.0, silent_s=0.4, still_s=0.8)
DEADLINE_S = 60.0
# Becomes a fake show when it is told to, as `likeness.tools.guard.spare` becomes a real one.
SPARE = """
import json, os, sys
order = json.loads(sys.stdin.readline() or "{}")
if order:
    os.environ.update(order["environment"])
    from tests.engine.tools.guard.fake_show import main
    main(os.environ["STARTS"], f"{order['arguments'][0]} from a spare")
"""

Guard = Callable[..., tuple[Supervisor, Path]]


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Return the maker of supervisors of fake shows: by mood, for each rung; with the file that has the starts."""
    monkeypatch.setattr(ladder, "DELAYS_S", (0.0,))
    monkeypatch.setattr(ladder, "DISPLAY_S", (0.01,))
    starts = tmp_path / "starts"

    def make(
        show: str, again: str = "", fallback: str = "well", still: str = "", *, spares: bool = False
    ) -> tuple[Supervisor, Path]:
        program = [sys.executable, "-m", "tests.engine.tools.guard.fake_show", str(starts)]
        path = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "engine")]), "STARTS": str(starts)}
        waits = [sys.executable, "-c", f"open({str(tmp_path / still)!r}, 'w'); import time; time.sleep(60)"]
        spare = [sys.executable, "-c", SPARE] if spares else []
        plan = Plan(program, [show], [again or show], [fallback], waits if still else [], spare, LIMITS, path)
        return Supervisor(plan), starts

    return make


def play(guarded: Supervisor, over: Callable[[], bool]) -> int:
    """Run until `over`, then stop; return the status."""
    status: list[int] = []
    thread = threading.Thread(target=lambda: status.append(guarded.run()), daemon=True)
    thread.start()
    deadline = time.monotonic() + DEADLINE_S
    while thread.is_alive() and not over():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    guarded.stop()
    thread.join(DEADLINE_S)
    return status[0]


def count(starts: Path) -> int:
    return len(starts.read_text().splitlines()) if starts.exists() else 0


def test_a_display_that_comes_late_is_waited_for_and_costs_no_try(
    guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    guarded, starts = guard("late")
    play(guarded, lambda: guarded.report.answer()[0])
    assert starts.read_text().split() == ["late"] * 7, "no fallback, and the first arguments"
    assert len([record for record in caplog.records if "display is not there" in record.message]) == 1


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        ("dies", "it ended with status -6"),
        ("hangs", "no new picture for 0.4 s"),
        ("black", "a picture that is black for 0.8 s"),
        ("stands", "the same picture for 0.8 s"),
        ("loses", "the window on display 0 is lost"),
    ],
)
def test_a_show_that_is_dead_is_started_again(
    guard: Guard, caplog: pytest.LogCaptureFixture, mood: str, why: str
) -> None:
    caplog.set_level(logging.INFO)
    guarded, starts = guard(mood, again="well")
    assert play(guarded, lambda: "pictures again" in caplog.text) == 0
    assert starts.read_text().splitlines() == [mood, "well"]
    assert f"show: {why}; starting it again, try 1 of 3" in caplog.text


def test_after_its_tries_a_simple_show_plays(
    guard: Guard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "TRIES", 1)
    guarded, starts = guard("dies", fallback="held", still="shown")
    assert play(guarded, lambda: "pictures again" in caplog.text.partition("now the fallback")[2]) == 0
    assert starts.read_text().splitlines() == ["dies"] * 2 + ["held"]
    # Between two shows nobody sees a desktop.
    assert (starts.parent / "shown").exists()


def test_a_spare_takes_over(guard: Guard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SPARE_S", 0.0)
    guarded, starts = guard("dies", again="well", spares=True)
    assert play(guarded, lambda: "pictures again" in caplog.text) == 0
    assert starts.read_text().splitlines() == ["dies", "well from a spare"]


def test_where_nothing_plays_a_still_picture_is_shown(
    guard: Guard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "TRIES", 0)
    monkeypatch.setattr(supervisor, "STILL_S", 0.1)
    guarded, starts = guard("dies", fallback="dies", still="shown")
    assert play(guarded, lambda: count(starts) > 2) == 0
    assert "nothing plays; a still picture is shown" in caplog.text
    assert (starts.parent / "shown").exists()


def test_a_show_that_ends_by_itself_is_over(guard: Guard) -> None:
    guarded, starts = guard("ends")
    assert play(guarded, lambda: False) == 0
    assert count(starts) == 1


def test_what_it_leaves_for_a_report_says_that_it_has_ended(guard: Guard) -> None:
    guarded, _ = guard("well")
    kept: list[str] = []
    guarded.report.keep = lambda doing, rung, died: kept.append(doing)
    play(guarded, lambda: "playing" in kept)
    assert kept[-1] == "ended"


def test_wrong_options_are_not_tried_again(guard: Guard) -> None:
    guarded, starts = guard("wrong")
    assert play(guarded, lambda: False) == 2
    assert count(starts) == 1


def test_hours_end_a_show_in_the_dark_and_begin_it_again(
    guard: Guard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(supervisor, "DARK_S", 0.2)
    monkeypatch.setattr(supervisor, "COVERED_S", 0.2)
    guarded, starts = guard("well", again="held", still="shown")
    plan = {**vars(guarded._plan), "schedule": parse_schedule("10:00-18:00, dim after 17:30")}
    guarded._plan = Plan(**{**plan, "black": plan["still"], "still": []})
    clock = datetime(2026, 11, 29, 17, 0)
    guarded._clock = lambda: clock.timestamp()
    said = starts.parent / "said"

    def go_on() -> bool:
        nonlocal clock
        heard = said.read_text().split() if said.exists() else []
        if guarded.report.answer()[1].startswith('{"state": "ok"') and clock.hour == 17:
            clock = clock.replace(minute=45)
        if "0.4" in heard and clock.day == 29:
            clock = clock.replace(hour=19)
        if "dark" in guarded.report.answer()[1]:
            # Tomorrow evening.
            clock = datetime(2026, 11, 30, 17, 31)
        return clock.day == 30 and count(starts) == 2 and guarded.report.answer()[0]

    assert play(guarded, go_on) == 0
    assert said.read_text().split() == ["0.4", "0.0"]
    assert starts.read_text().splitlines() == ["well", "held"]
    # What was saved is the dark in which the show ended.
    told = (starts.parent / "arguments").read_text().splitlines()
    assert told == ["--set master.brightness=1", "--set master.brightness=0.4"]
    assert (starts.parent / "shown").exists()
    assert "starting it again" not in caplog.text


def test_a_stranger_on_this_machine_keeps_no_dead_show_alive(
    guard: Guard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded, _ = guard("stranger", again="well")
    guarded._plan = Plan(**{**vars(guarded._plan), "limits": Limits(1.0, 0.4, 0.8)})
    assert play(guarded, lambda: "starting it again" in caplog.text) == 0
    assert "no picture in the first 1 s" in caplog.text


def test_a_simple_show_keeps_where_the_pictures_go_and_nothing_else() -> None:
    options = ["--size", "1920x1080", "--plugin", "mine.py", "--display=1", "--windowed", "--set", "a.b=1", "--fps=30"]
    assert kept_options(options) == ["--size", "1920x1080", "--display=1", "--windowed", "--fps=30"]
    fields = {f"--{name.replace('_', '-')}" for name in vars(Options())} | {"--output", "--display"}
    assert {*KEPT, *KEPT_FLAGS} - {"--no-autosave"} <= fields


def test_a_still_picture_stands_where_a_window_filled_a_display() -> None:
    assert still_command([], "p.png")[-2:] == ["p.png", "0"]
    assert still_command(["--display", "1"], "p.png")[-2:] == ["p.png", "1"]
    assert still_command(["--output", "window", "--output=a.mp4"], "p.png")
    assert still_command(["--output=a.mp4"], "p.png") == []
    assert still_command(["--windowed"], "p.png") == []
