"""Clean ends of a show: SIGINT, SIGTERM and SIGHUP of a terminal that is closed; parts that close one by one."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

# Windows has no SIGHUP.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on the first of these signals; a second one ends the program as it always would.

    One that the program was started to ignore, as `nohup` does with SIGHUP, stays ignored.

    Off the main thread, where Python allows no handlers, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, frame: object) -> None:
        restore()
        stop()

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, on_signal)
    try:
        yield
    finally:
        restore()


def close_cleanly(close: Callable[[], object]) -> None:
    """Call `close`; what it raises is logged."""
    try:
        close()
    # A plugin or a driver may raise anything while it closes, and the rest must still be closed.
    except Exception as error:  # noqa: BLE001
        log.error("did not close cleanly: %s", error)
