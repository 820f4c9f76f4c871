"""`likeness train style` and `train cycle` as a user meets them: what is wrong is one line, what is right plays."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.engine.drawn_faces import write_faces

from likeness.cli import main
from likeness.generators.filter_file import open_filter

CPU = torch.device("cpu")
TINY = ["--size", "32", "--batch", "2", "--steps", "2", "--device", "cpu", "--precision", "float32"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder: a painting, and two folders of pictures."""
    cv2.imwrite(str(tmp_path / "my paint.png"), np.random.default_rng(1).integers(0, 256, (80, 70, 3), np.uint8))
    write_faces(tmp_path / "faces", 4, 32)
    write_faces(tmp_path / "masks", 4, 32)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str) -> object:
    """Run the command and return its status."""
    with pytest.raises(SystemExit) as ended:
        main(["train", *arguments])
    return ended.value.code


def test_a_style_is_named_after_its_picture_and_the_last_line_plays_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("style", "my paint.png", "--content", "faces", "--style-size", "64", "--crop", "32", *TINY) == 0
    told = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert "Done: 2 steps, 4 pictures" in told
    assert told.strip().endswith("likeness play filter --set filter.file='out/style-my paint'")
    opened = open_filter(folder / "out" / "style-my paint" / "weights.safetensors", CPU)
    assert opened.info.styles == ("my paint",)


def test_a_cycle_says_at_its_end_what_it_has_learnt(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("cycle", "faces", "masks", "--width", "4", *TINY) == 0
    told = capsys.readouterr().out
    assert re.search(r"^faces to masks: pictures changed by \d+% of what tells the two kinds apart", told, re.MULTILINE)
    assert re.search(r"^masks to faces: pictures changed by", told, re.MULTILINE)
    run = folder / "out" / "cycle-faces-masks"
    assert open_filter(run / "weights.safetensors", CPU).info.styles == ("masks",)
    assert open_filter(run / "back.safetensors", CPU).info.styles == ("faces",)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["style"], "no picture to learn a style from"),
        (["style", "absent.png"], "style picture cannot be read: there is no photo absent.png"),
        (["style", "my paint.png", "--content", "absent", *TINY, "--crop", "32"], "absent"),
        (["style", "my paint.png", "--content", "faces", *TINY], "crop is from 32 to 32, 192 came"),
        (["style", "my paint.png", "--weights", "nobody"], "no weights 'nobody'"),
        (["cycle", "faces", "absent", *TINY], "there is no folder .*absent"),
        (["cycle", "faces", "masks", "--hold-out", "2", *TINY], "holds 2 pictures to train with, 4 are wanted"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert command(*arguments) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert re.search(line, told[-1])
