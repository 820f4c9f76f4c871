"""What was asked of the parameters, from changes alone; compared with a full copy of every frame."""

import random

import pytest

from likeness.cues.parameter_history import INTERVAL_S, ParameterHistory
from likeness.params import Value

FPS = 50
BEATS_PER_S = 2.0


@pytest.mark.parametrize("seed", range(5))
def test_undoing_changes_gives_what_a_copy_of_every_frame_holds(seed: int) -> None:
    dice, log = random.Random(seed), ParameterHistory()
    targets: dict[str, Value] = {"a.x": 0.0, "a.y": 0.0, "b.on": False}
    copies: list[dict[str, Value]] = []
    for frame in range(500):
        log.begin_frame(max(frame - 1, 0) / FPS, frame / FPS * BEATS_PER_S)
        if frame % 25 == 0 and dice.random() < 0.7:
            address = dice.choice(list(targets))
            log.record(address, targets[address])
            targets[address] = dice.random()
        copies.append(dict(targets))
    # A grain is five frames: nearer to a change than that, either side of it will do.
    far = [frame for frame in range(500) if 6 <= frame % 25 <= 19]
    assert all({**targets, **log.targets_at(frame / FPS)} == copies[frame] for frame in far)
    assert len({tuple(copies[frame].values()) for frame in far}) > 5


def test_a_beat_is_found_at_the_time_at_which_it_passed() -> None:
    log = ParameterHistory()
    for frame in range(1000):
        log.begin_frame(max(frame - 1, 0) / FPS, frame / FPS * BEATS_PER_S)
    assert log.time == pytest.approx(998 / FPS)
    assert log.beat == pytest.approx(998 / FPS * BEATS_PER_S)
    for beat in (0.5, 3.0, 20.25, 39.9):
        assert log.time_of(beat) == pytest.approx(beat / BEATS_PER_S, abs=0.021)


def test_a_beat_that_was_passed_twice_is_the_later_one() -> None:
    log = ParameterHistory()
    for frame in range(1000):
        seconds = frame / FPS
        log.begin_frame(seconds, seconds * BEATS_PER_S if seconds < 10 else (seconds - 10) * BEATS_PER_S)
    assert log.time_of(4.0) == pytest.approx(12.0, abs=0.05)


def test_it_forgets_what_is_older_than_it_remembers_and_does_not_grow() -> None:
    log = ParameterHistory(seconds=2.0)
    for frame in range(20 * FPS):
        log.begin_frame(frame / FPS, 0.0)
        log.record("a.x", frame)
    assert len(log._intervals) <= 2.0 / INTERVAL_S + 3
    assert log.targets_at(0.0)["a.x"] == pytest.approx((20 - 2) * FPS, abs=0.3 * FPS)
