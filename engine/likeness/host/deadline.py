"""Calls of a plugin's slow code with a deadline, on a thread that is left behind where it hangs."""

import threading
from collections.abc import Callable
from typing import TypeVar

from likeness.errors import PluginError

Result = TypeVar("Result")


def call_with_deadline(call: Callable[[], Result], seconds: float, hint: str) -> Result:
    """Return what `call` returns, called on a thread of its own.

    The thread also keeps the two kinds of `KeyboardInterrupt` apart: one from the keyboard comes to the main thread,
    which waits here; one that the plugin raises comes out of `call`.

    Args:
        call: a plugin's import, `start` or `stop`.
        seconds: how long it may take; then its thread is left behind.
        hint: where to look if it takes longer, for the message.

    Raises:
        PluginError: where it takes longer, or raises a `KeyboardInterrupt`.
        BaseException: whatever else `call` raises.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, name="plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        if isinstance(failures[0], KeyboardInterrupt):
            raise PluginError("it raised KeyboardInterrupt") from failures[0]
        raise failures[0]
    if not results:
        raise PluginError(f"it was not ready in {seconds:.0f} s; look at {hint}")
    return results[0]
