"""Signals end a show once, and a second one ends the program."""

import os
import signal

import pytest

from likeness.show.signals import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_stops_and_the_handlers_before_it_come_back(number: signal.Signals) -> None:
    # Whoever starts the tests with nohup ignores one of them.
    started = signal.signal(number, signal.default_int_handler)
    before, stopped = signal.default_int_handler, []
    with stop_on_signals(lambda: stopped.append(number)):
        assert signal.getsignal(number) is not before
        os.kill(os.getpid(), number)
        assert stopped == [number]
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before
    signal.signal(number, started)


def test_a_signal_that_the_program_was_started_to_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signals(lambda: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
