"""Calls of a plugin's slow code with a deadline, on a thread that is left behind where it hangs."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from likeness.errors import PluginError
from likeness.host.call_watch import interrupt
from likeness.host.process_state import ProcessState, Visit

Result = TypeVar("Result")

# How often a wait checks whether it is given up.
POLL_S = 0.2


def call_with_deadline(
    call: Callable[[], Result],
    seconds: float,
    hint: str,
    state: ProcessState | None,
    owner: str,
    given_up: Callable[[], bool] = lambda: False,
) -> Result:
    """Return what `call` returns, called on a thread of its own; what it changes of the process is put back.

    The thread also keeps the two kinds of `KeyboardInterrupt` apart: one from the keyboard comes to the main thread,
    which waits here; one that the plugin raises comes out of `call`.

    Args:
        call: a plugin's import, `start` or `stop`.
        seconds: how long it may take; then its thread is left behind.
        hint: where to look if it takes longer, for the message; what is called.
        state: of the process; None puts nothing back, for a call that changes it for the show's sake.
        owner: the plugin's name.
        given_up: returns whether nobody wants the result any more; asked a few times a second.

    Raises:
        PluginError: where it takes longer, is given up, or raises a `KeyboardInterrupt`.
        BaseException: whatever else `call` raises.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        own = Visit()
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            failures.append(error)
        finally:
            if state is not None:
                state.restore_thread(own, owner, hint)

    visit = None if state is None else state.enter(whole=True)
    thread = threading.Thread(target=run, name="plugin", daemon=True)
    thread.start()
    deadline = time.monotonic() + seconds
    try:
        while thread.is_alive() and not given_up() and (left := deadline - time.monotonic()) > 0:
            thread.join(min(left, POLL_S))
    finally:
        # Also where the thread is left behind.
        if state is not None and visit is not None:
            state.restore_process(visit, owner, hint)
            state.restore_slow(owner, hint)
            state.leave(visit)
        if thread.is_alive() and thread.ident is not None:
            interrupt(thread.ident)
    if failures:
        if isinstance(failures[0], KeyboardInterrupt):
            raise PluginError("it raised KeyboardInterrupt") from failures[0]
        raise failures[0]
    # Also where it was ready in that moment: nobody wants it any more.
    if given_up():
        raise PluginError(f"it was given up in {hint}")
    if not results:
        raise PluginError(f"it was not ready in {seconds:.0f} s; look at {hint}")
    return results[0]
