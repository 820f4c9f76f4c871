"""A performer's list of faces."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from likeness.errors import ParamError, WeightsError
from likeness.generator import Generator
from likeness.toolkit.face_list import MOST_FACES, draw_seeds, parse_faces, read_faces
from likeness.toolkit.latent_file import write_latent


def test_seeds_follow_from_the_show_and_the_purpose_and_not_from_how_many() -> None:
    assert draw_seeds(5, "walk", 4) == draw_seeds(5, "walk", 9)[:4]
    drawn = draw_seeds(5, "walk", 50) + draw_seeds(6, "walk", 50) + draw_seeds(5, "mixing", 50)
    assert len(set(drawn)) == 150
    assert all(0 <= seed < 2**31 for seed in drawn)


def test_seeds_are_the_same_on_every_machine() -> None:
    # The first eight bytes of `printf '0 walk 0' | sha256sum`.
    assert draw_seeds(0, "walk", 1) == [0xAABE191FFBA22DE6 % 2**31]


def test_seeds_and_files_come_in_their_order_whatever_stands_between() -> None:
    listed = parse_faces(' 7, 12;"my face.safetensors"\nanna.safetensors ')
    assert listed == [7, 12, Path("my face.safetensors"), Path("anna.safetensors")]
    assert parse_faces("") == []


@pytest.mark.parametrize("text", ["7 anna", "-3", "1.5", "anna.pt", "9" * 30])
def test_what_is_neither_is_named(text: str) -> None:
    with pytest.raises(ParamError, match=text.split()[-1]):
        parse_faces(text)


def test_a_list_that_is_too_long_is_refused() -> None:
    with pytest.raises(ParamError, match=f"at most {MOST_FACES}"):
        parse_faces(" ".join(["1"] * (MOST_FACES + 1)))


def test_latents_come_from_generator_and_disk(toy: Callable[..., Generator], tmp_path: Path) -> None:
    generator, saved = toy(4, 16), torch.randn(4, 16)
    write_latent(tmp_path / "a.safetensors", saved)
    read = read_faces(f"7 {tmp_path / 'a.safetensors'}", generator)
    assert torch.equal(read, torch.stack([generator.sample([7])[0], saved]))
    assert read_faces(" ", generator).shape == (0, 4, 16)
    with pytest.raises(WeightsError, match=r"\[4, 16\].*\[14, 16\]"):
        read_faces(str(tmp_path / "a.safetensors"), toy(14, 16))
