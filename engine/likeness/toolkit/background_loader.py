"""Background loading: slow work that a changed setting asks for, done off the render thread."""

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from likeness.errors import LikenessError
from likeness.errors.fault_log import say_error

Request = TypeVar("Request")
Result = TypeVar("Result")

# Between the request and the frame that takes the result, in the show's time: the frame does not depend on how fast
# the disk was, and the same render changes at the same place. A tenth reads as "at once" on a fader.
SETTLE_S = 0.1
# A dead network drive holds the render thread no longer than this, once; meanwhile the last picture is shown.
LONGEST_WAIT_S = 2.0
# A render waits for each result, and a compiler takes a minute; longer than this nothing takes that comes at all.
RENDER_WAIT_S = 600.0


class BackgroundLoader(Generic[Request, Result]):
    """Makes a result from the newest request; the render thread alone calls it.

    Args:
        make: called on a thread of its own. What it raises becomes one line in `log`, and the old result goes on.
        log: of the plugin that asks.
        longest_wait_s: how long the frame in which a result is due waits for it; 0 for work that takes seconds, whose
            result comes when it comes.
        offline: as the stage has it. A render waits for each result as long as it takes, so that it is the same the
            next time, and `poll` raises what `make` has raised.
    """

    def __init__(
        self,
        make: Callable[[Request], Result],
        log: logging.Logger,
        longest_wait_s: float = LONGEST_WAIT_S,
        *,
        offline: bool = False,
    ) -> None:
        self._make, self._log, self._offline = make, log, offline
        self._longest_wait_s = RENDER_WAIT_S if offline else longest_wait_s
        self._due = 0.0
        self._request: Request | None = None
        self._pending: SimpleQueue[Result | Exception] | None = None
        self._patience_s = self._longest_wait_s

    def poll(self, request: Request, time: float) -> Result | None:
        """Return the result of a new `request` once; None in all other frames.

        The result of the first request comes at once: the show's first picture waits for it.

        Args:
            request: what is wanted in this frame.
            time: the frame's, in seconds.

        Raises:
            LikenessError: offline, once, where the result could not be made.
        """
        if request != self._request:
            self._due = time if self._request is None else time + SETTLE_S
            self._request, self._patience_s = request, self._longest_wait_s
            self._pending = SimpleQueue()
            threading.Thread(
                target=self._run, args=(request, self._pending), name="background loader", daemon=True
            ).start()
        if self._pending is None or time < self._due:
            return None
        try:
            result = self._pending.get(timeout=self._patience_s)
        except Empty:
            if self._offline:
                self._pending = None
                raise LikenessError(f"{request!r:.200} was not there after {RENDER_WAIT_S:g} s") from None
            # Waited for once; from now on it is only looked for.
            self._patience_s = min(self._longest_wait_s, 0.001)
            return None
        self._pending = None
        if isinstance(result, Exception):
            if self._offline:
                raise result
            self._log.error("%s; what was there before goes on", result)
            return None
        return result

    def _run(self, request: Request, box: "SimpleQueue[Result | Exception]") -> None:
        try:
            box.put(self._make(request))
        except LikenessError as error:
            box.put(error)
        except Exception as error:  # noqa: BLE001 - a file or a generator may raise anything, and the show goes on
            self._log.debug("background loading failed", exc_info=error)
            box.put(LikenessError(f"{request!r} could not be made: {say_error(error, repr)}"))
