"""Priority of threads and processes: those that a picture waits for come first, and what works beside them comes last.

On Linux niceness belongs to a thread, counts among the threads of one session where sessions share the cores out
(`AUTOGROUP`), and is inherited by threads and processes that are started later, unless the system is told otherwise
[man 7 sched].
"""

import ctypes
import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# Nine times the share of other programs; below what a desktop gives its sound server, and no real time: what is as
# usual gets the rest.
RAISED, USUAL, LEAST = -10, 0, 19
# On Windows: above what other programs have, below what answers the mouse.
ABOVE_NORMAL, NORMAL = 1, 0
THREAD_SET_INFORMATION = 0x0020
# The niceness of the session of this process, where Linux shares the cores out by sessions.
AUTOGROUP = Path("/proc/self/autogroup")
# Linux takes such a number from those who are not root ten times a second, all processes together.
_AGAIN_S, _MOST_AGAIN = 0.15, 10


@contextmanager
def raised_thread() -> Iterator[bool]:
    """Let the calling thread have the cores first while within; give whether the system allows it: `raise_thread`."""
    raised = raise_thread()
    try:
        yield raised
    finally:
        if raised:
            lower_thread(threading.get_native_id())


def raise_thread(start_others: Callable[[], object] = lambda: None) -> bool:
    """Let the calling thread have the cores before other programs; return whether the system allows it.

    Threads and processes that it starts later are as usual again; on macOS nothing is raised. One that was started with
    `nice` keeps what it was given.

    Args:
        start_others: starts threads that are raised as well, since this one will wait for what they do.
    """
    if sys.platform == "win32":
        return _raise_on_windows(ctypes.windll.kernel32)
    # It is forgotten by what is started later on Linux alone.
    if not hasattr(os, "SCHED_RESET_ON_FORK"):
        return False
    try:
        policy = os.sched_getscheduler(0)
        if os.getpriority(os.PRIO_PROCESS, 0) != USUAL or policy & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER:
            return False
        # It changes nothing: in a sandbox that refuses it, all that is started later would come first, too.
        os.sched_setscheduler(0, policy, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, 0, RAISED)
    # Whoever is not root needs to be allowed to, as by /etc/security/limits.d.
    except OSError:
        return False
    start_others()
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    return True


def lower_thread(number: int) -> None:
    """Take back what `raise_thread` gave a thread of this process, by its native number; any thread, any time."""
    if sys.platform == "win32":
        _lower_on_windows(ctypes.windll.kernel32, number)
    elif hasattr(os, "SCHED_RESET_ON_FORK"):
        # It may have ended.
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, number) < USUAL:
                os.setpriority(os.PRIO_PROCESS, number, USUAL)


def may_raise() -> bool:
    """Return whether the system allows `raise_thread`, tried on a thread that then ends."""
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(raise_thread()), name="priority")
    thread.start()
    thread.join()
    return found[0]


def _raise_on_windows(kernel: Any) -> bool:
    """Raise the calling thread by the functions of kernel32.dll; those that it starts are as usual by themselves."""
    kernel.GetCurrentThread.restype = ctypes.c_void_p
    kernel.SetThreadPriority.argtypes = (ctypes.c_void_p, ctypes.c_int)
    return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), ABOVE_NORMAL))


def _lower_on_windows(kernel: Any, number: int) -> None:
    kernel.OpenThread.restype = ctypes.c_void_p
    kernel.SetThreadPriority.argtypes = (ctypes.c_void_p, ctypes.c_int)
    kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
    handle = kernel.OpenThread(THREAD_SET_INFORMATION, 0, number)
    # 0 where the thread has ended.
    if handle:
        kernel.SetThreadPriority(handle, NORMAL)
        kernel.CloseHandle(handle)


def be_nice(pid: int, niceness: int) -> None:
    """Let others go before a process; 0 is this one. One that is nicer already stays so.

    Nobody but root may take it back. It does nothing on Windows.
    """
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, max(niceness, os.getpriority(os.PRIO_PROCESS, pid)))


def be_idle(pid: int) -> None:
    """Give a process only what all others in its session leave, on Linux; 0 is the calling thread.

    Whoever wakes takes the core from such a process at once, which being nice does not promise, and its reads and
    writes of the disk wait for others', too.
    """
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


@contextmanager
def lower_session(niceness: int) -> Iterator[None]:
    """Lower the session of this process as a whole, where Linux shares its cores out by sessions, and raise it again.

    There a nice value counts among the programs of one terminal alone: a worker at 19 in one terminal gets as much of a
    core as a show in another [man 7 sched, "The autogroup feature"]. Without the second half a show that is started in
    the same terminal later would have a tenth of a core.
    """
    before = read_session()
    _write_session(niceness)
    try:
        yield
    finally:
        if before is not None and read_session() == niceness:
            _write_session(before)


def read_session() -> int | None:
    """Return the niceness of this process's session; None where the cores are not shared out by sessions."""
    with suppress(OSError, ValueError, IndexError):
        return int(AUTOGROUP.read_text().split()[-1])
    return None


def _write_session(niceness: int) -> None:
    for _ in range(_MOST_AGAIN):
        try:
            AUTOGROUP.write_text(f"{niceness}\n")
        except OSError as error:
            if error.errno == errno.EAGAIN:
                time.sleep(_AGAIN_S)
                continue
        return
