"""What a direction changes, where the picture and the judges can be worked out."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.directions.effects import draw_strips, measure_effects
from likeness.directions.labelled_latents import classify_samples, encode_pictures
from likeness.evaluation.attribute_classifier import AttributeClassifier


class MeanColour:
    def pooled(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


@pytest.fixture
def judges() -> dict[str, AttributeClassifier]:
    """Judges of 200 plain colours: is it red, is it green."""
    colours = torch.rand(200, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return {
        name: AttributeClassifier(colours, (colours[:, i] > 0).double().tolist(), name)
        for i, name in enumerate(("red", "green"))
    }


def test_a_direction_changes_its_own_attribute_and_leaves_the_other(
    toy: Callable[..., Any], judges: dict[str, AttributeClassifier]
) -> None:
    generator = toy(1, 8)
    toward = {"red": torch.eye(8)[:1], "green": -torch.eye(8)[1:2], "nothing": torch.eye(8)[5:6]}
    changed = measure_effects(generator, MeanColour(), toward, judges, range(8))
    assert changed["red"]["red"] > 0.7
    assert changed["green"]["green"] < -0.7
    assert changed["red"]["green"] == pytest.approx(0.0, abs=0.35)
    assert changed["nothing"] == pytest.approx({"red": 0.0, "green": 0.0}, abs=1e-6)


def test_samples_are_labelled_by_how_sure_the_judges_are(
    toy: Callable[..., Any], judges: dict[str, AttributeClassifier]
) -> None:
    latents, labels = classify_samples(toy(1, 8), MeanColour(), judges, 64)
    assert latents.shape == (64, 1, 8)
    pairs = torch.stack([torch.tensor(labels["red"], dtype=torch.float64), torch.tanh(latents[:, 0, 0]).double()])
    assert float(torch.corrcoef(pairs)[0, 1]) > 0.9


def test_pictures_of_which_nothing_is_known_are_not_encoded(tmp_path: Any, root: Any) -> None:
    class Encoder:
        def encode(self, pictures: Tensor) -> Tensor:
            return pictures.mean((2, 3))[:, None]

    (tmp_path / "no.png").write_text("no picture", encoding="utf-8")
    files = [tmp_path / "no.png", root / "docs" / "demo.png"]
    latents, good = encode_pictures(Encoder(), files, 16, torch.device("cpu"))
    assert latents.shape == (1, 1, 3)
    assert good == [False, True]


def test_a_strip_goes_from_one_side_through_rest_to_the_other(toy: Callable[..., Any]) -> None:
    sheet = draw_strips(toy(1, 8), [torch.eye(8)[:1], torch.eye(8)[1:2]], (3,), (-2.0, 0.0, 2.0), side=8)
    assert sheet.shape == (2 * 10 - 2, 3 * 10 - 2, 3)
    red = [int(sheet[2, 10 * i + 2, 0]) for i in range(3)]
    assert red == sorted(red)
    assert red[0] < red[2]
    assert len({int(sheet[2, 10 * i + 2, 1]) for i in range(3)}) == 1
