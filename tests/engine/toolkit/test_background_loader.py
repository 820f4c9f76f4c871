"""Slow work beside the render thread: taken at the show's time, not at the disk's."""

import logging
import threading
import time

import pytest

from likeness.errors import LikenessError, WeightsError
from likeness.toolkit.background_loader import SETTLE_S, BackgroundLoader

log = logging.getLogger("likeness.test")


def test_the_first_order_is_there_at_once_and_once() -> None:
    loader = BackgroundLoader(str.upper, log)
    assert loader.poll("a", 0.0) == "A"
    assert loader.poll("a", 0.1) is None


def test_a_new_order_is_taken_at_its_moment_however_soon_it_was_ready() -> None:
    made = threading.Event()

    def make(order: str) -> str:
        made.set()
        return order.upper()

    loader = BackgroundLoader(make, log)
    loader.poll("a", 0.0)
    made.clear()
    assert loader.poll("b", 1.0) is None
    assert made.wait(10)
    assert loader.poll("b", 1.0 + SETTLE_S / 2) is None
    assert loader.poll("b", 1.0 + SETTLE_S) == "B"


def test_only_the_newest_order_counts() -> None:
    loader = BackgroundLoader(str.upper, log)
    loader.poll("a", 0.0)
    for index, order in enumerate(("b", "bc", "bcd")):
        assert loader.poll(order, 1.0 + index / 60) is None
    taken = [loader.poll("bcd", 1.0 + index / 60) for index in range(3, 30)]
    assert [result for result in taken if result] == ["BCD"]


def test_it_works_on_a_thread_of_its_own() -> None:
    assert BackgroundLoader(lambda order: threading.get_ident(), log).poll("a", 0.0) != threading.get_ident()


def test_one_that_hangs_is_waited_for_once_and_then_only_looked_for() -> None:
    gate = threading.Event()

    def make(order: str) -> str:
        gate.wait(10)
        return order.upper()

    loader = BackgroundLoader(make, log, 0.02)
    assert loader.poll("a", 0.0) is None
    assert loader.poll("a", 1.0) is None
    gate.set()
    taken = next(result for result in (loader.poll("a", 2.0) for _ in range(10_000)) if result)
    assert taken == "A"


@pytest.mark.parametrize(
    ("error", "said"), [(WeightsError("no file x; look again"), "no file x"), (ZeroDivisionError("0"), "'a'")]
)
def test_what_goes_wrong_is_one_line_and_the_old_result_goes_on(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    def make(order: str) -> str:
        raise error

    loader = BackgroundLoader(make, log)
    assert loader.poll("a", 0.0) is None
    assert loader.poll("a", 1.0) is None
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert said in lines[0].getMessage()


@pytest.mark.parametrize(
    ("error", "said"), [(WeightsError("no file x; look again"), "no file x"), (ZeroDivisionError("0"), "'a'")]
)
def test_a_render_waits_for_a_result_however_long_and_raises_what_went_wrong_once(error: Exception, said: str) -> None:
    def make(order: str) -> str:
        if order == "slow":
            time.sleep(0.05)
            return "made"
        raise error

    assert BackgroundLoader(make, log, 0.0, offline=True).poll("slow", 0.0) == "made"
    loader = BackgroundLoader(make, log, 0.0, offline=True)
    with pytest.raises(LikenessError, match=said):
        loader.poll("a", 0.0)
    assert loader.poll("a", 0.1) is None
