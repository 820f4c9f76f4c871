"""A thread ends when its owner closes it, and an owner that hangs keeps nobody."""

import threading

from likeness.stoppable_thread import StoppableThread

DEADLINE_S = 10.0


class Waiter:
    """Counts how often it runs, each time until it is asked to stop."""

    def __init__(self) -> None:
        self.thread = StoppableThread("waiter", self._run)
        self.runs = threading.Semaphore(0)

    def _run(self) -> None:
        self.runs.release()
        self.thread.stopping.wait(DEADLINE_S)


def test_it_runs_from_start_to_close_and_again() -> None:
    waiter = Waiter()
    for _ in range(2):
        waiter.thread.start()
        assert waiter.runs.acquire(timeout=DEADLINE_S)
        assert waiter.thread.alive
        assert waiter.thread.close(DEADLINE_S)
        assert not waiter.thread.alive


def test_a_second_start_while_it_runs_starts_nothing() -> None:
    waiter = Waiter()
    waiter.thread.start()
    waiter.thread.start()
    assert waiter.thread.close(DEADLINE_S)
    assert waiter.runs.acquire(blocking=False)
    assert not waiter.runs.acquire(blocking=False)


def test_close_says_that_a_thread_which_hangs_did_not_end() -> None:
    let_go = threading.Event()

    def hang() -> None:
        let_go.wait(DEADLINE_S)

    thread = StoppableThread("hung", hang)
    thread.start()
    assert not thread.close(0.01)
    assert thread.close()
    let_go.set()


def test_close_before_start_and_from_the_thread_itself_do_not_wait() -> None:
    closed = threading.Event()

    def close_itself() -> None:
        assert thread.close()
        closed.set()

    thread = StoppableThread("itself", close_itself)
    assert thread.close()
    thread.start()
    assert closed.wait(DEADLINE_S)
