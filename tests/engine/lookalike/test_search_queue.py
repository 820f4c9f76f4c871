"""For whom the search works: whoever has nothing to be shown by comes first."""

import numpy as np
import torch

from likeness.errors import LikenessError
from likeness.lookalike.search_queue import MEAN_STEPS, SearchQueue
from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.search import Step, usual_rate
from likeness.projection.worker import NO_ENCODER, SearchRequest


class Bench:
    """Stands in for the searching process: says what it is told to say."""

    def __init__(self) -> None:
        self.orders: list[SearchRequest] = []
        self.cancelled = 0
        self.steps: list[Step] = []
        self.ended, self.error = True, None

    def begin(self, order: SearchRequest) -> None:
        self.orders.append(order)
        self.steps, self.ended, self.error = [], False, None

    def cancel(self) -> None:
        self.cancelled += 1
        self.steps, self.ended = [], True

    def fresh(self) -> list[Step]:
        new, self.steps = self.steps, []
        return new

    def close(self) -> None:
        self.ended = True

    def say(self, number: int, value: float) -> None:
        latent = torch.full((1, 2, 4), value)
        self.steps.append(Step(number, 1.0, latent, torch.ones(1)))

    def end(self, error: LikenessError | None = None) -> None:
        self.ended, self.error = True, error


def guest(number: int) -> Visitor:
    return Visitor(number, np.full((8, 8, 3), number, np.uint8), np.full(128, number, np.float32), 0.0)


def desk() -> tuple[SearchQueue, Bench, VisitorQueue]:
    bench, roster = Bench(), VisitorQueue()
    return SearchQueue(bench, roster), bench, roster  # type: ignore[arg-type]


def test_the_first_step_is_the_guess_and_the_later_ones_refine_it() -> None:
    serving, bench, roster = desk()
    one = guest(1)
    roster.add(one, 0)
    serving.serve(10)
    assert bench.orders[0].start == "encoder"
    assert bench.orders[0].steps == 10
    bench.say(0, 5.0)
    serving.serve(10)
    assert one.latent is not None
    assert one.latent.eq(5).all()
    bench.say(1, 6.0)
    bench.say(2, 7.0)
    serving.serve(10)
    assert one.latent.eq(7).all()
    assert one.steps == 2
    bench.end()
    serving.serve(10)
    serving.serve(10)
    assert len(bench.orders) == 1, "what is refined is left alone"


def test_a_newcomer_interrupts_a_refinement_which_then_goes_on_from_where_it_was() -> None:
    serving, bench, roster = desk()
    one, two = guest(1), guest(2)
    roster.add(one, 0)
    serving.serve(10)
    bench.say(4, 5.0)
    serving.serve(10)
    roster.add(two, 0)
    serving.serve(10)
    assert bench.cancelled == 1
    assert bench.orders[1].picture[0, 0, 0] == 2
    bench.say(0, 1.0)
    bench.end()
    serving.serve(10)
    again = bench.orders[2]
    assert again.picture[0, 0, 0] == 1
    assert isinstance(again.start, np.ndarray)
    assert (again.start == 5).all()
    assert again.steps == 6
    assert again.rate == usual_rate(10)
    bench.say(2, 6.0)
    serving.serve(10)
    assert one.steps == 6


def test_a_match_without_a_latent_is_encoded_too() -> None:
    serving, bench, roster = desk()
    one = guest(1)
    one.latent = torch.zeros(2, 4)
    one.likeness = Match("anna", 0.5, np.full((8, 8, 3), 99, np.uint8))
    roster.add(one, 0)
    serving.serve(0)
    assert bench.orders[0].picture[0, 0, 0] == 99
    assert bench.orders[0].steps == 0
    bench.say(0, 3.0)
    bench.end()
    serving.serve(0)
    assert one.likeness.latent is not None
    assert one.likeness.latent.eq(3).all()
    assert one.latent.eq(0).all()


def test_without_an_encoder_the_search_begins_at_the_mean_and_shows_nobody_too_early() -> None:
    serving, bench, roster = desk()
    one = guest(1)
    roster.add(one, 0)
    serving.serve(100)
    bench.end(LikenessError(f"{NO_ENCODER}: faces.pkl has none"))
    serving.serve(100)
    assert bench.orders[1].start == "mean"
    bench.say(MEAN_STEPS - 1, 1.0)
    serving.serve(100)
    assert one.latent is None
    bench.say(MEAN_STEPS, 2.0)
    serving.serve(100)
    assert one.latent is not None


def test_who_is_forgotten_gets_nothing_of_what_was_under_way() -> None:
    serving, bench, roster = desk()
    one = guest(1)
    roster.add(one, 0)
    serving.serve(10)
    for each in roster.clear():
        each.wipe()
    bench.say(0, 5.0)
    serving.serve(10)
    assert one.latent is None
    assert bench.cancelled == 1


def test_a_search_that_fails_is_not_begun_for_ever() -> None:
    serving, bench, roster = desk()
    roster.add(guest(1), 0)
    serving.serve(10)
    bench.end(LikenessError("the searching process has died"))
    for _ in range(5):
        serving.serve(10)
    assert len(bench.orders) == 1
