"""A daemon thread with an owner: started once, asked to stop, joined with a deadline."""

import threading
from collections.abc import Callable


class StoppableThread:
    """Runs `run` on a daemon thread from `start` to `close`.

    Inputs, watchers and announcements live on one each. `run` looks at `stopping` (or waits on it in place of a sleep)
    and returns soon after it is set. What `run` leaves open it closes itself: nothing here touches it.

    `start` and `close` belong to the owner's thread; `stopping` may be read by any.

    Args:
        name: of the thread, as debuggers and stack dumps show it.
        run: called on the thread, without arguments.

    Attributes:
        stopping: set by `close`.
    """

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        self._name, self._run = name, run
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; does nothing while it runs."""
        if self.alive:
            return
        self.stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self, timeout_s: float | None = None) -> bool:
        """Ask the thread to stop and wait for it. Safe to call twice, and before `start`.

        Args:
            timeout_s: how long to wait at most; None waits as long as it takes.

        Returns:
            Whether it ended in time. One that did not is left behind: it is a daemon and keeps nothing from ending.
        """
        self.stopping.set()
        thread, self._thread = self._thread, None
        # Asked to stop from within, by a callback of its own: it cannot wait for itself.
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout_s)
        return not thread.is_alive()
