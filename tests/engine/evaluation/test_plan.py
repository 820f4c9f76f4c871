"""How a plan shrinks to the time there is."""

from likeness.evaluation.plan import LEAST_PAIRS, LEAST_SAMPLES, EvaluationPlan


def test_a_plan_within_its_time_stays_as_it_is() -> None:
    plan = EvaluationPlan(samples=1000, pairs=100)
    assert plan.within(3600, 0.05, 60) == plan


def test_a_plan_that_takes_too_long_takes_the_time_there_is() -> None:
    plan = EvaluationPlan(samples=20_000, pairs=4_000)
    fitted = plan.within(300, 0.05, 60)
    assert 230 < fitted.cost_s(0.05) <= 240
    assert round(fitted.samples / fitted.pairs) == 5


def test_figures_that_would_say_nothing_are_not_made() -> None:
    fitted = EvaluationPlan().within(1, 0.05, 60)
    assert (fitted.samples, fitted.pairs) == (LEAST_SAMPLES, LEAST_PAIRS)
    assert EvaluationPlan(samples=10, pairs=0).within(1, 0.05, 60).samples == 10
    assert EvaluationPlan(pairs=0).within(1, 0.05, 60).pairs == 0
