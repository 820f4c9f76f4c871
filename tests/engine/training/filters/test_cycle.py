"""CycleGAN: two filters from two folders, the same in two sittings, and honest about what they have learnt."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import pytest
import torch
from tests.engine.drawn_faces import drawn_face
from tests.engine.training import toy
from torch import Tensor

from likeness.errors import TrainingError
from likeness.generators.filter_file import open_filter
from likeness.training.compute import Compute
from likeness.training.filters.cycle import BACK, CycleRecipe
from likeness.training.recipe import EXPORT, RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")
OWN = {"width": 4, "inner": 6, "blocks": 1, "critic": 4, "pool": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with five faces as photos, and the negatives of five others."""
    for name, first in {"photos": 0, "negatives": 20}.items():
        (tmp_path / name).mkdir()
        for seed in range(first, first + 5):
            face = drawn_face(seed, 32)
            cv2.imwrite(str(tmp_path / name / f"{seed:03d}.png"), 255 - face if name == "negatives" else face)
    return tmp_path


def settings(folder: Path, steps: int, **own: object) -> Settings:
    wanted = {**OWN, "other": str(folder / "negatives"), **own}
    return Settings(
        "cycle", str(folder / "photos"), size=32, batch=2, steps=steps, preview_s=1e6, precision="float32", own=wanted
    )


def test_a_run_ends_in_two_filters_named_after_the_folders(folder: Path) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 3))
    summary = train(run, "cpu")
    assert open_filter(run.path / EXPORT, CPU).info.styles == ("negatives",)
    assert open_filter(run.path / BACK, CPU).info.styles == ("photos",)
    assert "photos to negatives: pictures changed by" in summary.conclusion
    assert "negatives to photos: pictures changed by" in summary.conclusion
    sheet = cv2.imread(str(next((run.path / "cycles").glob("*.png"))))
    assert sheet.shape == (6 * 36 - 4, 8 * 36 - 4, 3)


def test_the_same_run_in_two_sittings_learns_the_same(folder: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, halves = (RunFolder.begin(folder / name, settings(folder, 4)) for name in ("whole", "halves"))
        train(whole, "cpu")
        # By then the pool is full, and pictures of the first sitting are shown in the second.
        train(halves, "cpu", toy.stopped_after(2))
        train(halves, "cpu")
    finally:
        torch.set_num_threads(threads)
    ends = [torch.load(run.checkpoints()[-1], weights_only=True) for run in (whole, halves)]
    for network in ("filters", "critics", "averages"):
        one, other = (end["networks"][network] for end in ends)
        assert all(torch.equal(tensor, other[name]) for name, tensor in one.items()), network
    assert torch.equal(ends[0]["own"]["there"], ends[1]["own"]["there"])


def test_the_filters_learn_from_the_critics_and_the_critics_not_from_them(folder: Path) -> None:
    recipe = CycleRecipe(settings(folder, 1, identity=0.0), Compute("cpu", "float32"))
    photos = torch.rand(2, 3, 32, 32) * 2 - 1
    seen: list[bool] = []
    judge = recipe._critic_loss

    def watch(real: Mapping[str, Tensor], drawn: Mapping[str, Tensor]) -> Tensor:
        filters, critics = recipe.networks()["filters"], recipe.networks()["critics"]
        seen.append(all(weight.grad is not None for weight in filters.parameters()))
        seen.append(all(weight.grad is None for weight in critics.parameters()))
        return judge(real, drawn)

    recipe._critic_loss = watch  # type: ignore[method-assign]  # to look in between
    losses = recipe.step([photos], RunProgress(0, 0, 0.0))
    assert seen == [True, True]
    assert set(losses) == {"fooled", "cycle", "critics"}


def test_filters_that_only_copy_are_told_at_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 1))
    monkeypatch.setattr(CycleRecipe, "_translate", lambda self, name, images: images)
    there, back, _ = train(run, "cpu").conclusion.splitlines()
    for line in (there, back):
        assert "pictures changed by 0%" in line
        assert "only learnt the identity: lower --identity and --cycle" in line


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"crop": 20}, "crop is 0 or a multiple of 8 px from 32 on, 20 came"),
        ({"crop": 72}, "crop is from 0 to 32, 72 came"),
        ({"pool": -1}, "pool is from 0 to 1000, -1 came"),
        ({"other": "/absent"}, "there is no folder /absent"),
    ],
)
def test_settings_out_of_range_are_one_line(folder: Path, own: dict[str, object], message: str) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 2, **own))
    with pytest.raises(TrainingError, match=message):
        train(run, "cpu")
