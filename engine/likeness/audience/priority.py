"""The priority of the audience's processes: behind any show on the machine, whichever terminals they run in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from likeness.toolkit.priority import LEAST, be_idle, be_nice, lower_session

# Of the server: a page is still drawn at once where a core is free, and a show on a full machine keeps nine tenths.
SERVER_NICENESS = 10


@contextmanager
def lower_server() -> Iterator[None]:
    """Let shows go before this process, and before those that it starts; its terminal is as it was afterwards."""
    be_nice(0, SERVER_NICENESS)
    with lower_session(SERVER_NICENESS):
        yield


def stands_back() -> bool:
    """Return whether this process stands back behind shows, as a server does."""
    return hasattr(os, "getpriority") and os.getpriority(os.PRIO_PROCESS, 0) >= SERVER_NICENESS


@contextmanager
def lower_worker() -> Iterator[None]:
    """Give this process no more than what all others leave. Call before it has threads; see `lower_server`."""
    with lower_session(LEAST):
        lower_child(0)
        yield


def lower_child(pid: int) -> None:
    """Give a process that has just been started no more than what others in its session leave; 0 is this one."""
    be_nice(pid, LEAST)
    be_idle(pid)
