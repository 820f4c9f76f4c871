"""For whom the search works: whoever has nothing to be shown by comes first."""

import numpy as np
import pytest
import torch

from likeness.errors import LikenessError
from likeness.lookalike.search_queue import MEAN_STEPS, SearchQueue
from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.search import Step, default_rate
from likeness.projection.worker import NO_ENCODER, SearchRequest


class FakeWorker:
    """Stands in for the searching process: says what it is told to say."""

    def __init__(self) -> None:
        self.orders: list[SearchRequest] = []
        self.cancelled = 0
        self.steps: list[Step] = []
        self.ended, self.error = True, None

    def start_search(self, order: SearchRequest) -> None:
        self.orders.append(order)
        self.steps, self.ended, self.error = [], False, None

    def cancel(self) -> None:
        self.cancelled += 1
        self.steps, self.ended = [], True

    def poll_steps(self) -> list[Step]:
        new, self.steps = self.steps, []
        return new

    def close(self) -> None:
        self.ended = True

    def say(self, number: int, value: float) -> None:
        latent = torch.full((1, 2, 4), value)
        self.steps.append(Step(number, 1.0, latent, torch.ones(1)))

    def end(self, error: LikenessError | None = None) -> None:
        self.ended, self.error = True, error


def visitor(number: int) -> Visitor:
    return Visitor(number, np.full((8, 8, 3), number, np.uint8), np.full(128, number, np.float32), 0.0)


def made_queue() -> tuple[SearchQueue, FakeWorker, VisitorQueue]:
    worker, visitors = FakeWorker(), VisitorQueue()
    return SearchQueue(worker, visitors), worker, visitors  # type: ignore[arg-type]


def test_the_first_step_is_the_guess_and_the_later_ones_refine_it() -> None:
    searches, worker, visitors = made_queue()
    one = visitor(1)
    visitors.add(one, 0)
    searches.step(10)
    assert worker.orders[0].start == "encoder"
    assert worker.orders[0].steps == 10
    worker.say(0, 5.0)
    searches.step(10)
    assert one.latent is not None
    assert one.latent.eq(5).all()
    worker.say(1, 6.0)
    worker.say(2, 7.0)
    searches.step(10)
    assert one.latent.eq(7).all()
    assert one.steps == 2
    worker.end()
    searches.step(10)
    searches.step(10)
    assert len(worker.orders) == 1, "what is refined is left alone"


def test_a_newcomer_interrupts_a_refinement_which_then_goes_on_from_where_it_was() -> None:
    searches, worker, visitors = made_queue()
    one, two = visitor(1), visitor(2)
    visitors.add(one, 0)
    searches.step(10)
    worker.say(4, 5.0)
    searches.step(10)
    visitors.add(two, 0)
    searches.step(10)
    assert worker.cancelled == 1
    assert worker.orders[1].picture[0, 0, 0] == 2
    worker.say(0, 1.0)
    worker.end()
    searches.step(10)
    again = worker.orders[2]
    assert again.picture[0, 0, 0] == 1
    assert isinstance(again.start, np.ndarray)
    assert (again.start == 5).all()
    assert again.steps == 6
    assert again.rate == default_rate(10)
    worker.say(2, 6.0)
    searches.step(10)
    assert one.steps == 6


def test_a_match_without_a_latent_is_encoded_too() -> None:
    searches, worker, visitors = made_queue()
    one = visitor(1)
    one.latent = torch.zeros(2, 4)
    one.match = Match("anna", 0.5, np.full((8, 8, 3), 99, np.uint8))
    visitors.add(one, 0)
    searches.step(0)
    assert worker.orders[0].picture[0, 0, 0] == 99
    assert worker.orders[0].steps == 0
    worker.say(0, 3.0)
    worker.end()
    searches.step(0)
    assert one.match.latent is not None
    assert one.match.latent.eq(3).all()
    assert one.latent.eq(0).all()


def test_without_an_encoder_the_search_begins_at_the_mean_and_shows_nobody_too_early() -> None:
    searches, worker, visitors = made_queue()
    one = visitor(1)
    visitors.add(one, 0)
    searches.step(100)
    worker.end(LikenessError(f"{NO_ENCODER}: faces.pkl has none"))
    searches.step(100)
    assert worker.orders[1].start == "mean"
    worker.say(MEAN_STEPS - 1, 1.0)
    searches.step(100)
    assert one.latent is None
    worker.say(MEAN_STEPS, 2.0)
    searches.step(100)
    assert one.latent is not None


def test_who_is_forgotten_gets_nothing_of_what_was_under_way() -> None:
    searches, worker, visitors = made_queue()
    one = visitor(1)
    visitors.add(one, 0)
    searches.step(10)
    for each in visitors.clear():
        each.wipe()
    worker.say(0, 5.0)
    searches.step(10)
    assert one.latent is None
    assert worker.cancelled == 1


def test_a_search_that_fails_is_not_begun_for_ever() -> None:
    searches, worker, visitors = made_queue()
    visitors.add(visitor(1), 0)
    searches.step(10)
    worker.end(LikenessError("the searching process has died"))
    for _ in range(5):
        searches.step(10)
    assert len(worker.orders) == 1


def test_a_process_that_cannot_be_started_yet_is_said_and_tried_again_for_the_first_visitor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    searches, worker, visitors = made_queue()
    start = worker.start_search

    def refuse(order: SearchRequest) -> None:
        raise OSError(12, "Cannot allocate memory")

    worker.start_search = refuse  # type: ignore[method-assign]
    searches.warm()
    assert "the search for faces cannot be started" in caplog.text
    worker.start_search = start  # type: ignore[method-assign]
    visitors.add(visitor(1), 0)
    searches.step(10)
    assert worker.orders
