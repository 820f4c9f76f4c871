"""A composite as a search draws it: exact where that is asked for, near enough between, with a gradient that leads."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness.generator import SearchedGenerator
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.families.search_drawing import CompositeSearchDrawing
from likeness.generators.networks.enlarger import Enlarger
from likeness.generators.networks.quiet_axis import FINE, MIDDLE, PUT_ON, QuietAxis
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights


def opened(kind: str, tiny_composite: Path, folder: Path, size: int | None) -> CompositeGenerator:
    """Return a tiny composite alone, or with a refiner or an enlarger that adds something."""
    header, tensors = read_weights(tiny_composite)
    torch.manual_seed(4)
    network: Refiner | Enlarger | None = None
    if kind == "refined":
        network = Refiner((4, 4, 4, 4))
        torch.nn.init.normal_(network.out.weight, std=0.02)
    elif kind == "enlarged":
        network = Enlarger((4, 6, 8, 10))
        torch.nn.init.normal_(network.leave.weight, std=0.02)
    own = {} if network is None else {network.prefix + name: each.half() for name, each in network.state_dict().items()}
    path = folder / "own.safetensors"
    write_weights(path, WeightsHeader(header.family, dict(header.arguments), header.licence), tensors | own)
    return open_composite(path, torch.device("cpu"), size)


@pytest.mark.parametrize(
    ("kind", "size"), [("plain", None), ("plain", 96), ("refined", None), ("refined", 96), ("enlarged", None)]
)
def test_a_step_is_drawn_as_the_generator_draws_it_and_its_gradient_leads_nearer(
    kind: str, size: int | None, tiny_composite: Path, tmp_path: Path
) -> None:
    generator = opened(kind, tiny_composite, tmp_path, size)
    assert isinstance(generator, SearchedGenerator)
    drawing = generator.make_search_drawing()
    first, goal = 0.5 * generator.sample([1]), 0.5 * generator.sample([2])
    second = torch.lerp(first, goal, 0.05)

    def synthesize(latent: Tensor) -> Tensor:
        return generator.synthesize(latent.clone().requires_grad_()).detach()

    # With and without a gradient there are other ways to resize, and the refiner's numbers are of 8 bits.
    assert (drawing(first.clone().requires_grad_(), exact=True) - synthesize(first)).abs().max() < 0.03
    moved = drawing(second.requires_grad_(), exact=False)
    wrong, apart = ((each - synthesize(second)).abs().mean() for each in (moved.detach(), synthesize(first)))
    assert wrong < 0.5 * apart
    target = synthesize(goal)
    (moved - target).square().sum().backward()
    assert second.grad is not None
    nearer = second.detach() - 0.2 * second.grad / second.grad.norm()
    distances = [(synthesize(latent) - target).square().mean() for latent in (second.detach(), nearer)]
    assert distances[1] < 0.99 * distances[0]


def test_who_wears_something_is_drawn_as_ever(tiny_composite: Path, tmp_path: Path) -> None:
    generator = opened("plain", tiny_composite, tmp_path, None)
    even = generator.network.even_index
    axis = QuietAxis([1.0] + [0.0] * (len(even) - 1), even)
    drawing = CompositeSearchDrawing(generator.network, 64, lambda _: torch.zeros(()), [axis], lambda latent: -latent)
    bare = generator.sample([1])
    dressed = bare.clone()
    dressed[:, FINE, even[0]] += PUT_ON
    dressed[:, MIDDLE, even[0]] -= PUT_ON
    assert torch.equal(drawing(dressed, exact=True), -dressed)
    assert drawing(bare, exact=True).shape == (1, 3, 64, 64)
