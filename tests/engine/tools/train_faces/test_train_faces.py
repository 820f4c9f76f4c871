"""From pictures to weights with all that goes with them, in several sittings."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.engine.drawn_faces import write_faces

from likeness.encoders.trained import encoder_file
from likeness.errors import TrainingError, WeightsError
from likeness.files.paths import HOME_VARIABLE, RUN_WEIGHTS, find_weights, list_directions
from likeness.gallery.population_file import Population
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import read_header, read_weights, write_weights
from likeness.tools.train_faces import stages
from likeness.tools.train_faces.cut import cut_pictures
from likeness.tools.train_faces.plan import STATE, FacesPlan, FacesState, begin_or_resume
from likeness.tools.train_faces.train_faces import STAGES, FacesCallbacks, train_faces
from likeness.training.run import RunFolder
from likeness.training.train import TrainingSummary

CPU = torch.device("cpu")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home" / "weights"


@pytest.fixture
def plan(tiny_composite: Path) -> FacesPlan:
    return FacesPlan(str(tiny_composite.parent / "faces"), "dolls", 100.0, size=64, components=12, licence="CC0")


@pytest.fixture
def begun(tiny_composite: Path, plan: FacesPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose pictures are cut and whose composite is trained; searches and faces take no time.

    The test that is marked long does all of it for real.
    """
    folder = tmp_path / "run"
    cut_pictures(Path(plan.source), folder / stages.PICTURES, 64, "square")
    (folder / stages.NAMES).write_text("\n".join(f"{number:03d}.png" for number in range(40)))
    shutil.copy(tiny_composite, folder / stages.COMPOSITE)
    FacesState(plan, done={"pictures": "", "composite": ""}).write(folder)
    monkeypatch.setattr(stages, "project_batch", lambda _, files, __: search(len(files)))
    monkeypatch.setattr(stages, "build_population", find_nobody)
    monkeypatch.setattr(stages, "draw_seeds", lambda *_: [np.zeros((8, 8, 3), np.uint8)])
    return folder


def search(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features of pictures, latents, and features of the mirror images."""
    return torch.rand(count, 7936), draw(count), torch.rand(count, 7936)


def draw(count: int) -> torch.Tensor:
    """Latents, `[count, 4, 12]`."""
    return torch.randn(count, 1, 12).expand(-1, 4, -1).contiguous()


def find_nobody(*_: object, **__: object) -> Population:
    raise WeightsError("none of the drawings shows a face")


def refine(run: RunFolder) -> TrainingSummary:
    """Stand in for the minutes of the refiner: weights with a refiner that has learnt nothing."""
    header, tensors = read_weights(Path(str(run.settings.own["base"])))
    own = {Refiner.prefix + name: tensor for name, tensor in Refiner().state_dict().items()}
    write_weights(run.path / RUN_WEIGHTS, header, tensors | own)
    run.mark_complete(2)
    return TrainingSummary(2, 12, 1.0, complete=True)


def test_a_run_without_time_for_the_refiner_plays_by_its_name_with_encoder_and_directions(
    begun: Path, plan: FacesPlan, home: Path
) -> None:
    said: list[tuple[str, str]] = []
    assert train_faces(begun, plan, "cpu", FacesCallbacks(on_stage=lambda *stage: said.append(stage)))
    weights = find_weights("dolls")
    assert weights == home / "dolls.safetensors"
    generator = open_composite(weights, CPU)
    assert generator.synthesize(generator.sample([3])).shape == (1, 3, 64, 64)
    assert encoder_file(weights).is_file()
    bank = load_file(list_directions("dolls")["principal"])["directions"]
    assert bank.shape == (12, 4, 12)
    assert (begun / "dolls.png").is_file()
    told = {name: text for name, text in said if text}
    assert told["refine"].startswith("left out: no time")
    assert told["population"].startswith("none: no face")
    header = read_header(weights)
    assert header is not None
    assert header.licence.name == "CC0"
    # Single hairs along a crisp outline, since these heads are whole.
    assert header.arguments["whole_heads"] is True
    assert header.arguments["outline"] == stages.OUTLINE
    assert header.arguments["hair_texture"] == stages.HAIR_TEXTURE


def test_a_run_that_dies_at_any_stage_goes_on_there(begun: Path, plan: FacesPlan, home: Path) -> None:
    done: list[str] = []

    def die_at(last: str) -> FacesCallbacks:
        def on_stage(name: str, said: str) -> None:
            if said:
                done.append(name)
            elif name == last:
                raise KeyboardInterrupt

        return FacesCallbacks(on_stage=on_stage)

    for name in STAGES[2:]:
        with pytest.raises(KeyboardInterrupt):
            train_faces(begun, plan, "cpu", die_at(name))
    assert train_faces(begun, plan, "cpu", die_at(""))
    assert done == list(STAGES[2:])


def test_latents_that_were_found_are_not_searched_for_again(
    begun: Path, plan: FacesPlan, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callbacks = FacesCallbacks()
    stop_after_one = FacesCallbacks(on_progress=lambda *_: callbacks.stop.set(), stop=callbacks.stop)
    assert not train_faces(begun, plan, "cpu", stop_after_one)
    kept = {path: path.stat().st_mtime_ns for path in (begun / stages.SEARCH).iterdir()}
    assert len(kept) == 1
    with monkeypatch.context() as patch:
        patch.setattr(stages, "finish_weights", lambda *_: pytest.fail("the search is not done"))
        patch.setattr(stages, "project_batch", lambda *_: (_ for _ in ()).throw(ZeroDivisionError))
        with pytest.raises(ZeroDivisionError):
            train_faces(begun, plan, "cpu")
    assert {path: path.stat().st_mtime_ns for path in (begun / stages.SEARCH).iterdir()} == kept


def test_more_time_goes_to_the_refiner_and_all_that_follows_is_made_anew(
    begun: Path, plan: FacesPlan, home: Path
) -> None:
    assert train_faces(begun, plan, "cpu")
    plain = read_header(find_weights("dolls"))
    assert train_faces(begun, replace(plan, time_s=4000.0), "cpu", FacesCallbacks(run_training=refine))
    refined = read_header(find_weights("dolls"))
    assert plain is not None
    assert refined is not None
    assert refined.sha256 != plain.sha256
    assert refined.arguments["hair_texture"] == stages.HAIR_TEXTURE
    assert open_composite(find_weights("dolls"), CPU).refiner is not None
    encoder = read_header(encoder_file(find_weights("dolls")))
    assert encoder is not None
    assert encoder.arguments["for"] == refined.sha256


def test_a_disk_that_refuses_is_told_and_the_run_goes_on_later(
    begun: Path, plan: FacesPlan, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            stages, "finish_weights", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        with pytest.raises(TrainingError, match=r"cannot be read or written .*No space left.*; mend that, and go on"):
            train_faces(begun, plan, "cpu")
    assert train_faces(begun, plan, "cpu")


def test_labelled_directions_are_found_and_others_named(begun: Path, plan: FacesPlan, tmp_path: Path) -> None:
    latents = torch.randn(40, 4, 12, generator=torch.Generator().manual_seed(0))
    order = torch.randperm(40)
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "long", "none"])
        for number, place in enumerate(order.argsort().tolist()):
            rows.writerow([f"{number:03d}.png", float(latents[place, 0, 0]), number % 7])
    plan = replace(plan, labels=str(labels), attributes=("long=long", "none=none"))
    said = stages._write_directions(begun, plan, begun / stages.COMPOSITE, latents, order)
    found = load_file(begun / stages.WEIGHTS / "directions" / "dolls" / "long.safetensors")["direction"]
    assert found.flatten().abs().argmax() == 0
    assert "and long of the labels, not found: none" in said


def test_a_name_that_is_taken_is_refused_before_any_work(tmp_path: Path, plan: FacesPlan, home: Path) -> None:
    with pytest.raises(TrainingError, match="weights called 'faces-256' already; give these another name"):
        train_faces(tmp_path / "new", replace(plan, name="faces-256"), "cpu")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 100}, "--size is one of 64, 128, 256, 512 px, 100 came"),
        ({"name": "a/b"}, "'a/b' is no name"),
        ({"labels": "x.csv"}, "--labels FILE and --attribute NAME=COLUMN go together"),
    ],
)
def test_a_plan_that_makes_no_run_is_refused(wrong: dict[str, object], message: str, plan: FacesPlan) -> None:
    with pytest.raises(TrainingError, match=message):
        replace(plan, **wrong).check()  # type: ignore[arg-type]  # of its fields


def test_another_plan_and_another_folder_are_refused(begun: Path, plan: FacesPlan, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"holds a run with components 12, 20 came; name another folder with -o"):
        begin_or_resume(begun, replace(plan, components=20))
    with pytest.raises(TrainingError, match="holds no run of these"):
        begin_or_resume(tmp_path, plan)
    (begun / STATE).write_text("{")
    with pytest.raises(TrainingError, match="cannot be read"):
        begin_or_resume(begun, plan)


@pytest.mark.long
@pytest.mark.timeout(1200)  # four minutes of training and five starts of the program
def test_a_run_that_is_killed_again_and_again_ends_in_weights_that_play(tmp_path: Path) -> None:
    write_faces(tmp_path / "dolls", 40)
    words = ["train", "faces", str(tmp_path / "dolls"), "-o", str(tmp_path / "run"), "--size", "64", "--time", "4m"]
    environment = {**os.environ, HOME_VARIABLE: str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}

    def begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "likeness.cli", *words, "--components", "12"], env=environment)

    for seconds in _kills():
        process = begin()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert begin().wait() == 0
    state = json.loads((tmp_path / "run" / STATE).read_text())
    assert list(state["done"]) == list(STAGES)
    assert open_composite(tmp_path / "home" / "weights" / "dolls.safetensors", CPU).refiner is not None


def _kills() -> Iterator[float]:
    """Seconds after which a run is killed: while it starts, reads, trains and refines."""
    yield from (2, 6, 12, 20, 30)
