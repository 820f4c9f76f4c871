"""Networks bent while they draw: nothing at rest, each layer where it lies, swapped, mixed, and by every backend."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.reference import stylegan2 as plain
from tests.reference.parity import case, relative_error
from torch import Tensor, nn

from likeness.generator import BendableGenerator, Bends, Licence, NoiseMode, Swap
from likeness.generators.backends.choose import cut, draw_piece, record_piece
from likeness.generators.backends.cuda_graphs import CudaGraphs, Recording
from likeness.generators.families import stylegan3
from likeness.generators.families.checkpoint import Source
from likeness.generators.families.composite import open_composite
from likeness.generators.families.stylegan2 import open_source
from likeness.generators.families.stylegan_base import MOST_CUTS, Draw, StyleGenerator

CPU, FREE = torch.device("cpu"), Licence("CC0-1.0", True)
SHAPES = {
    "skip": plain.Shape(),
    "resnet": plain.Shape(architecture="resnet"),
    "orig": plain.Shape(architecture="orig"),
}


def stylegan2(name: str = "skip", seed: int = 0) -> StyleGenerator:
    return open_source(Source("stylegan2", "ours", {}, plain.random_state(SHAPES[name], seed), FREE), CPU)


@pytest.fixture(params=["skip", "resnet", "orig", "sg3_t", "composite"])
def generator(request: pytest.FixtureRequest) -> BendableGenerator:
    if request.param in SHAPES:
        return stylegan2(request.param)
    if request.param == "composite":
        return open_composite(request.getfixturevalue("tiny_composite"), CPU)
    made = case(request.param)
    return stylegan3.open_source(Source("stylegan3", "ours", made.kwargs, made.state, FREE), CPU)


def test_nothing_bent_is_the_very_picture(generator: BendableGenerator) -> None:
    latent = generator.sample([3, 4])
    wanted = generator.synthesize(latent)
    assert torch.equal(generator.draw_bent(latent, Bends()), wanted)
    idle = Bends({name: lambda x: x for name in generator.layers})
    assert torch.equal(generator.draw_bent(latent, idle), wanted)


def test_every_layer_can_be_bent_alone_and_is_what_is_said_to_be_there(generator: BendableGenerator) -> None:
    latent = generator.sample([3])
    wanted = generator.synthesize(latent)
    for name, layer in generator.draw_layers(latent, tuple(generator.layers)).items():
        seen: list[Tensor] = []

        def turn_over(x: Tensor, seen: list[Tensor] = seen) -> Tensor:
            seen.append(x.clone())
            return x.flip(3) + 0.5

        bent = generator.draw_bent(latent, Bends({name: turn_over}))
        assert torch.equal(seen[0], layer), name
        assert bent.shape == wanted.shape
        assert bent.isfinite().all()
        assert (bent - wanted).abs().max() > 1e-3, name


def test_layers_swapped_are_each_others(generator: BendableGenerator) -> None:
    latent = generator.sample([3])
    first, second = list(generator.layers)[1:3]
    before = generator.draw_layers(latent, [first, second])
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[Tensor], Tensor]:
        return lambda x: seen.setdefault(name, x.clone())

    bends = Bends({first: keep(first), second: keep(second)}, (Swap(first, second, 1.0),))
    generator.draw_bent(latent, bends)
    for name, other in ((first, second), (second, first)):
        size, count = before[name].shape[2:], before[name].shape[1]
        shrinks = before[other].shape[2] > size[0]
        wanted = nn.functional.interpolate(before[other], size=size, mode="bilinear", antialias=shrinks)
        channels = [index % wanted.shape[1] for index in range(count)]
        assert torch.allclose(seen[name], wanted[:, channels], atol=1e-5)


def test_mixed_whole_it_is_the_other_and_by_layers_the_halves_of_both() -> None:
    first, second = stylegan2(seed=0), stylegan2(seed=1)
    latent = first.sample([3])
    every = dict.fromkeys(first.layers, 1.0)
    assert torch.allclose(first.draw_bent(latent, Bends(other=second, shares=every)), second.synthesize(latent))
    assert torch.equal(
        first.draw_bent(latent, Bends(other=second, shares=dict.fromkeys(first.layers, 0.0))), first.synthesize(latent)
    )
    # The other's weights in the coarse half are the same network.
    coarse = [name for name, group in first.layers.items() if group == "coarse"]
    assert coarse == ["input", "b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0"]
    state, other = (plain.random_state(SHAPES["skip"], seed) for seed in (0, 1))
    theirs = ("synthesis.b4.", "synthesis.b8.", "synthesis.b16.conv0.")
    joined = {name: other[name] if name.startswith(theirs) else tensor for name, tensor in state.items()}
    hybrid = open_source(Source("stylegan2", "ours", {}, joined, FREE), CPU)
    drawn = first.draw_bent(latent, Bends(other=second, shares=dict.fromkeys(coarse, 1.0)))
    assert relative_error(drawn, hybrid.synthesize(latent)) < 1e-5


def test_a_composite_takes_each_layer_from_the_other(tiny_composite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = open_composite(tiny_composite, CPU), open_composite(tiny_composite, CPU)
    latent, elsewhere = first.sample([3]), first.sample([5])
    # The second one always draws another face, as other weights would.
    monkeypatch.setattr(second, "draw_layers", lambda _, names: first.draw_layers(elsewhere, names))
    every = Bends(other=second, shares=dict.fromkeys(first.layers, 1.0))
    assert torch.allclose(first.draw_bent(latent, every), first.synthesize(elsewhere), atol=1e-5)
    field = Bends(other=second, shares={"field": 1.0})
    first.draw_bent(latent, field)
    assert first.warp is not None
    assert torch.equal(first.warp, first.network.layers(elsewhere).field)


class Recorder:
    """Stands in for a card: replays by drawing again."""

    def __call__(self, draw: Draw, noise: NoiseMode, inputs: tuple[Tensor, ...]) -> Recording:
        with torch.inference_mode(False), torch.no_grad():
            places = tuple(torch.empty_like(tensor).copy_(tensor) for tensor in inputs)
            first = draw(noise, *places)
            assert first is not None
            image = torch.empty_like(first)

        def replay() -> None:
            drawn = draw(noise, *places)
            assert drawn is not None
            image.copy_(drawn)

        return Recording(places, image, replay)


@pytest.mark.parametrize("name", ["skip", "resnet", "orig"])
def test_recorded_pieces_draw_what_the_network_draws(name: str) -> None:
    generator, fast = stylegan2(name), stylegan2(name)
    pieces: list[int] = []

    def record(piece: nn.Module, inputs: tuple[Tensor, ...]) -> Draw:
        pieces.append(len(inputs))
        return CudaGraphs(draw_piece(piece), Recorder())

    fast.set_backend(None, lambda names: cut(fast, record, names))
    names = ["b8.conv1", "b16.conv0"]
    fast.prepare_bends(names, batch=2)
    assert pieces == [1, 2, 2]
    for seed in (3, 4):
        latent = generator.sample([seed, seed + 1])
        bends = Bends({each: lambda x, gain=seed: x.flip(3) * gain for each in names})
        wanted = generator.draw_bent(latent, bends)
        assert relative_error(fast.draw_bent(latent, bends), wanted) < 1e-4
    assert len(pieces) == 3  # nothing is built anew where only what bends is another


def test_what_is_not_prepared_is_drawn_by_the_network() -> None:
    generator, fast = stylegan2(), stylegan2()
    fast.set_backend(None, lambda names: cut(fast, record_never, names))
    latent = generator.sample([3])
    bends = Bends({"b8.conv1": lambda x: x.flip(3)})
    assert torch.equal(fast.draw_bent(latent, bends), generator.draw_bent(latent, bends))


def record_never(piece: nn.Module, inputs: tuple[Tensor, ...]) -> Draw:
    raise AssertionError("nobody asked for it")


def test_only_the_last_layers_stay_prepared() -> None:
    fast = stylegan2()
    made: list[tuple[str, ...]] = []

    def note(names: tuple[str, ...]) -> Callable[..., Tensor]:
        made.append(names)
        return lambda *_: torch.zeros(1, 3, 32, 32)

    fast.set_backend(None, note)
    singles = [(name,) for name in fast.layers]
    assert len(singles) == MOST_CUTS
    for names in [*singles, ("input", "b4.conv1"), ("b32.conv1",), ("input",)]:
        fast.prepare_bends(names)
    assert made == [*singles, ("input", "b4.conv1"), ("input",)]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_replays_bent_what_the_processor_draws_bent() -> None:
    generator = stylegan2()
    fast = open_source(Source("stylegan2", "ours", {}, plain.random_state(SHAPES["skip"]), FREE), torch.device("cuda"))
    fast.set_backend(None, lambda names: cut(fast, record_piece, names))
    fast.prepare_bends(["b16.conv1"])
    bends = Bends({"b16.conv1": lambda x: x.flip(3)})
    latent = generator.sample([3])
    with torch.inference_mode():
        assert relative_error(fast.draw_bent(latent.cuda(), bends).cpu(), generator.draw_bent(latent, bends)) < 1e-2
