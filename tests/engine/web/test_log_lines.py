"""The log's newest lines in memory: of the program and its plugins, as texts, from every thread."""

import gc
import logging
import threading
import weakref
from collections.abc import Iterator

import pytest

from likeness.web.log_lines import LONGEST, MOST_LINES, LogLines

log = logging.getLogger("likeness.test_log_lines")


@pytest.fixture
def lines() -> Iterator[LogLines]:
    logging.getLogger("likeness").setLevel(logging.INFO)
    heard = LogLines()
    heard.open()
    yield heard
    heard.close()


def test_lines_of_the_program_and_its_plugins_are_kept_with_their_level_and_others_are_not(lines: LogLines) -> None:
    log.debug("too fine")
    log.info("MIDI: %s is unbound", "walk.speed")
    logging.getLogger("likeness_plugin_mine").warning("slow")
    logging.getLogger("PIL").error("of no interest")
    log.critical("out of memory")
    told, count = lines.read()
    assert [line[1:] for line in told] == [
        ("info", "MIDI: walk.speed is unbound"),
        ("warning", "slow"),
        ("error", "out of memory"),
    ]
    assert count == 3
    assert all(line[0] > 1.6e9 for line in told)


def test_the_newest_are_kept_and_counted_from_the_start(lines: LogLines) -> None:
    for number in range(MOST_LINES + 50):
        log.info("line %d", number)
    told, count = lines.read()
    assert (len(told), count) == (MOST_LINES, MOST_LINES + 50)
    assert (told[0][2], told[-1][2]) == ("line 50", f"line {MOST_LINES + 49}")


def test_a_line_that_cannot_be_formatted_or_is_endless_is_kept_as_far_as_it_goes(
    lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    lines.handle(logging.LogRecord("likeness_plugin_x", logging.INFO, "", 1, "%d apples", ("no",), None))
    log.info("x" * 10 * LONGEST)
    told, _ = lines.read()
    assert [len(text) for _, _, text in told] == [len("%d apples"), LONGEST]


def test_an_error_that_was_logged_is_not_kept_alive(lines: LogLines) -> None:
    class HeldError(RuntimeError):
        pass

    def fail() -> weakref.ref[HeldError]:
        error = HeldError("once")
        lines.handle(logging.LogRecord("likeness", logging.ERROR, "", 1, "it failed: %s", (error,), None))
        return weakref.ref(error)

    gone = fail()
    gc.collect()
    assert gone() is None
    assert lines.read()[0][-1][2] == "it failed: once"


def test_no_line_of_many_threads_is_lost(lines: LogLines) -> None:
    threads = [threading.Thread(target=lambda: [log.info("x") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in threads):
        told, count = lines.read()
        assert len(told) == min(count, MOST_LINES)
        assert count >= seen
        seen = count
    assert lines.read()[1] == 800


def test_after_it_was_closed_nothing_is_heard() -> None:
    lines = LogLines()
    lines.open()
    lines.open()
    lines.close()
    lines.close()
    log.error("too late")
    assert lines.read() == ([], 0)
