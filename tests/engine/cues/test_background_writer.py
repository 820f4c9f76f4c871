"""Writing beside the show: the newest counts, a fault is said once, nothing grows."""

import logging
import threading
import weakref

import pytest

from likeness.cues.background_writer import BackgroundWriter
from likeness.errors import CueError


def test_what_is_put_is_written_on_another_thread_and_before_the_end() -> None:
    writer, written = BackgroundWriter(), []
    writer.submit("a", lambda: written.append(threading.current_thread().name))
    writer.close()
    writer.close()
    assert written == ["background writer"]


def test_what_is_written_is_let_go_of_before_it_is_said_to_be() -> None:
    class Face:
        """What a job holds."""

    writer, face = BackgroundWriter(), Face()
    held = weakref.ref(face)
    writer.submit("a", lambda face=face: None)  # type: ignore[misc]
    del face
    assert writer.flush(20)
    assert held() is None
    writer.close()
    assert "background writer" not in [thread.name for thread in threading.enumerate()]


def test_on_a_slow_disk_only_the_newest_of_a_name_is_written() -> None:
    writer, gate, begun, written = BackgroundWriter(), threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        gate.wait(20)

    writer.submit("slow", slow)
    assert begun.wait(20)
    for number in range(100):
        writer.submit("a", lambda number=number: written.append(number))
    assert not writer.flush(0.01)
    gate.set()
    assert writer.flush(20)
    assert written == [99]


def test_a_full_disk_is_said_once_until_it_has_worked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    writer = BackgroundWriter()

    def full() -> None:
        raise CueError("no space is left")

    for write in (full, full, full, lambda: None, full):
        writer.submit("the show's state", write)
        assert writer.flush(20)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "the show's state is not saved: no space is left",
        "the show's state is saved again",
        "the show's state is not saved: no space is left",
    ]
    assert all(record.exc_info is None for record in caplog.records)


def test_an_unforeseen_fault_leaves_its_traceback_and_the_next_is_written(caplog: pytest.LogCaptureFixture) -> None:
    writer, written = BackgroundWriter(), []
    writer.submit("a", lambda: {}["x"])  # type: ignore[index]
    writer.submit("b", lambda: written.append("b"))
    writer.close()
    assert written == ["b"]
    assert "KeyError" in caplog.text
