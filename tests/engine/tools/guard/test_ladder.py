"""The ladder: what is played after failures, and how soon."""

from likeness.tools.guard.ladder import DELAYS_S, TRIES, WELL_S, Ladder


def test_the_ladder_goes_down_after_three_tries_and_up_again_when_told() -> None:
    ladder, rungs, delays = Ladder(), [], []
    for _ in range(2 * (TRIES + 1)):
        rungs.append(ladder.rung)
        delays.append(ladder.delay_s)
        ladder.fail(1.0)
    assert rungs == ["show"] * (TRIES + 1) + ["fallback"] * (TRIES + 1)
    assert delays == [*DELAYS_S, *DELAYS_S]
    assert ladder.rung == "still"
    ladder.begin_again()
    assert (ladder.rung, ladder.delay_s) == ("show", 0.0)


def test_a_show_that_was_well_for_a_while_has_all_its_tries_again() -> None:
    ladder = Ladder()
    for _ in range(50):
        ladder.fail(WELL_S)
    assert (ladder.rung, ladder.failures) == ("show", 1)
