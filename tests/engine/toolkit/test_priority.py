"""The threads that a picture waits for come first where the system allows it, and nothing that they start does."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from likeness.show.priority import draw_first
from likeness.toolkit import priority
from likeness.toolkit.priority import RAISED, USUAL, lower_thread, may_raise, raise_thread, raised_thread

allowed = pytest.mark.skipif(
    not hasattr(os, "SCHED_RESET_ON_FORK") or not may_raise(), reason="this user may raise no thread"
)


def on_thread(work: Callable[[], object]) -> object:
    """Return what `work` returns on a thread of its own, which nothing before has raised."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def of_child() -> int:
    said = subprocess.check_output([sys.executable, "-c", "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"])
    return int(said)


@allowed
def test_a_raised_thread_comes_first_and_what_it_starts_does_not() -> None:
    assert on_thread(lambda: (raise_thread(), niceness(), on_thread(niceness), of_child())) == (
        True,
        RAISED,
        USUAL,
        USUAL,
    )
    assert niceness() == USUAL


@allowed
def test_it_is_as_it_was_afterwards_and_the_next_one_may_be_raised_too() -> None:
    def twice() -> list[int]:
        seen = []
        for _ in range(2):
            with raised_thread():
                seen.append(niceness())
            seen.append(niceness())
        return seen

    assert on_thread(twice) == [RAISED, USUAL, RAISED, USUAL]


@allowed
def test_another_thread_can_lower_one_that_is_left_behind() -> None:
    raised, lowered = threading.Event(), threading.Event()

    def hang() -> int:
        raise_thread()
        raised.set()
        assert lowered.wait(20)
        return niceness()

    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(hang()))
    thread.start()
    assert raised.wait(20)
    assert thread.native_id is not None
    lower_thread(thread.native_id)
    lowered.set()
    thread.join()
    assert found == [USUAL]
    # One that has ended is no fault.
    lower_thread(thread.native_id)


@allowed
def test_the_threads_that_draw_with_the_render_thread_are_raised_with_it() -> None:
    before = torch.get_num_threads()

    def draw() -> list[int]:
        there = {*os.listdir("/proc/self/task")}
        draw_first()
        ours = {*os.listdir("/proc/self/task")} - there
        return [os.getpriority(os.PRIO_PROCESS, int(number)) for number in ours]

    torch.set_num_threads(3)
    try:
        assert on_thread(draw) == [RAISED, RAISED]
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "SCHED_RESET_ON_FORK"), reason="only Linux refuses it")
@pytest.mark.parametrize("refused", ["setpriority", "sched_setscheduler"])
def test_where_it_is_refused_nothing_is_raised_and_nothing_is_said(
    refused: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, refused, refuse)
    started: list[bool] = []
    assert on_thread(lambda: (raise_thread(lambda: started.append(True)), niceness())) == (False, USUAL)
    # Nothing was started that nobody could lower.
    assert started == []
    assert not caplog.messages


@pytest.mark.skipif(not hasattr(os, "nice"), reason="the system has no such number")
def test_one_that_was_started_with_nice_stays_so() -> None:
    program = "import os; from likeness.toolkit.priority import raise_thread; print(raise_thread(), os.nice(0))"
    said = subprocess.check_output([sys.executable, "-c", f"import os; os.nice(3); {program}"], text=True)
    assert said.split() == ["False", "3"]


def test_on_windows_a_thread_is_raised_and_lowered_by_its_number() -> None:
    calls: list[tuple[object, ...]] = []

    def function(name: str, answer: int) -> SimpleNamespace:
        class Function(SimpleNamespace):
            def __call__(self, *arguments: object) -> int:
                calls.append((name, *arguments))
                return answer

        return Function()

    answers = {"GetCurrentThread": -2, "SetThreadPriority": 1, "OpenThread": 40, "CloseHandle": 1}
    kernel = SimpleNamespace(**{name: function(name, answer) for name, answer in answers.items()})
    assert priority._raise_on_windows(kernel)
    priority._lower_on_windows(kernel, 1234)
    assert calls == [
        ("GetCurrentThread",),
        ("SetThreadPriority", -2, priority.ABOVE_NORMAL),
        ("OpenThread", priority.THREAD_SET_INFORMATION, 0, 1234),
        ("SetThreadPriority", 40, priority.NORMAL),
        ("CloseHandle", 40),
    ]
