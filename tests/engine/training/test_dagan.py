"""The DAGAN: pairs of a class, a critic that sees both, weights that draw, and honesty about its noise."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.engine.training import toy

from likeness.errors import TrainingError, WeightsError
from likeness.generators.families.registry import open_family, unknown_family
from likeness.generators.variation_file import open_variation
from likeness.training.compute import Compute
from likeness.training.dagan import DAGANRecipe
from likeness.training.recipe import EXPORT, RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")
OWN = {"width": 4, "z_dim": 6}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three classes, grey with a square of their own, six pictures each."""
    rng = np.random.default_rng(0)
    for level in (60, 120, 200):
        (tmp_path / "classes" / str(level)).mkdir(parents=True)
        for number in range(6):
            picture = np.full((16, 16), level, np.uint8)
            top, left = rng.integers(0, 10, 2)
            picture[top : top + 6, left : left + 6] = 255 - level
            cv2.imwrite(str(tmp_path / "classes" / str(level) / f"{number}.png"), picture)
    return tmp_path


def settings(folder: Path, steps: int, **own: object) -> Settings:
    return Settings(
        "dagan", str(folder / "classes"), size=16, batch=4, steps=steps, preview_s=1e6, precision="float32",
        own={**OWN, **own},
    )  # fmt: skip


def test_a_run_ends_in_a_network_that_draws_as_its_average_and_in_a_sheet(folder: Path) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 3))
    summary = train(run, "cpu")
    assert summary.complete
    assert "Two drawings of a picture differ by" in summary.conclusion
    assert summary.played_by == f"likeness augment FOLDER -o NEW --dagan {run.path}"
    sheet = cv2.imread(str(next((run.path / "variations").glob("*.png"))))
    assert sheet.shape == (4 * 20 - 4, 8 * 20 - 4, 3)
    recipe = DAGANRecipe(run.settings, Compute("cpu", "float32"))
    state = torch.load(run.checkpoints()[-1], weights_only=True)
    for name, network in recipe.networks().items():
        network.load_state_dict(state["networks"][name])
    images, z = torch.rand(2, 3, 16, 16) * 2 - 1, torch.randn(2, 6)
    drawn = open_variation(run.path / EXPORT, CPU).draw(images, z)
    torch.testing.assert_close(drawn, recipe.networks()["average"](images, z))


def test_the_same_run_in_two_sittings_learns_the_same(folder: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, halves = (RunFolder.begin(folder / name, settings(folder, 4)) for name in ("one", "two"))
        train(whole, "cpu")
        train(halves, "cpu", toy.stopped_after(2))
        train(halves, "cpu")
    finally:
        torch.set_num_threads(threads)
    ends = [torch.load(run.checkpoints()[-1], weights_only=True) for run in (whole, halves)]
    for network in ("generator", "critic", "average"):
        one, other = (end["networks"][network] for end in ends)
        assert all(torch.equal(tensor, other[name]) for name, tensor in one.items()), network
    assert torch.equal(ends[0]["own"]["apart"], ends[1]["own"]["apart"])


def test_the_critic_is_shown_each_picture_with_another_and_with_what_is_drawn_of_it(folder: Path) -> None:
    recipe = DAGANRecipe(settings(folder, 1, shift=0.0), Compute("cpu", "float32"))
    shown: list[torch.Tensor] = []
    critic = recipe.networks()["critic"]
    critic.register_forward_pre_hook(lambda _module, given: shown.append(given[0].detach().clone()))
    pairs = torch.rand(3, 6, 16, 16) * 2 - 1
    losses = recipe.step([pairs], RunProgress(0, 0, 0.0))
    assert set(losses) == {"distance", "penalty", "generator"}
    judged, between, fooled = shown
    assert torch.equal(judged[:3], pairs)
    for seen in (judged[3:], between, fooled):
        torch.testing.assert_close(seen[:, :3], pairs[:, :3])
    assert not torch.allclose(judged[3:, 3:], pairs[:, 3:], atol=0.1)


def test_noise_that_changes_nothing_is_told_at_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DAGANRecipe, "_draw", lambda self, photos, seed: photos)
    conclusion = train(RunFolder.begin(folder / "run", settings(folder, 1)), "cpu").conclusion
    assert "differ by 0% of what two pictures of a class do: that is nearly one drawing each time" in conclusion


def test_pictures_of_one_class_are_no_pairs_to_learn_from(folder: Path) -> None:
    for other in ("120", "200"):
        (folder / "classes" / other).rename(folder / other)
    for number in range(6, 14):
        cv2.imwrite(str(folder / "classes" / "60" / f"{number}.png"), np.full((16, 16), 60, np.uint8))
    with pytest.raises(TrainingError, match="1 folders hold two pictures or more to train with, two are wanted"):
        train(RunFolder.begin(folder / "run", settings(folder, 1)), "cpu")


def test_a_dagan_is_not_played_and_a_broken_one_says_so(folder: Path) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 1))
    train(run, "cpu")
    path = run.path / EXPORT
    assert open_family(path, CPU) is None
    assert "is a DAGAN, which draws other pictures of a picture's class" in str(unknown_family(path))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match=str(path)):
        open_variation(path, CPU)


@pytest.mark.parametrize(("own", "line"), [({"z_dim": 0}, "z_dim is from 1"), ({"width": 500}, "width is from 1 to")])
def test_settings_of_its_own_are_checked(folder: Path, own: dict[str, float], line: str) -> None:
    with pytest.raises(TrainingError, match=line):
        DAGANRecipe(settings(folder, 1, **own), Compute("cpu", "float32"))
