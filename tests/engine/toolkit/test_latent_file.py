"""Saved faces and directions: there and back, and every way in which a file can be wrong."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from likeness.errors import WeightsError
from likeness.toolkit.latent_file import (
    read_about,
    read_direction,
    read_directions,
    read_latent,
    write_direction,
    write_directions,
    write_latent,
)


def test_a_face_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    latent = torch.randn(4, 16)
    write_latent(tmp_path / "new folder" / "anna.safetensors", latent)
    assert torch.equal(read_latent(tmp_path / "new folder" / "anna.safetensors", 4, 16), latent)
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["anna.safetensors"]


def test_a_direction_of_one_row_goes_to_every_layer(tmp_path: Path) -> None:
    direction = torch.randn(16)
    write_direction(tmp_path / "smile.safetensors", direction)
    assert torch.equal(read_direction(tmp_path / "smile.safetensors", 3, 16), direction.repeat(3, 1))


def test_other_programs_files_are_read_in_any_float(tmp_path: Path) -> None:
    save_file({"latent": torch.ones(2, 3, dtype=torch.float16)}, str(tmp_path / "a.safetensors"))
    assert read_latent(tmp_path / "a.safetensors", 2, 3).dtype == torch.float32


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"latent": torch.ones(5, 16)}, r"\[5, 16\].*\[4, 16\]"),
        ({"latent": torch.ones(16)}, r"\[16\].*\[4, 16\]"),
        ({"direction": torch.ones(4, 16)}, "no tensor 'latent', only direction"),
        ({"latent": torch.full((4, 16), float("nan"))}, "NaN"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_what_is_wrong(
    tensors: dict[str, torch.Tensor], said: str, tmp_path: Path
) -> None:
    save_file(tensors, str(tmp_path / "a.safetensors"))
    with pytest.raises(WeightsError, match=said):
        read_latent(tmp_path / "a.safetensors", 4, 16)


def test_no_file_and_half_a_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no file .*absent"):
        read_latent(tmp_path / "absent.safetensors", 4, 16)
    write_latent(tmp_path / "a.safetensors", torch.ones(4, 16))
    whole = (tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_latent(tmp_path / "a.safetensors", 4, 16)


def test_a_direction_of_another_generator_is_refused(tmp_path: Path) -> None:
    write_direction(tmp_path / "a.safetensors", torch.ones(8))
    with pytest.raises(WeightsError, match=r"\[8\].*\[4, 16\] or \[16\]"):
        read_direction(tmp_path / "a.safetensors", 4, 16)


def test_what_has_not_the_shape_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="one of the batch"):
        write_latent(tmp_path / "a.safetensors", torch.ones(1, 4, 16))
    with pytest.raises(WeightsError, match="direction"):
        write_direction(tmp_path / "a.safetensors", torch.ones(1, 4, 16))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="could not be written"):
        write_latent(tmp_path / "file" / "a.safetensors", torch.ones(4, 16))


def test_several_directions_come_back_with_what_they_say_of_themselves(tmp_path: Path) -> None:
    bank, about = torch.randn(5, 3, 16), {"method": "principal", "licence": "CC0"}
    write_directions(tmp_path / "bank.safetensors", bank, about)
    assert torch.equal(read_directions(tmp_path / "bank.safetensors", 3, 16), bank)
    assert read_about(tmp_path / "bank.safetensors") == about
    write_direction(tmp_path / "one.safetensors", bank[0])
    assert torch.equal(read_directions(tmp_path / "one.safetensors", 3, 16), bank[:1])
    assert read_about(tmp_path / "one.safetensors") == {}


def test_a_bank_is_not_moved_by_one_amount(tmp_path: Path) -> None:
    save_file({"directions": torch.ones(3, 4, 16)}, tmp_path / "rims.safetensors")
    with pytest.raises(WeightsError, match="rims is a bank of several directions"):
        read_direction(tmp_path / "rims.safetensors", 4, 16)


def test_directions_of_another_generator_are_refused_with_both_shapes(tmp_path: Path) -> None:
    write_directions(tmp_path / "bank.safetensors", torch.randn(5, 3, 16))
    with pytest.raises(WeightsError, match=r"\[5, 3, 16\], this generator takes \[n, 4, 16\]"):
        read_directions(tmp_path / "bank.safetensors", 4, 16)
