"""Who stays is greeted, once, by the best that was seen of them."""

import numpy as np

from likeness.lookalike.arrival import GLANCE_S, GONE_S, PATIENCE_S, ArrivalDetector, FaceObservation

FACE, WHO = np.zeros((4, 4, 3), np.uint8), np.zeros(128, np.float32)


def seen(at: float, doubts: tuple[str, ...] = (), sharpness: float = 1.0, who: bool = True) -> FaceObservation:
    if not who:
        return FaceObservation(round(at * 100), at, 1, True)
    return FaceObservation(round(at * 100), at, 1, True, FACE, WHO, doubts, sharpness)


def nobody(at: float) -> FaceObservation:
    return FaceObservation(round(at * 100), at, 0)


def test_who_stays_is_greeted_once_by_the_sharpest_picture() -> None:
    greeting = ArrivalDetector()
    assert greeting.observe(seen(0.0, sharpness=3.0)) is None
    assert greeting.observe(seen(0.1, sharpness=5.0)) is None
    greeted = greeting.observe(seen(GLANCE_S + 0.01, sharpness=4.0))
    assert greeted is not None
    assert greeted.sharpness == 5.0
    assert all(greeting.observe(seen(1 + k / 10)) is None for k in range(100))


def test_a_passer_by_is_not_greeted_and_who_comes_back_is_greeted_anew() -> None:
    greeting = ArrivalDetector()
    greeting.observe(seen(0.0))
    greeting.observe(nobody(0.1))
    greeting.observe(nobody(0.1 + GONE_S))
    assert greeting.observe(seen(1.0)) is None, "the stay begins anew"
    assert greeting.observe(seen(1.01 + GLANCE_S)) is not None
    assert greeting.observe(nobody(1.5)) is None
    greeting.observe(nobody(1.5 + GONE_S))
    greeting.observe(seen(3.0))
    assert greeting.observe(seen(3.01 + GLANCE_S)) is not None


def test_a_blink_of_the_detector_is_no_leaving() -> None:
    greeting = ArrivalDetector()
    greeting.observe(seen(0.0))
    assert greeting.observe(seen(0.4)) is not None
    greeting.observe(nobody(0.6))
    assert greeting.observe(seen(0.8)) is None


def test_who_is_seen_badly_is_waited_for_and_then_taken_as_they_are() -> None:
    greeting = ArrivalDetector()
    assert greeting.observe(seen(0.0, ("it is dark",))) is None
    assert greeting.observe(seen(1.0, ("it is dark",))) is None
    assert greeting.observe(seen(PATIENCE_S, ("it is dark",))) is not None
    better = ArrivalDetector()
    better.observe(seen(0.0, ("it is dark",), sharpness=9))
    chosen = better.observe(seen(0.5, (), sharpness=1))
    assert chosen is not None
    assert chosen.doubts == ()


def test_a_catch_takes_whoever_is_there_though_nobody_is_greeted_by_itself() -> None:
    greeting = ArrivalDetector()
    assert all(greeting.observe(seen(k / 10), auto=False) is None for k in range(40))
    greeting.catch()
    assert greeting.observe(seen(4.1, who=False), auto=False) is None
    assert greeting.observe(seen(4.2, ("it is blurred",)), auto=False) is not None
    assert greeting.observe(seen(4.3), auto=False) is None
