"""`likeness evaluate` and `likeness directions` from the command line, on a few pictures."""

import json
from pathlib import Path

import pytest

from likeness.cli import main
from likeness.toolkit.latent_file import read_about, read_directions


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert not end.value.code


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def few(faces: Path, tmp_path: Path) -> Path:
    """Twelve faces, and a labels file that a coin might have written."""
    folder = tmp_path / "few"
    folder.mkdir()
    rows = ["file,side"]
    for index in range(12):
        name = f"{index:04}.jpg"
        (folder / name).write_bytes((faces / name).read_bytes())
        rows.append(f"{name},{'left' if index % 2 else 'right'}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_weights_are_measured_and_judged_by_the_list(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--json", tmp_path / "n.json", "--sheet", tmp_path / "s.png")
    less = ("--hold-out", 3, "--samples", 8, "--pairs", 0, "--seeds", 2, "--walk", 0.2)
    run("evaluate", "composite-256", "--data", few, *less, *files)
    shown = capsys.readouterr().out
    assert "Frechet distance" in shown
    numbers = json.loads((tmp_path / "n.json").read_text(encoding="utf-8"))
    assert (numbers["training"]["pictures"], numbers["held_out"]["pictures"]) == (9, 3)
    assert numbers["faces"]["found"] == 2
    assert numbers["walk"]["closure"] == 0.0
    lines = {line["what"]: line["passed"] for line in numbers["list"]}
    assert lines["the walk closes"] is True
    assert lines["kernel distance to the held-out pictures"] is None
    assert (tmp_path / "s.png").stat().st_size > 1000


def test_a_direction_that_no_latent_tells_is_not_written(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    labels = ("--labels", tmp_path / "labels.csv", "--attribute", "side=side:left/right", "--method", "means")
    run("directions", "find", "composite-256", "--data", few, *labels, "-o", out)
    shown = capsys.readouterr().out
    assert "accuracy" in shown
    written = sorted(path.name for path in out.glob("*")) if out.exists() else []
    assert written == ([] if "not found" in shown else ["side.safetensors"])


def test_principal_directions_are_a_bank_that_says_whose_they_are(tmp_path: Path) -> None:
    run("directions", "principal", "composite-256", "--count", 3, "-o", tmp_path)
    assert read_directions(tmp_path / "principal.safetensors", 4, 160).shape == (3, 4, 160)
    assert read_about(tmp_path / "principal.safetensors")["weights"] == "composite-256"


def test_what_cannot_be_measured_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "evaluate", "composite-256", "--data", tmp_path / "absent")
    assert "there is no folder" in said
    said = refused(capsys, "evaluate", "composite-256", "--data", tmp_path, "--attribute", "a=b")
    assert "separability needs both" in said
    said = refused(capsys, "evaluate", "composite-256", "--data", tmp_path, "--samples", 1)
    assert "--samples. Give 2 to" in said
    assert "closed form is that of StyleGAN2" in refused(capsys, "directions", "closed-form", "composite-256")
