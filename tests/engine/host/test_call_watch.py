"""Threads that were left behind: ended where they loop, and no burden to the others where they wait."""

import sys
import threading

from likeness.host.call_watch import LeftBehind, interrupt

SOON_S = 20.0


def begin(run: object) -> threading.Thread:
    thread = threading.Thread(target=run, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_a_thread_that_loops_ends() -> None:
    ended: list[BaseException] = []

    def loop() -> None:
        try:
            while True:
                pass
        except LeftBehind as error:
            ended.append(error)

    thread = begin(loop)
    assert thread.ident is not None
    interrupt(thread.ident)
    thread.join(SOON_S)
    assert len(ended) == 1


def test_a_thread_that_waits_ends_when_it_returns_and_profilers_work_meanwhile() -> None:
    # With the exception pending, Python 3.11 turned for ever in the first line of the next function.
    let_go, profiled, ended = threading.Lock(), threading.Event(), threading.Event()
    let_go.acquire()

    def wait() -> None:
        try:
            let_go.acquire()
            for _ in range(10**9):
                pass
        except LeftBehind:
            ended.set()

    def call() -> None:
        pass

    def profile() -> None:
        sys.setprofile(lambda *_: None)
        for _ in range(100):
            call()
        sys.setprofile(None)
        profiled.set()

    waiting = begin(wait)
    assert waiting.ident is not None
    interrupt(waiting.ident)
    begin(profile)
    assert profiled.wait(SOON_S)
    let_go.release()
    assert ended.wait(SOON_S)
