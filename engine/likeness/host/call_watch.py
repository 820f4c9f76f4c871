"""Call watch: which plugin the render thread is in, so that one that never returns can be left behind."""

import ctypes
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field

from likeness.host.slot import Slot


class LeftBehind(BaseException):
    """Ends a render thread that was left behind in a plugin. No `Exception`, so that few plugins swallow it."""


@dataclass(frozen=True, eq=False)
class HookCall:
    """A plugin's hook that is running: since when, on which thread."""

    slot: Slot
    hook: str
    began: float = field(default_factory=time.perf_counter)
    thread: int = field(default_factory=threading.get_ident)

    def find_thread(self) -> threading.Thread | None:
        """Return its thread, None where that has ended."""
        return next((each for each in threading.enumerate() if each.ident == self.thread), None)

    def stack(self) -> str:
        """Return where the thread is, from the plugin's first line on."""
        frame = sys._current_frames().get(self.thread)
        lines = traceback.extract_stack(frame) if frame else []
        ours = [index for index, line in enumerate(lines) if line.filename == line_of_call()]
        return "".join(traceback.format_list(lines[ours[-1] + 1 :] if ours else lines[-8:]))


class CallWatch:
    """Marks the hook that runs. The render thread begins and ends calls; the show's thread leaves a hung one behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call: HookCall | None = None

    def begin(self, slot: Slot, hook: str) -> HookCall:
        """Mark that `hook` begins. The render thread."""
        call = HookCall(slot, hook)
        with self._lock:
            self._call = call
        return call

    def end(self, call: HookCall) -> None:
        """Mark that the hook has returned. The render thread.

        Raises:
            LeftBehind: another thread draws by now, so this one must touch nothing more.
        """
        with self._lock:
            if self._call is not call:
                raise LeftBehind
            self._call = None

    def leave(self, seconds: float) -> HookCall | None:
        """Leave a call behind that has run for more than `seconds`; return it. The show's thread."""
        with self._lock:
            call = self._call
            if call is None or time.perf_counter() - call.began < seconds:
                return None
            self._call = None
        return call


def line_of_call() -> str:
    """Return the file from which hooks are called, as a stack names it."""
    return str(sys.modules["likeness.host.host"].__file__)


def interrupt(thread: int) -> None:
    """Raise `LeftBehind` in a thread at its next line of Python: a loop there would take half of all time.

    One that waits in C, for a lock or the network, goes on waiting and ends when it returns.
    """
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    raise_in(ctypes.c_ulong(thread), ctypes.py_object(LeftBehind))
    # Until some thread has taken such an exception, Python 3.11 and 3.12 keep a flag up for all of them; with it a
    # thread that has a profiler never gets past the first line of a function. So one is taken here; the other thread
    # finds its own without the flag, when it gives Python's lock to somebody else.
    try:
        raise_in(ctypes.c_ulong(threading.get_ident()), ctypes.py_object(_Taken))
        for _ in range(1000):
            pass
    except _Taken:
        pass


class _Taken(BaseException):
    """Raised and caught by `interrupt`."""
