"""The priority of the audience's processes: behind any show on the machine, whichever terminals they run in."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Of the server: a page is still drawn at once where a core is free, and a show on a full machine keeps nine tenths.
SERVER_NICENESS = 10
# Of workers and decoders: the least that there is.
LEAST_NICENESS = 19
AUTOGROUP = Path("/proc/self/autogroup")
# Linux takes such a number from those who are not root ten times a second, all processes together.
_AGAIN_S, _MOST_AGAIN = 0.15, 10


@contextmanager
def lower_server() -> Iterator[None]:
    """Let shows go before this process, and before those that it starts; its terminal is as it was afterwards."""
    _be_nice(0, SERVER_NICENESS)
    with _lower_group(SERVER_NICENESS):
        yield


def stands_back() -> bool:
    """Return whether this process stands back behind shows, as a server does."""
    return hasattr(os, "getpriority") and os.getpriority(os.PRIO_PROCESS, 0) >= SERVER_NICENESS


@contextmanager
def lower_worker() -> Iterator[None]:
    """Give this process no more than what all others leave. Call before it has threads; see `lower_server`."""
    with _lower_group(LEAST_NICENESS):
        lower_child(0)
        yield


def lower_child(pid: int) -> None:
    """Give a process that has just been started no more than what others in its session leave; 0 is this one.

    On Linux its reads and writes of the disk wait for others', too: SCHED_IDLE implies that.
    """
    _be_nice(pid, LEAST_NICENESS)
    if hasattr(os, "SCHED_IDLE"):
        # Whoever wakes takes the core from such a process at once, which being nice does not promise.
        with suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


def _be_nice(pid: int, niceness: int) -> None:
    # One that is nicer already stays so: nobody but root may take it back.
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, max(niceness, os.getpriority(os.PRIO_PROCESS, pid)))


@contextmanager
def _lower_group(niceness: int) -> Iterator[None]:
    """Lower the session of this process as a whole, where Linux shares its cores out by sessions, and raise it again.

    There a nice value counts among the programs of one terminal alone: a worker at 19 in one terminal gets as much of a
    core as a show in another [man 7 sched, "The autogroup feature"]. Without the second half a show that is started in
    the same terminal later would have a tenth of a core.
    """
    before = _read_group()
    _write_group(niceness)
    try:
        yield
    finally:
        if before is not None and _read_group() == niceness:
            _write_group(before)


def _read_group() -> int | None:
    """Return the niceness of this process's session; None where there are no such groups."""
    with suppress(OSError, ValueError, IndexError):
        return int(AUTOGROUP.read_text().split()[-1])
    return None


def _write_group(niceness: int) -> None:
    for _ in range(_MOST_AGAIN):
        try:
            AUTOGROUP.write_text(f"{niceness}\n")
        except OSError as error:
            if error.errno == errno.EAGAIN:
                time.sleep(_AGAIN_S)
                continue
        return
