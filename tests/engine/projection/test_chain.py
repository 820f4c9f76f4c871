"""A chain goes through every face without a gap and comes back to the bit."""

from collections.abc import Callable, Iterator

import torch
from tests.conftest import ToyGenerator
from torch import Tensor

from likeness.projection.chain import chain_searches, close_loop
from likeness.projection.search import Step, project


def test_each_way_begins_where_the_one_before_ended_and_the_loop_closes(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    targets = [generator.synthesize(0.7 * generator.sample([seed])) for seed in (1, 2, 3)]

    def search(target: Tensor, start: Tensor | None) -> Iterator[Step]:
        return project(generator, target, start=start, steps=30)

    ways = list(chain_searches(targets, search))
    assert [way.index for way in ways] == [0, 1, 2]
    ends = [way.latents[-1] for way in ways]
    assert torch.equal(ways[0].latents[0], ends[2])
    assert torch.allclose(ways[1].latents[0], ends[0], atol=1e-6)
    assert torch.allclose(ways[2].latents[0], ends[1], atol=1e-6)
    for end, target in zip(ends, targets, strict=True):
        assert (generator.synthesize(end[None]) - target).abs().mean() < 0.15


def test_a_way_is_bent_to_its_end_a_little_in_each_step() -> None:
    way = torch.linspace(0, 1, 11)[:, None, None].expand(-1, 2, 3)
    bent = close_loop(way, torch.full((2, 3), 1.2))
    assert torch.equal(bent[0], way[0])
    assert torch.equal(bent[-1], torch.full((2, 3), 1.2))
    assert (bent[1:] - bent[:-1] - 0.1).abs().max() < 0.04
