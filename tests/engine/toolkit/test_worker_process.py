"""A real worker process: messages go over and back, late replies are known, and it ends when it should."""

import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from likeness.toolkit.worker_process import (
    NICENESS,
    WorkerProcess,
    ignore_interrupts,
    lower_priority,
)

DEADLINE_S = 60.0


def echo(pipe: Connection, first: str) -> None:
    ignore_interrupts()
    pipe.send(first)
    while True:
        pipe.send(pipe.recv())


def stay(pipe: Connection) -> None:
    """Hear nothing, and end at nobody's asking."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pipe.send("staying")
    while True:
        signal.pause()


def tell_priority(pipe: Connection) -> None:
    before = os.nice(0)
    lower_priority()
    pipe.send(os.nice(0) - before)


def receive(worker: WorkerProcess) -> Any:
    assert worker.pipe.poll(DEADLINE_S)
    return worker.pipe.recv()


@pytest.fixture
def echoing() -> Iterator[WorkerProcess]:
    worker = WorkerProcess("echo", echo, "hello")
    assert receive(worker) == "hello"
    yield worker
    worker.close()


def test_what_is_said_comes_over_and_back(echoing: WorkerProcess) -> None:
    assert echoing.pid != os.getpid()
    assert echoing.send({"latent": 7})
    assert receive(echoing) == {"latent": 7}
    assert echoing.alive


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_ctrl_c_is_for_the_show(echoing: WorkerProcess) -> None:
    os.kill(echoing.pid, signal.SIGINT)
    echoing.send("still there?")
    assert receive(echoing) == "still there?"


def test_the_death_of_one_is_receive(echoing: WorkerProcess) -> None:
    os.kill(echoing.pid, signal.SIGTERM)
    assert echoing.pipe.poll(DEADLINE_S)
    with pytest.raises((EOFError, OSError)):
        echoing.pipe.recv()
    assert not echoing.send("anybody?")
    echoing.close()
    assert not echoing.alive


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_one_that_does_not_end_when_it_is_asked_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.toolkit.worker_process.CLOSE_TIMEOUT_S", 0.05)
    worker = WorkerProcess("stay", stay)
    assert receive(worker) == "staying"
    worker.close()
    assert not worker.alive


@pytest.mark.skipif(not hasattr(os, "nice"), reason="no priorities of this kind")
def test_it_stands_back_behind_the_show() -> None:
    worker = WorkerProcess("priority", tell_priority)
    assert receive(worker) == min(NICENESS, 19 - os.nice(0))
    worker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that somebody is in")
def test_it_starts_where_the_working_folder_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    worker = WorkerProcess("echo", echo, "hello")
    try:
        assert receive(worker) == "hello"
    finally:
        worker.close()
