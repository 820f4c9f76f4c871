from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likeness.outputs.pacing import Pacing, exact_rate


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (29.97, Fraction(30000, 1001)),
        (30000 / 1001, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (24, Fraction(24)),
        (25.0, Fraction(25)),
        (60.0, Fraction(60)),
        (12.5, Fraction(25, 2)),
        (0.1, Fraction(1, 10)),
        (1000.0, Fraction(1000)),
    ],
)
def test_a_rate_is_the_rational_that_was_meant(fps: float, rate: Fraction) -> None:
    assert exact_rate(fps) == rate


def frames(pacing: Pacing, times: list[float]) -> list[int | None]:
    taken = []
    for at in times:
        frame = pacing.frame_of(at)
        if frame is not None:
            pacing.mark_written(frame)
        taken.append(frame)
    return taken


def test_offline_pictures_are_counted_whatever_their_times() -> None:
    assert frames(Pacing(Fraction(30), offline=True), [5.0, 5.0, 1.0, 99.0]) == [0, 1, 2, 3]


def test_live_a_late_picture_leaves_a_gap_and_an_early_one_is_left_out() -> None:
    pacing = Pacing(Fraction(10), offline=False)
    # Beginning in the middle of a show; then on time, half a second late, at once after that, on time.
    assert frames(pacing, [7.0, 7.1, 7.6, 7.61, 7.7]) == [0, 1, 6, None, 7]


def test_a_picture_that_was_refused_leaves_its_frame_free() -> None:
    pacing = Pacing(Fraction(10), offline=False)
    frames(pacing, [0.0, 0.1])
    assert pacing.frame_of(0.2) == 2
    assert pacing.frame_of(0.2) == 2


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.6])
def test_a_steady_show_with_jitter_loses_and_repeats_nothing_in_any_phase(phase: float) -> None:
    pacing = Pacing(Fraction(30), offline=False)
    jitter = [0.1, -0.12, 0.05, -0.08, 0.12, -0.1]
    times = [0.0] + [(n + phase + jitter[n % 6]) / 30 for n in range(1, 300)]
    assert frames(pacing, times) == list(range(300))


@given(st.floats(1, 200), st.sampled_from([24.0, 30.0, 60.0]))
def test_whatever_the_shows_rate_each_frame_is_within_one_of_the_wall_clock(show: float, fps: float) -> None:
    times = [n / show for n in range(200)]
    taken = frames(Pacing(Fraction(fps), offline=False), times)
    kept = [(frame, at) for frame, at in zip(taken, times, strict=True) if frame is not None]
    assert all(abs(frame - at * fps) < 1.0 for frame, at in kept)
    numbers = [frame for frame, _ in kept]
    assert numbers == sorted(set(numbers))
    if show >= fps:
        assert numbers == list(range(len(numbers)))
