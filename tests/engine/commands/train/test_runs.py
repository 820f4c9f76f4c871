"""`likeness train` as a user meets it: what is wrong is one line, what is right ends in files that play."""

import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import av
import pytest
import torch
from rich.console import Console
from tests.engine.drawn_faces import write_faces
from tests.engine.training import toy

from likeness.cli import main
from likeness.commands.train.progress import ProgressDisplay, format_report
from likeness.generators.families.registry import open_family
from likeness.training.run import RunFolder
from likeness.training.train import TrainingReport, TrainingSummary

TINY = ["--size", "16", "--batch", "4", "--knobs", "4", "--width", "4", "--device", "cpu", "--precision", "float32"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_faces(tmp_path / "pictures", 14, 16)
    return tmp_path / "pictures"


def command(*arguments: str) -> object:
    """Run the command and return its status."""
    with pytest.raises(SystemExit) as ended:
        main(["train", *arguments])
    return ended.value.code


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return re.sub(r"\s+", " ", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nowhere"], "there is no folder .*nowhere"),
        (["three"], "holds 3 pictures to train with, 12 are wanted"),
        (["texts"], r"holds 0 pictures .*15 files were no pictures"),
        (["pictures", "--time", "soon"], "--time 'soon' is no time; write 90m"),
        (["pictures", "--size", "100"], "size is a power of two from 16 to 1024 px, 100 came"),
        (["pictures", "--knobs", "0"], 'Invalid value "0" for --knobs. Give 1 to'),
        (["pictures", "--knobs", "5000"], "z_dim is from 1 to 4096, 5000 came"),
        (["pictures", "--hold-out", "9"], r"holds 5 pictures .*9 held out"),
        (["pictures", "--time", "1m", "--steps", "9"], "give one of --time 90m and --steps"),
        (["pictures", "--device", "tpu"], "no device 'tpu' here"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path,
    pictures: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    line: str,
) -> None:
    write_faces(tmp_path / "three", 3)
    (tmp_path / "texts").mkdir()
    for number in range(15):
        (tmp_path / "texts" / f"{number}.txt").write_text("words")
    monkeypatch.chdir(tmp_path)
    steps = [] if "--time" in arguments else ["--steps", "2"]
    assert command("wgan", *arguments, *steps) == 2
    told = [text for text in capsys.readouterr().err.splitlines() if text.startswith("likeness: ")]
    assert len(told) == 1
    assert re.search(line, told[0])


def test_a_time_that_is_over_before_the_first_step_is_no_success(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likeness.training.train.train", lambda *run: TrainingSummary(0, 0, 5.0, complete=True))
    assert command("wgan", str(pictures), *TINY, "--time", "5s", "-o", str(tmp_path / "run")) == 2
    told = capsys.readouterr()
    assert "nothing was learnt" in told.err
    assert f"train resume {tmp_path / 'run'} --time 10m" in told.err
    assert "Done" not in told.out


@pytest.mark.timeout(300)  # seconds of work, of which a busy machine makes minutes
def test_a_run_ends_in_weights_a_grid_and_a_sweep(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    pytest.importorskip("tensorboard")
    assert command("wgan", str(pictures), "-o", str(run), "--steps", "4", *TINY, "--tensorboard") == 0
    assert re.search(rf"Done: 4 steps, 16 pictures in .* likeness play --weights {run}", said(capsys))
    with av.open(str(run / "sweep.mp4")) as film:
        assert len(list(film.decode(video=0))) == (4 + 4) * 24
    with av.open(str(run / "walks" / "000000004.mp4")) as film:
        assert next(film.decode(video=0)).width == 256
    assert (run / "grids" / "000000004.png").is_file()
    assert list((run / "tensorboard").iterdir())
    assert open_family(run / "weights.safetensors", torch.device("cpu")) is not None


def test_resume_goes_on_for_so_many_steps_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write_levels(tmp_path / "levels", 12)
    toy.run(tmp_path / "run", tmp_path / "levels", steps=4)
    assert command("resume", str(tmp_path / "run"), "--steps", "3", "--device", "cpu") == 0
    assert "Done: 7 steps, 56 pictures" in said(capsys)
    assert command("resume", str(tmp_path / "run")) == 2
    assert "is complete after 7 steps; give --time or --steps" in capsys.readouterr().err


def test_ctrl_c_ends_with_a_checkpoint_and_says_how_to_go_on(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    pressed = threading.Event()

    def press() -> None:
        deadline = time.monotonic() + 100
        while not (run / "weights.safetensors").exists() and time.monotonic() < deadline:
            pressed.wait(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    assert command("wgan", str(pictures), "-o", str(run), "--time", "1h", *TINY) == 0
    assert f"Go on with: likeness train resume {run}" in said(capsys)
    step, spent_s = RunFolder.open(run).position()
    assert step > 0
    assert spent_s < 110


def test_without_tensorboard_the_line_says_what_to_install(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert command("wgan", str(pictures), "-o", str(tmp_path / "run"), "--steps", "1", "--tensorboard", *TINY) == 2
    assert "pip install 'likeness-live[tensorboard]'" in capsys.readouterr().err


def test_where_nobody_looks_at_a_terminal_a_line_now_and_then_says_where_it_stands(tmp_path: Path) -> None:
    report = TrainingReport(1200, 38400, 0.25, 412.3, 5400.0, {"distance": 1.234567}, {"psnr": 18.3})
    with (tmp_path / "log").open("w") as file, ProgressDisplay(Console(file=file)) as display:
        for _ in range(3):
            display.report(report)
    line = "step 1200  412 images/s  90 min left  distance 1.23  | measured:  psnr 18.3"
    assert format_report(report) == line
    assert (tmp_path / "log").read_text() == f"train  25%  {line}\n"
