"""The visitors that are remembered: known again, in turn, and forgotten."""

import numpy as np
import torch

from likeness.lookalike.visitor import Match, Visitor
from likeness.lookalike.visitor_queue import MOST_VISITORS, VisitorQueue


def visitor(number: int, seen_at: float = 0.0, ready: bool = True) -> Visitor:
    embedding = np.zeros(128, np.float32)
    embedding[number] = 1
    made = Visitor(number, np.full((8, 8, 3), 50 + number, np.uint8), embedding, seen_at)
    made.latent = torch.full((2, 4), float(number)) if ready else None
    return made


def test_the_newest_comes_first_and_then_all_in_turn() -> None:
    queue = VisitorQueue()
    for number in (1, 2, 3):
        queue.add(visitor(number), 0)
    turns = [queue.next_visitor() for _ in range(4)]
    assert [each.number for each in turns if each] == [3, 2, 1, 3]
    queue.add(visitor(4), 0)
    newest = queue.next_visitor()
    assert newest is not None
    assert newest.number == 4


def test_who_has_no_latent_yet_is_not_shown() -> None:
    queue = VisitorQueue()
    queue.add(visitor(1), 0)
    queue.add(visitor(2, ready=False), 0)
    turn = queue.next_visitor()
    assert turn is not None
    assert turn.number == 1


def test_a_person_is_known_again_and_a_stranger_is_not() -> None:
    queue = VisitorQueue()
    queue.add(visitor(1), 0)
    near = visitor(1).embedding + np.float32(0.02)
    found = queue.find(near)
    assert found is not None
    assert found.number == 1
    assert queue.find(visitor(2).embedding) is None


def test_who_was_not_seen_for_long_is_let_go_unless_it_is_their_turn() -> None:
    queue = VisitorQueue()
    for number, seen_at in ((1, 0.0), (2, 50.0), (3, 0.0)):
        queue.add(visitor(number, seen_at), 0)
    turn = queue.next_visitor()
    assert turn is not None
    assert turn.number == 3
    assert [each.number for each in queue.expire(70.0, 60.0)] == [1]
    queue.clear_current()
    assert [each.number for each in queue.expire(70.0, 60.0)] == [3]


def test_a_crowd_pushes_the_first_ones_out() -> None:
    queue = VisitorQueue()
    left = [each.number for number in range(MOST_VISITORS + 3) for each in queue.add(visitor(number), 0)]
    assert left == [0, 1, 2]


def test_what_was_seen_before_all_were_let_go_comes_to_nothing() -> None:
    queue = VisitorQueue()
    generation = queue.generation
    first = visitor(1)
    queue.add(first, generation)
    assert queue.clear() == [first]
    late = visitor(2)
    assert queue.add(late, generation) == [late]
    assert queue.visitors() == ()


def test_a_wiped_visitor_holds_nothing_of_who_it_was() -> None:
    gone = visitor(1)
    portrait, embedding, latent = gone.portrait, gone.embedding, gone.latent
    gone.match = Match("anna", 0.5, np.ones((2, 2, 3), np.uint8))
    gone.wipe()
    assert latent is not None
    assert not portrait.any()
    assert not embedding.any()
    assert not latent.any()
    assert gone.latent is gone.match is None
    assert not gone.ready
