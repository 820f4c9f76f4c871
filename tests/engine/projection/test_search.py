"""Searches find what a generator drew, whatever its family, and do the same each time."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.conftest import ToyGenerator
from torch import Tensor

from likeness.errors import LikenessError
from likeness.generator import NoiseMode, SearchDrawing
from likeness.projection.loss import LossWeights, ProjectionLoss, face_mask
from likeness.projection.search import EXACT_EVERY, FALL, TURNS, Step, default_rate, project, scale_rate

# Without a prior the drawn latent itself is the best there is.
FREE = LossWeights(prior=0.0)


class Gradientless(ToyGenerator):
    """As a program outside torch: its pictures know nothing of the latent's gradient."""

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        return super().synthesize(torch.from_numpy(latent.detach().numpy()), noise)


class Refusing(ToyGenerator):
    """As ONNX: it takes arrays, which a latent that wants its gradient does not become."""

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        return super().synthesize(torch.from_numpy(latent.numpy()), noise)


def drawn(generator: ToyGenerator, *seeds: int) -> Tensor:
    return generator.synthesize(0.7 * generator.sample(seeds))


def test_a_search_comes_to_the_picture_that_was_drawn(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    target = drawn(generator, 3)
    steps = list(project(generator, target, steps=150, weights=FREE))
    assert [step.number for step in steps] == list(range(151))
    assert steps[0].latent.equal(generator.mean[None])
    assert (generator.synthesize(steps[-1].latent) - target).abs().mean() < 0.02
    assert (generator.synthesize(steps[0].latent) - target).abs().mean() > 0.2


@pytest.mark.parametrize("kind", [Gradientless, Refusing])
def test_a_generator_without_a_gradient_is_felt_out(kind: type[ToyGenerator]) -> None:
    generator = kind(w_dim=4)
    target = drawn(generator, 5)
    losses = [step.loss for step in project(generator, target, steps=120, weights=FREE)]
    assert losses[-1] < 0.05 * losses[0]


def test_pictures_of_a_batch_do_not_know_of_each_other(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    *_, both = project(generator, drawn(generator, 3, 4), steps=20)
    *_, alone = project(generator, drawn(generator, 4), steps=20)
    assert torch.allclose(both.latent[1], alone.latent[0], atol=1e-5)
    assert both.losses.shape == (2,)
    assert both.loss == pytest.approx(float(both.losses.mean()))


def test_the_same_search_takes_the_same_steps_to_the_bit() -> None:
    generator = Gradientless(w_dim=4)
    runs = [[step.latent for step in project(generator, drawn(generator, 1), steps=10, seed=s)] for s in (6, 6, 7)]
    assert torch.equal(torch.cat(runs[0]), torch.cat(runs[1]))
    assert not torch.equal(runs[0][-1], runs[2][-1])


def test_a_step_that_was_handed_out_is_not_changed_by_later_ones(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    search = project(generator, drawn(generator, 1), steps=5)
    first = next(search)
    kept = first.latent.clone()
    list(search)
    assert torch.equal(first.latent, kept)


def test_a_search_goes_on_in_inference_mode(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    with torch.inference_mode():
        target = drawn(generator, 2)
        losses = [step.loss for step in project(generator, target, start=generator.sample([9]), steps=10)]
    assert losses[-1] < losses[0]


def test_a_start_is_where_it_starts_and_saves_steps(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    target = drawn(generator, 8)
    near = 0.68 * generator.sample([8])
    steps = list(project(generator, target, start=near, steps=3))
    assert torch.allclose(steps[0].latent, near, atol=1e-6)
    assert steps[0].loss < next(project(generator, target)).loss


def test_a_search_that_gains_nothing_more_ends_by_itself(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    mean = generator.synthesize(generator.mean[None])
    steps = list(project(generator, mean, steps=500, patience=7))
    assert len(steps) < 50


def test_a_mask_leaves_out_what_it_does_not_mark(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    target = drawn(generator, 3)
    upper = torch.zeros(1, 1, 32, 32)
    upper[..., :8, :] = 1
    only = LossWeights(pixel=0.0, masked=1.0, prior=0.0)
    *_, last = project(generator, target, steps=150, mask=upper, weights=only)
    apart = (generator.synthesize(last.latent) - target).abs()
    assert apart[..., :8, :].mean() < 0.02
    assert apart[..., 8:, :].mean() > 0.2


def test_the_prior_holds_a_search_near_the_mean(toy: Callable[..., ToyGenerator]) -> None:
    generator = toy()
    lengths = []
    for prior in (0.0, 10.0):
        *_, last = project(generator, drawn(generator, 3), steps=100, weights=LossWeights(prior=prior))
        lengths.append(float(last.latent.norm()))
    assert lengths[1] < 0.7 * lengths[0]


def test_the_eye_takes_part(toy: Callable[..., ToyGenerator]) -> None:
    def eye(pictures: Tensor) -> list[Tensor]:
        return [pictures.mean((2, 3), keepdim=True)]

    generator = toy()
    target = drawn(generator, 3)
    *_, last = project(
        generator, target, steps=250, feature_net=eye, weights=LossWeights(pixel=0.0, masked=0.0, prior=0.0)
    )
    found, wanted = (picture.mean((2, 3)) for picture in (generator.synthesize(last.latent), target))
    assert torch.nn.functional.cosine_similarity(found, wanted).item() > 0.99


def test_features_take_turns_at_first_and_the_ends_of_a_search_are_exact(toy: Callable[..., ToyGenerator]) -> None:
    seen: list[Tensor] = []

    def eye(pictures: Tensor) -> list[Tensor]:
        seen.append(pictures)
        return [pictures[..., ::4, ::4]]

    generator, steps = toy(), 10
    target, mask = drawn(generator, 3), torch.zeros(1, 1, 32, 32)
    mask[..., 4:28, 6:26] = 1
    first, *_, last = project(generator, target, steps=steps, mask=mask, feature_net=eye)
    turns = sum(0 < number < TURNS * steps for number in range(steps + 1))
    # Two parts of the target, and of each step two or one.
    assert 0 < turns < steps
    assert len(seen) == 2 + 2 * (steps + 1) - turns
    exact = ProjectionLoss(target, 32, mask, eye, 128, LossWeights())
    deviation = (generator.sample(range(64)) - generator.mean).square().mean().sqrt()
    for step in (first, last):
        place = (step.latent - generator.mean) / deviation
        prior = place.square().mean() + (place - place.mean(1, keepdim=True)).square().mean()
        wanted = exact.distance(generator.synthesize(step.latent)) + LossWeights().prior * prior
        assert step.loss == pytest.approx(float(wanted), rel=1e-4)


class Drafting(ToyGenerator):
    """A generator that draws for a search, and notes in which steps that was exact; between them it is brighter."""

    def __init__(self) -> None:
        super().__init__()
        self.exact: list[bool] = []

    def make_search_drawing(self) -> SearchDrawing:
        def draw(latent: Tensor, *, exact: bool) -> Tensor:
            self.exact.append(exact)
            return self.synthesize(latent) + (0.0 if exact else 0.01)

        return draw


def test_what_draws_for_a_search_is_exact_at_its_ends_and_now_and_then() -> None:
    generator = Drafting()
    target = drawn(generator, 3)
    steps = list(project(generator, target, steps=10, weights=FREE))
    assert [number for number, exact in enumerate(generator.exact) if exact] == [0, EXACT_EVERY, 2 * EXACT_EVERY, 10]
    for step in (steps[0], steps[-1]):
        wanted = FREE.pixel * (generator.synthesize(step.latent) - target).square().mean()
        assert step.loss == pytest.approx(float(wanted), rel=1e-5)


def test_the_rate_rises_and_falls_as_in_the_paper() -> None:
    assert scale_rate(0.0) == 0.0
    assert scale_rate(0.025) == pytest.approx(0.5)
    assert scale_rate(0.05) == scale_rate(0.5) == scale_rate(1 - FALL) == 1.0
    assert scale_rate(1 - FALL / 2) == pytest.approx(0.5)
    assert scale_rate(1.0) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("target", "start", "said"),
    [((1, 3, 8, 9), (1, 4, 16), "square"), ((1, 3, 32, 32), (1, 5, 16), "same weights")],
)
def test_what_does_not_fit_is_refused(
    target: tuple[int, ...], start: tuple[int, ...], said: str, toy: Callable[..., ToyGenerator]
) -> None:
    with pytest.raises(LikenessError, match=said):
        next(project(toy(), torch.zeros(target), start=torch.zeros(start)))


def test_the_shipped_composite_is_searched_by_its_gradient(root: Path) -> None:
    from likeness import open_generator

    generator = open_generator(root / "weights" / "composite-256.safetensors")
    target = generator.synthesize(0.7 * generator.sample([5]))
    steps: list[Step] = list(project(generator, target, steps=12, mask=face_mask(256)))
    assert steps[-1].loss < 0.5 * steps[0].loss


def test_short_searches_take_longer_steps() -> None:
    assert [default_rate(steps) for steps in (1, 20, 100, 400)] == [0.3, 0.3, 0.2, 0.1]
