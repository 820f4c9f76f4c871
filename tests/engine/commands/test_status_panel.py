"""The status panel: in a fixed place, by a thread of its own, with the log above it."""

import io
import logging
import threading
import time
from typing import Any

from rich.console import Console

from likeness.commands.status_panel import StatusPanel, build_panel, format_line

DEADLINE_S = 20.0
log = logging.getLogger("likeness.test")

NUMBERS: dict[str, Any] = {
    "fps": 59.9,
    "wanted_fps": 60.0,
    "governed_fps": 60.0,
    "frames": 1234,
    "seconds": 20.5,
    "repeats": 3,
    "latency_ms": 7.3,
    "frame_ms": {"p50": 7.1, "p99": 9.2, "worst": 31.0},
    "synthesis_ms": {"p50": 5.0, "p99": 6.0, "worst": 9.0},
    "outputs": [{"name": "live.mp4", "dropped": 5, "repeated": 6}],
    "closed_outputs": ["full.mp4"],
    "plugins": [{"name": "random_walk", "cost_ms": 0.42, "strikes": 0, "bypassed": True}],
    "inputs": {"OSC": {"port": 9000, "received": 77}},
    "tempo": {"bpm": 128.0, "beat": 9.5, "bar": 2.375, "beats_per_bar": 4, "leader": ""},
    "master": {"blackout": True, "freeze": False, "brightness": 1.0, "level": 0.25, "fade": 0.5},
}


def terminal(text: io.StringIO, is_one: bool = True) -> Console:
    return Console(file=text, force_terminal=is_one, width=100, height=40)


def test_every_number_is_on_the_panel() -> None:
    text = io.StringIO()
    terminal(text, False).print(build_panel(NUMBERS))
    for word in (
        "59.9 of 60",
        "7.1 ms median",
        "7.3 ms from",
        "31.0 worst",
        "3 of 1234",
        "128.0 BPM",
        "bar 3",
        "beat 2",
        "BLACKOUT",
    ):
        assert word in text.getvalue()
    for word in ("live.mp4: 5 dropped, 6 repeated", "full.mp4: closed", "received 77", "0.42", "bypassed", "25%"):
        assert word in text.getvalue()


def test_a_disk_that_is_nearly_full_and_a_file_that_is_gone_are_on_the_panel() -> None:
    recording = {"name": "film", "dropped": 0, "repeated": 0}
    full = {**recording, "file": "film.mp4", "disk_full_in_minutes": 7.4}
    gone, plenty = {**full, "file": None}, {**full, "disk_full_in_minutes": 700.0}
    said = []
    for output in (full, gone, plenty):
        text = io.StringIO()
        terminal(text, False).print(build_panel({**NUMBERS, "outputs": [output]}))
        said.append(("the disk is full in 7 min" in text.getvalue(), "the file is gone" in text.getvalue()))
    assert said == [(True, False), (False, True), (False, False)]


def test_a_receiver_that_is_gone_is_on_the_panel() -> None:
    output = {"name": "rtmp://host", "dropped": 0, "repeated": 0, "sent": 9}
    said = []
    for trouble in ("Connection refused", None):
        text = io.StringIO()
        terminal(text, False).print(build_panel({**NUMBERS, "outputs": [{**output, "trouble": trouble}]}))
        said.append("reaches nobody: Connection refused" in text.getvalue())
    assert said == [True, False]


def test_the_panel_stays_as_tall_while_its_numbers_change() -> None:
    heights = set()
    for fps, level in ((3.0, 0.0), (59.9, 1.0)):
        text = io.StringIO()
        terminal(text, False).print(
            build_panel({**NUMBERS, "fps": fps, "master": {**NUMBERS["master"], "level": level}})
        )
        heights.add(text.getvalue().count("\n"))
    assert len(heights) == 1


def test_numbers_are_asked_for_on_a_thread_of_its_own_and_the_log_comes_through() -> None:
    threads: list[str] = []
    text = io.StringIO()

    def numbers() -> dict[str, Any]:
        threads.append(threading.current_thread().name)
        return NUMBERS

    before = list(logging.getLogger().handlers)
    with StatusPanel(numbers, terminal(text)):
        log.error("a disk is full")
        deadline = time.monotonic() + DEADLINE_S
        while len(threads) < 3:
            assert time.monotonic() < deadline
            threading.Event().wait(0.01)
    assert set(threads) == {"status"}
    assert text.getvalue().count("a disk is full") == 1
    # It moves up over its own lines before it draws them again: a fixed place.
    assert "\x1b[1A" in text.getvalue()
    assert logging.getLogger().handlers == before


def test_what_is_logged_at_the_very_end_is_not_lost() -> None:
    text = io.StringIO()
    with StatusPanel(lambda: NUMBERS, terminal(text, False)):
        log.error("last words")
    assert "last words" in text.getvalue()


def test_one_line_says_the_most_important() -> None:
    said = format_line(NUMBERS)
    assert said == "59.9 fps, frame 7.1 ms (99 %: 9.2, worst 31.0), 3 repeats, 5 drops, 128.0 BPM, BLACKOUT"
