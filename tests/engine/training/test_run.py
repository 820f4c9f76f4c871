"""A run's folder: whole files only, two checkpoints, and no mixing of runs."""

from pathlib import Path

import pytest
import torch

from likeness.errors import TrainingError
from likeness.training.run import RunFolder
from likeness.training.settings import Settings

CPU = torch.device("cpu")
WANTED = Settings("wgan", "/pictures", steps=100, licence="CC0", paid_use=True, own={"z_dim": 8, "shift": 0.5})


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    RunFolder.begin(tmp_path / "run", WANTED)
    assert RunFolder.open(tmp_path / "run").settings == WANTED


def test_the_same_run_goes_on_and_may_go_on_for_longer(tmp_path: Path) -> None:
    RunFolder.begin(tmp_path / "run", WANTED)
    longer = RunFolder.begin(tmp_path / "run", Settings(**{**vars(WANTED), "steps": None, "time_s": 60.0}))
    assert longer.settings.time_s == 60.0
    assert RunFolder.open(tmp_path / "run").settings == longer.settings


def test_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    RunFolder.begin(tmp_path / "run", WANTED)
    with pytest.raises(TrainingError, match=r"holds a run with size 64, 128 came; name another folder with -o"):
        RunFolder.begin(tmp_path / "run", Settings(**{**vars(WANTED), "size": 128}))


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(TrainingError, match="is there and holds no run"):
        RunFolder.begin(tmp_path, WANTED)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_two_checkpoints_are_kept_and_a_torn_one_is_passed_over(tmp_path: Path) -> None:
    run = RunFolder.begin(tmp_path / "run", WANTED)
    for step in (10, 20, 30):
        run.save(step, {"spent_s": float(step), "tensor": torch.full((3,), float(step))})
    assert [path.name for path in run.checkpoints()] == ["000000020.pt", "000000030.pt"]
    assert run.position() == (30, 30.0)
    path = run.checkpoints()[-1]
    path.write_bytes(path.read_bytes()[:100])
    found = run.load_newest(CPU)
    assert found is not None
    assert found["tensor"].tolist() == [20.0, 20.0, 20.0]
    run.checkpoints()[0].write_bytes(b"")
    with pytest.raises(TrainingError, match="none of the checkpoints"):
        run.load_newest(CPU)


def test_the_log_forgets_what_will_be_done_again(tmp_path: Path) -> None:
    run = RunFolder.begin(tmp_path / "run", WANTED)
    for step in (20, 40, 60):
        run.add_log({"step": step})
    with (run.path / "log.jsonl").open("a") as file:
        file.write('{"step": 8')
    run.rewind_log(40)
    assert (run.path / "log.jsonl").read_text() == '{"step": 20}\n{"step": 40}\n'


def test_no_run_is_named_in_the_fault(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no training run in .*nowhere"):
        RunFolder.open(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["size = ", "rescipe = 3", 'recipe = "wgan"\nsource = "x"\nsize = "big"\nsteps = 3'])
def test_a_config_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(TrainingError, match=r"config\.toml cannot be read"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"size": 100}, "size is a power of two from 16 to 1024 px, 100 came"),
        ({"batch": 1}, "batch is 2 or more, 1 came"),
        ({"batch": 9, "accumulate": 2}, "batch 9 does not divide into 2 micro-batches"),
        ({"crop": "round"}, "crop 'round'"),
        ({"time_s": 9.0}, "give one of --time 90m and --steps"),
        ({"steps": 0}, "out of range"),
    ],
)
def test_settings_out_of_range_are_refused_before_anything_is_written(
    tmp_path: Path, wrong: dict[str, object], line: str
) -> None:
    with pytest.raises(TrainingError, match=line):
        RunFolder.begin(tmp_path / "run", Settings(**{**vars(WANTED), **wrong}))  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()
