"""Pictures and drawings become features by the same way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.evaluation.features import (
    picture_features,
    picture_files,
    read_square,
    round_to_bytes,
    sample_features,
    to_tensor,
)
from likeness.picture import resize_images, to_pictures

CPU = torch.device("cpu")


class MeanColour:
    """Features that can be worked out: the picture's mean colour."""

    def pooled(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


def grey(path: Path, level: int, width: int = 32, height: int = 32) -> Path:
    cv2.imwrite(str(path), np.full((height, width, 3), level, np.uint8))
    return path


def test_bytes_and_numbers_are_one_another_s_inverse() -> None:
    picture = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    (back,) = to_pictures(to_tensor(picture))
    assert np.array_equal(back, picture)


def test_a_drawing_is_rounded_as_a_file_would_round_it() -> None:
    drawn = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2.4 - 1.2
    assert torch.allclose(round_to_bytes(drawn), to_tensor(to_pictures(drawn)[0]), atol=1e-6)


def test_a_fine_pattern_shrinks_to_grey_and_not_to_stripes() -> None:
    stripes = torch.ones(1, 3, 64, 64)
    stripes[..., ::2] = -1
    assert float(resize_images(stripes, 16)[..., 2:-2].abs().max()) < 0.15


def test_the_middle_square_is_taken(tmp_path: Path) -> None:
    picture = np.zeros((20, 60, 3), np.uint8)
    picture[:, 20:40] = 255
    cv2.imwrite(str(tmp_path / "wide.png"), picture)
    assert float(read_square(tmp_path / "wide.png", 20).min()) == 1.0


def test_files_that_are_no_pictures_are_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for index, level in enumerate((0, 51, 255)):
        grey(tmp_path / f"{index}.png", level)
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    (tmp_path / ".hidden").write_text("", encoding="utf-8")
    told: list[tuple[int, int]] = []
    kept, found = picture_features(MeanColour(), picture_files(tmp_path), 16, CPU, lambda *news: told.append(news))
    assert [path.name for path in kept] == ["0.png", "1.png", "2.png"]
    assert found[:, 0].tolist() == pytest.approx([-1.0, -0.6, 1.0], abs=0.01)
    assert "notes.txt" in caplog.text
    assert told[-1] == (4, 4)


def test_samples_are_the_generator_s_seeds_at_their_truncation(toy: Callable[..., Any]) -> None:
    generator = toy(1, 8)
    latents, found = sample_features(MeanColour(), generator, [5, 6], 0.5)
    assert torch.allclose(latents, generator.sample([5, 6]) * 0.5)
    # One stripe of one colour: the first three numbers, squashed.
    assert torch.allclose(found, torch.tanh(latents[:, 0, :3]), atol=0.01)


def test_a_folder_that_is_absent_empty_or_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LikenessError, match="there is no folder"):
        picture_files(tmp_path / "absent")
    with pytest.raises(LikenessError, match="is empty"):
        picture_files(tmp_path)
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    with pytest.raises(LikenessError, match="0 of 1 files are pictures"):
        picture_features(MeanColour(), picture_files(tmp_path), 16, CPU)
