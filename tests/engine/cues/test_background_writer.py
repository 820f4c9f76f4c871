"""Writing beside the show: the newest counts, a fault is said once, nothing grows."""

import logging
import threading
import weakref

import pytest

from likeness.cues.background_writer import BackgroundWriter
from likeness.errors import CueError


def test_what_is_put_is_written_on_another_thread_and_before_the_end() -> None:
    scribe, written = BackgroundWriter(), []
    scribe.submit("a", lambda: written.append(threading.current_thread().name))
    scribe.close()
    scribe.close()
    assert written == ["scribe"]


def test_what_is_written_is_let_go_of_before_it_is_said_to_be() -> None:
    class Face:
        """What a job holds."""

    scribe, face = BackgroundWriter(), Face()
    held = weakref.ref(face)
    scribe.submit("a", lambda face=face: None)  # type: ignore[misc]
    del face
    assert scribe.flush(20)
    assert held() is None
    scribe.close()
    assert "scribe" not in [thread.name for thread in threading.enumerate()]


def test_on_a_slow_disk_only_the_newest_of_a_name_is_written() -> None:
    scribe, gate, begun, written = BackgroundWriter(), threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        gate.wait(20)

    scribe.submit("slow", slow)
    assert begun.wait(20)
    for number in range(100):
        scribe.submit("a", lambda number=number: written.append(number))
    assert not scribe.flush(0.01)
    gate.set()
    assert scribe.flush(20)
    assert written == [99]


def test_a_full_disk_is_said_once_until_it_has_worked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    scribe = BackgroundWriter()

    def full() -> None:
        raise CueError("no space is left")

    for write in (full, full, full, lambda: None, full):
        scribe.submit("the show's state", write)
        assert scribe.flush(20)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "the show's state is not saved: no space is left",
        "the show's state is saved again",
        "the show's state is not saved: no space is left",
    ]
    assert all(record.exc_info is None for record in caplog.records)


def test_an_unforeseen_fault_leaves_its_traceback_and_the_next_is_written(caplog: pytest.LogCaptureFixture) -> None:
    scribe, written = BackgroundWriter(), []
    scribe.submit("a", lambda: {}["x"])  # type: ignore[index]
    scribe.submit("b", lambda: written.append("b"))
    scribe.close()
    assert written == ["b"]
    assert "KeyError" in caplog.text
