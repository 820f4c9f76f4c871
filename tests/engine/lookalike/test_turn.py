"""A visitor's turn: time in, weights out, nothing leaps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likeness.lookalike.turn import NOBODY, PATIENCE_S, PHASES, Mix, PhaseSeconds, Turn

USUAL = PhaseSeconds(attack=1.0, hold=2.0, blend=1.0, photo=1.0, walk=4.0, match=2.0, decay=1.0)
TOTAL_S = 1 + 2 + 3 * 1 + 1 + 4 + 2 + 1


def play(turn: Turn, seconds: float, lengths: PhaseSeconds = USUAL, fps: int = 50, matched: bool = True) -> list[Mix]:
    return [turn.advance(1 / fps, lengths, matched=matched) for _ in range(round(seconds * fps))]


def fields(weights: Mix) -> tuple[float, ...]:
    return weights.present, weights.whole, weights.photo, weights.along, weights.match


def test_it_tells_the_whole_turn_in_its_order_and_ends_with_nobody() -> None:
    turn, seen = Turn(), []
    for _ in range(round(TOTAL_S * 50) + 2):
        if not seen or seen[-1] != turn.phase:
            seen.append(turn.phase)
        turn.advance(1 / 50, USUAL, matched=True)
    assert tuple(seen[: len(PHASES)]) == PHASES
    assert turn.over
    assert turn.mix == NOBODY


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (0.5, Mix(0.5)),
        (2.0, Mix(1)),
        (3.5, Mix(1, 0.5, 0.5)),
        (4.5, Mix(1, 1, 1)),
        (5.5, Mix(1, 1, 0.5)),
        (8.0, Mix(1, 1, 0, 0.5)),
        (10.5, Mix(1, 1, 0, 1, 0.5)),
        (12.0, Mix(1, 1, 0, 1, 1)),
        (13.5, Mix(0.5, 1, 0, 1, 0)),
    ],
)
def test_the_middle_of_each_part_by_hand(at: float, wanted: Mix) -> None:
    turn = Turn()
    assert fields(play(turn, at)[-1]) == pytest.approx(fields(wanted), abs=1e-6)


def test_one_long_frame_and_many_short_ones_come_to_the_same_place() -> None:
    one, many = Turn(), Turn()
    assert fields(one.advance(8.3, USUAL, matched=True)) == pytest.approx(
        fields(play(many, 8.3, fps=100)[-1]), abs=1e-6
    )


lengths = st.builds(PhaseSeconds, *[st.sampled_from([0.2, 1.0, 3.0])] * 7)


@settings(max_examples=60, deadline=None)
@given(first=lengths, then=lengths, switch_s=st.floats(0, 12), leave=st.floats(0, 20))
def test_no_turn_of_a_knob_and_no_leaving_makes_it_leap(
    first: PhaseSeconds, then: PhaseSeconds, switch_s: float, leave: float
) -> None:
    turn, before = Turn(), fields(NOBODY)
    for frame in range(25 * 60):
        if frame == round(leave * 60):
            turn.end()
        weights = fields(turn.advance(1 / 60, first if frame < switch_s * 60 else then, matched=True))
        assert all(0 <= weight <= 1 for weight in weights)
        if not turn.over:
            # A smooth curve is 1.5 times as fast as an even one, pictures leave in half a decay of 0.2 s.
            assert max(abs(a - b) for a, b in zip(weights, before, strict=True)) <= 2 * 1.5 / 0.2 / 60 + 1e-6
        else:
            assert before[0] < 0.1
            assert max(before[2], before[4]) < 0.05
            return
        before = weights
    assert turn.over


def test_without_a_match_the_drawing_waits_and_then_leaves() -> None:
    turn = Turn()
    waiting = play(turn, 8.0, matched=False)[-1]
    assert turn.phase == "dissolve"
    assert fields(waiting) == pytest.approx((1, 1, 0, 0, 0))
    play(turn, PATIENCE_S + 3, matched=False)
    assert turn.over
    late = Turn()
    play(late, 8.0, matched=False)
    play(late, 2.0)
    assert late.phase == "walk"


def test_a_ride_shows_no_picture_and_no_match() -> None:
    turn = Turn(short=True)
    told = play(turn, 4.5)
    assert turn.over
    assert all(weights.photo == weights.match == weights.whole == 0 for weights in told)
    assert max(weights.present for weights in told) == 1


def test_parts_of_no_length_are_left_out() -> None:
    turn = Turn()
    told = play(turn, 3.0, PhaseSeconds(0, 1, 0, 0, 1, 0, 0.5))
    assert turn.over
    assert all(weights.photo in (0, 1) for weights in told)
