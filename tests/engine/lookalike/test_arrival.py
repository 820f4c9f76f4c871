"""Who stays is arrived, once, by the best that was seen of them."""

import numpy as np

from likeness.lookalike.arrival import GLANCE_S, GONE_S, PATIENCE_S, ArrivalDetector, FaceObservation

FACE, WHO = np.zeros((4, 4, 3), np.uint8), np.zeros(128, np.float32)


def seen(at: float, doubts: tuple[str, ...] = (), sharpness: float = 1.0, who: bool = True) -> FaceObservation:
    if not who:
        return FaceObservation(round(at * 100), at, 1, True)
    return FaceObservation(round(at * 100), at, 1, True, FACE, WHO, doubts, sharpness)


def nobody(at: float) -> FaceObservation:
    return FaceObservation(round(at * 100), at, 0)


def test_who_stays_is_arrived_once_by_the_sharpest_picture() -> None:
    arrival = ArrivalDetector()
    assert arrival.observe(seen(0.0, sharpness=3.0)) is None
    assert arrival.observe(seen(0.1, sharpness=5.0)) is None
    arrived = arrival.observe(seen(GLANCE_S + 0.01, sharpness=4.0))
    assert arrived is not None
    assert arrived.sharpness == 5.0
    assert all(arrival.observe(seen(1 + k / 10)) is None for k in range(100))


def test_a_passer_by_is_not_arrived_and_who_comes_back_is_arrived_anew() -> None:
    arrival = ArrivalDetector()
    arrival.observe(seen(0.0))
    arrival.observe(nobody(0.1))
    arrival.observe(nobody(0.1 + GONE_S))
    assert arrival.observe(seen(1.0)) is None, "the stay begins anew"
    assert arrival.observe(seen(1.01 + GLANCE_S)) is not None
    assert arrival.observe(nobody(1.5)) is None
    arrival.observe(nobody(1.5 + GONE_S))
    arrival.observe(seen(3.0))
    assert arrival.observe(seen(3.01 + GLANCE_S)) is not None


def test_a_blink_of_the_detector_is_no_leaving() -> None:
    arrival = ArrivalDetector()
    arrival.observe(seen(0.0))
    assert arrival.observe(seen(0.4)) is not None
    arrival.observe(nobody(0.6))
    assert arrival.observe(seen(0.8)) is None


def test_who_is_seen_badly_is_waited_for_and_then_taken_as_they_are() -> None:
    arrival = ArrivalDetector()
    assert arrival.observe(seen(0.0, ("it is dark",))) is None
    assert arrival.observe(seen(1.0, ("it is dark",))) is None
    assert arrival.observe(seen(PATIENCE_S, ("it is dark",))) is not None
    better = ArrivalDetector()
    better.observe(seen(0.0, ("it is dark",), sharpness=9))
    chosen = better.observe(seen(0.5, (), sharpness=1))
    assert chosen is not None
    assert chosen.doubts == ()


def test_a_catch_takes_whoever_is_there_though_nobody_is_arrived_by_itself() -> None:
    arrival = ArrivalDetector()
    assert all(arrival.observe(seen(k / 10), auto=False) is None for k in range(40))
    arrival.ask()
    assert arrival.observe(seen(4.1, who=False), auto=False) is None
    assert arrival.observe(seen(4.2, ("it is blurred",)), auto=False) is not None
    assert arrival.observe(seen(4.3), auto=False) is None
