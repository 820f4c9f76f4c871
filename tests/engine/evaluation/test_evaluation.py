"""A toy generator, measured whole: by the real features, against pictures that it drew itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from likeness.evaluation.evaluation import evaluate, measure_kernel_distance, use_float32
from likeness.evaluation.labels import Labels, parse_attribute
from likeness.evaluation.plan import EvaluationPlan
from likeness.evaluation.report import draw_nearest_sheet
from likeness.generators.perceptual import open_features
from likeness.picture import to_pictures, write_picture

PLAN = EvaluationPlan(samples=24, pairs=1, seeds=range(4), hold_out=4)


@pytest.fixture
def folder(toy: Callable[..., Any], tmp_path: Path) -> Path:
    """24 pictures by the toy, whose first stripe's red is an attribute; number 4 is its own seed 0 at psi 0.7."""
    generator = toy(2, 6)
    latents = generator.sample(range(500, 524))
    latents[4] = generator.sample([0])[0] * 0.7
    for index, picture in enumerate(to_pictures(generator.synthesize(latents))):
        write_picture(tmp_path / f"{index:02}.png", picture)
    return tmp_path


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_everything_is_measured_in_one_go(toy: Callable[..., Any], folder: Path) -> None:
    torch.manual_seed(0)
    generator, network = toy(2, 6), open_features()
    files = sorted(folder.iterdir())
    red = generator.sample(range(500, 524))[:, 0, 0]
    rows = {file.name: {"file": file.name, "red": str(float(value))} for file, value in zip(files, red, strict=True)}
    plan = EvaluationPlan(**{**PLAN.__dict__, "attributes": (parse_attribute("red=red"),)})
    stages = set()
    found = evaluate(generator, network, files, plan, Labels(rows, "rows"), lambda stage, _d, _a: stages.add(stage))
    assert stages == {"pictures", "samples", "paths", "faces"}
    assert (found.samples, found.training.pictures) == (24, 20)
    assert found.held_out is not None
    assert found.held_out.pictures == 4
    # The toy drew the pictures: as near as the training ones are to the held-out ones, within what so few tell.
    assert found.floor is not None
    assert abs(found.training.kernel) < 60
    assert found.training.precision is not None
    assert found.training.precision > 0.5
    # Its seed 0 is among the training pictures, to the byte.
    assert found.memorised.closest == pytest.approx(0.0, abs=1e-3)
    assert found.memorised.closer >= 1
    assert found.pictures[0][1].name == "04.png"
    assert found.path is not None
    assert found.path.w_full > 0
    assert found.separable is not None
    assert set(found.separable.entropies) == {"red"}
    assert found.faces is not None
    assert found.faces.found == 0
    assert draw_nearest_sheet(found.pictures, 16).shape == (16, 2 * len(found.pictures) * 20 - 4, 3)


def test_a_generator_that_draws_something_else_is_farther_away(toy: Callable[..., Any], folder: Path) -> None:
    generator, network = toy(2, 6), open_features()
    files = sorted(folder.iterdir())
    own = measure_kernel_distance(generator, network, files, PLAN)
    generator.sample = lambda seeds: torch.zeros(len(seeds), 2, 6)
    assert measure_kernel_distance(generator, network, files, PLAN) > own + 20


def test_a_generator_of_ours_is_made_to_draw_in_float32(toy: Callable[..., Any]) -> None:
    generator = toy()
    for part in ("network", "refiner"):
        setattr(generator, part, torch.nn.Linear(2, 2, dtype=torch.bfloat16))
    use_float32(generator)
    assert (generator.network.weight.dtype, generator.refiner.weight.dtype) == (torch.float32, torch.float32)
