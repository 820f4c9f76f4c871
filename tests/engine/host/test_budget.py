"""Who is over budget, and who is left out for it."""

from likeness.host.budget import HEAVIEST, MOST_OVERRUNS, PAUSE_MS, Budget, BudgetVerdict, Cost

FRAME_MS = 16.0


def judge(budget: Budget, draw_ms: float, **spent_ms: float) -> BudgetVerdict:
    return budget.judge([Cost(name, spent) for name, spent in spent_ms.items()], draw_ms)


def until_bypass(budget: Budget, draw_ms: float, most: int = 1000, **spent_ms: float) -> tuple[int, str | None]:
    for frames in range(1, most + 1):
        gone = judge(budget, draw_ms, **spent_ms).bypass
        if gone:
            return frames, gone
    return most, None


def test_within_half_the_frame_nothing_is_said() -> None:
    assert until_bypass(Budget(FRAME_MS), 20.0, a=8.0, b=7.9) == (1000, None)


def test_over_budget_in_a_show_that_keeps_its_rate_is_flagged_once_and_plays_on() -> None:
    budget = Budget(FRAME_MS)
    verdicts = [judge(budget, 15.0, a=9.0, b=1.0) for _ in range(500)]
    assert [verdict.flagged for verdict in verdicts].count(("a",)) == 1
    assert not any(verdict.bypass for verdict in verdicts)


def test_one_that_holds_the_show_up_is_left_out_after_so_many_frames_in_a_row() -> None:
    assert until_bypass(Budget(FRAME_MS), 24.0, a=18.0, b=1.0) == (MOST_OVERRUNS, "a")


def test_a_frame_in_time_starts_the_count_anew() -> None:
    budget = Budget(FRAME_MS)
    for _ in range(10):
        assert until_bypass(budget, 24.0, MOST_OVERRUNS - 1, a=18.0)[1] is None
        assert judge(budget, 10.0, a=2.0) == BudgetVerdict()


def test_half_a_second_a_frame_is_out_after_three_frames_and_not_after_one() -> None:
    assert until_bypass(Budget(FRAME_MS), 520.0, a=500.0) == (MOST_OVERRUNS // HEAVIEST, "a")


def test_a_slow_machine_bypasses_nobody() -> None:
    quick, slow = Budget(FRAME_MS), Budget(FRAME_MS)
    # All takes eight times as long, the generator's 10 ms too: everyone is over budget, nobody is to blame.
    assert until_bypass(quick, 15.0, a=3.0, b=2.0)[1] is None
    assert until_bypass(slow, 120.0, a=24.0, b=16.0)[1] is None


def test_of_several_the_costliest_goes_and_the_next_only_after_a_pause() -> None:
    budget = Budget(FRAME_MS)
    assert until_bypass(budget, 70.0, a=30.0, b=32.0)[1] == "b"
    frames, gone = until_bypass(budget, 38.0, a=30.0)
    assert gone == "a"
    assert frames * 38.0 > PAUSE_MS


def test_two_that_take_turns_at_being_the_costliest_do_not_hide_behind_each_other() -> None:
    budget = Budget(FRAME_MS)
    gone = None
    for index in range(MOST_OVERRUNS):
        gone = gone or judge(budget, 70.0, a=30.0 + index % 2, b=31.0 - index % 2).bypass
    assert gone in ("a", "b")


def test_a_budget_of_its_own_counts_instead_of_half_the_frame() -> None:
    generous, strict = Budget(FRAME_MS), Budget(FRAME_MS)
    for _ in range(200):
        assert generous.judge([Cost("a", 30.0, 40.0)], 36.0) == BudgetVerdict()
    assert any(strict.judge([Cost("a", 6.0, 5.0)], 18.0).flagged for _ in range(200))


def test_in_a_render_time_is_no_object() -> None:
    assert until_bypass(Budget(None), 900.0, a=800.0) == (1000, None)
