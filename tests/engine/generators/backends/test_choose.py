"""The fast ways to draw draw the same pictures, and a choice is said with its reason."""

from pathlib import Path

import pytest
import torch
from tests.reference import pickles
from tests.reference import tensorflow as tf
from tests.reference.parity import case, relative_error

from likeness.errors import LikenessError
from likeness.generators.backends.choose import choose, prepare
from likeness.generators.devices import multiplies_bfloat16
from likeness.generators.families.registry import open_family
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.networks.dcgan import Decoder

CPU = torch.device("cpu")
MAKERS = ("sg2_skip", "sg3_t", "sg3_r", "stylegan1")


def opened(name: str, folder: Path) -> StyleGenerator:
    path = folder / "network.pkl"
    if name == "stylegan1":
        path.write_bytes(pickles.tensorflow_pickle(tf.stylegan1_variables(16), {}))
    else:
        path.write_bytes(pickles.official_pickle(case(name).state, case(name).kwargs))
    generator = open_family(path, CPU)
    assert isinstance(generator, StyleGenerator)
    return generator


@pytest.mark.parametrize("name", list(MAKERS))
def test_what_auto_picks_draws_the_same_picture(name: str, tmp_path: Path) -> None:
    generator = opened(name, tmp_path)
    latent = generator.sample([4])
    plain = generator.synthesize(latent).clone()
    said: list[str] = []
    choice = prepare(generator, progress=said.append)
    assert choice.reason
    assert len(said) == 3
    drawn = generator.synthesize(latent)
    assert drawn.dtype == torch.float32
    spread = plain.max() - plain.min()
    wanted = 30 if choice.precision == "bfloat16" else 80
    assert 10 * torch.log10(spread.square() / (drawn - plain).square().mean()) > wanted
    assert torch.equal(generator.synthesize(latent), generator.synthesize(latent))
    batch = generator.sample([4, 5])
    assert generator.synthesize(batch).shape == (2, *plain.shape[1:])


@pytest.mark.parametrize("name", ["sg2_skip", "sg3_t"])
def test_float32_after_bfloat16_is_float32_again(name: str, tmp_path: Path) -> None:
    generator = opened(name, tmp_path)
    latent = generator.sample([4])
    plain = generator.synthesize(latent).clone()
    prepare(generator, "eager", "bfloat16")
    assert not torch.equal(generator.synthesize(latent), plain)
    prepare(generator, "eager", "float32")
    assert torch.equal(generator.synthesize(latent), plain)


@pytest.mark.parametrize("name", list(MAKERS))
def test_openvino_draws_the_same_picture_and_follows_the_plane(name: str, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    generator = opened(name, tmp_path)
    latent = generator.sample([4])
    plain = generator.synthesize(latent).clone()
    prepare(generator, "openvino", "float32")
    assert relative_error(generator.synthesize(latent), plain) < 1e-4
    if name == "sg3_t":
        generator.move(0.2, 0.1, 15)
        moved = generator.synthesize(latent)
        assert relative_error(moved, plain) > 0.1
        prepare(generator, "eager", "float32")
        assert relative_error(moved, generator.synthesize(latent)) < 1e-4


@pytest.mark.long
def test_a_compiled_network_draws_the_same_picture(tmp_path: Path) -> None:
    generator = opened("sg2_skip", tmp_path)
    latent = generator.sample([4])
    plain = generator.synthesize(latent).clone()
    prepare(generator, "compile", "float32")
    assert relative_error(generator.synthesize(latent), plain) < 1e-4


def test_what_is_asked_for_and_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = opened("sg2_skip", tmp_path)
    monkeypatch.setattr("likeness.generators.backends.choose.is_installed", lambda name: False)
    monkeypatch.setattr("likeness.generators.backends.choose.has_compiler", lambda: False)
    with pytest.raises(LikenessError, match="pip install"):
        choose(generator, "openvino", "auto")
    with pytest.raises(LikenessError, match="compiler"):
        choose(generator, "compile", "auto")
    with pytest.raises(LikenessError, match="wanted one of"):
        prepare(generator, "warp")
    choice = choose(generator, "auto", "auto")
    assert choice.backend == "eager"
    assert choice.precision == ("bfloat16" if multiplies_bfloat16() else "float32")


def test_a_backend_that_fails_leaves_eager_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = opened("sg2_skip", tmp_path)
    latent = generator.sample([4])

    def fail(*_: object) -> None:
        raise RuntimeError("no such primitive\nat line 3")

    monkeypatch.setattr("likeness.generators.backends.choose.is_installed", lambda name: True)
    monkeypatch.setattr("likeness.generators.backends.choose.build_openvino_model", fail)
    assert prepare(generator, "auto", "float32").backend == "eager"
    assert generator.synthesize(latent).shape == (1, 3, 64, 64)
    with pytest.raises(LikenessError, match="no such primitive"):
        prepare(generator, "openvino")


def test_a_device_that_is_too_small_for_the_last_way_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    generator = opened("sg2_skip", tmp_path)
    monkeypatch.setattr("likeness.generators.backends.choose.is_installed", lambda name: True)
    monkeypatch.setattr("likeness.generators.backends.choose.build_openvino_model", fail)
    with pytest.raises(torch.OutOfMemoryError):
        prepare(generator, "openvino")


def test_a_family_with_one_way_to_draw_says_so(tmp_path: Path) -> None:
    torch.manual_seed(0)
    decoder = Decoder(5, [4, 4], norm=False)
    tensors = {name.replace("layers", "main"): value for name, value in decoder.state_dict().items()}
    (tmp_path / "g.pt").write_bytes(pickles.saved(tensors))
    generator = open_family(tmp_path / "g.pt", CPU)
    assert generator is not None
    assert prepare(generator).backend == "eager"
    with pytest.raises(LikenessError, match="eagerly"):
        prepare(generator, "compile")
