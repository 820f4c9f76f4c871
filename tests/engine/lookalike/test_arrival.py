"""Who stays is greeted, once, by the best that was seen of them."""

import numpy as np

from likeness.lookalike.arrival import GLANCE_S, GONE_S, PATIENCE_S, Greeting, Sighting

FACE, WHO = np.zeros((4, 4, 3), np.uint8), np.zeros(128, np.float32)


def seen(at: float, doubts: tuple[str, ...] = (), sharpness: float = 1.0, who: bool = True) -> Sighting:
    if not who:
        return Sighting(round(at * 100), at, 1, True)
    return Sighting(round(at * 100), at, 1, True, FACE, WHO, doubts, sharpness)


def nobody(at: float) -> Sighting:
    return Sighting(round(at * 100), at, 0)


def test_who_stays_is_greeted_once_by_the_sharpest_picture() -> None:
    greeting = Greeting()
    assert greeting.take(seen(0.0, sharpness=3.0)) is None
    assert greeting.take(seen(0.1, sharpness=5.0)) is None
    greeted = greeting.take(seen(GLANCE_S + 0.01, sharpness=4.0))
    assert greeted is not None
    assert greeted.sharpness == 5.0
    assert all(greeting.take(seen(1 + k / 10)) is None for k in range(100))


def test_a_passer_by_is_not_greeted_and_who_comes_back_is_greeted_anew() -> None:
    greeting = Greeting()
    greeting.take(seen(0.0))
    greeting.take(nobody(0.1))
    greeting.take(nobody(0.1 + GONE_S))
    assert greeting.take(seen(1.0)) is None, "the stay begins anew"
    assert greeting.take(seen(1.01 + GLANCE_S)) is not None
    assert greeting.take(nobody(1.5)) is None
    greeting.take(nobody(1.5 + GONE_S))
    greeting.take(seen(3.0))
    assert greeting.take(seen(3.01 + GLANCE_S)) is not None


def test_a_blink_of_the_detector_is_no_leaving() -> None:
    greeting = Greeting()
    greeting.take(seen(0.0))
    assert greeting.take(seen(0.4)) is not None
    greeting.take(nobody(0.6))
    assert greeting.take(seen(0.8)) is None


def test_who_is_seen_badly_is_waited_for_and_then_taken_as_they_are() -> None:
    greeting = Greeting()
    assert greeting.take(seen(0.0, ("it is dark",))) is None
    assert greeting.take(seen(1.0, ("it is dark",))) is None
    assert greeting.take(seen(PATIENCE_S, ("it is dark",))) is not None
    better = Greeting()
    better.take(seen(0.0, ("it is dark",), sharpness=9))
    chosen = better.take(seen(0.5, (), sharpness=1))
    assert chosen is not None
    assert chosen.doubts == ()


def test_a_catch_takes_whoever_is_there_though_nobody_is_greeted_by_itself() -> None:
    greeting = Greeting()
    assert all(greeting.take(seen(k / 10), auto=False) is None for k in range(40))
    greeting.catch()
    assert greeting.take(seen(4.1, who=False), auto=False) is None
    assert greeting.take(seen(4.2, ("it is blurred",)), auto=False) is not None
    assert greeting.take(seen(4.3), auto=False) is None
