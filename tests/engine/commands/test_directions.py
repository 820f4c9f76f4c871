"""`likeness directions find --folders`: a direction for each folder, apart from the others."""

from functools import partial
from pathlib import Path

import pytest
import torch

from likeness import open_generator
from likeness.cli import main
from likeness.commands.direction_list import say_change
from likeness.directions import effects
from likeness.faces.photo import read_photo
from likeness.files.paths import find_direction, find_weights, list_directions
from likeness.picture import to_pictures, write_picture
from likeness.toolkit.latent_file import read_about, read_direction, read_directions, read_switch

EACH = 7


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["directions", *map(str, arguments)])
    return int(ending.value.code or 0)


def find(*arguments: object) -> int:
    return run("find", "composite-256", *arguments)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return folders of drawn faces that smile, that are old, and that are as they are."""
    root = tmp_path_factory.mktemp("classes")
    generator = open_generator(find_weights("composite-256"))
    moves = {"neutral": torch.zeros(4, 160)}
    moves["smiling"] = 4 * read_direction(find_direction("smile", "composite-256"), 4, 160)
    moves["old"] = 4 * read_direction(find_direction("age", "composite-256"), 4, 160)
    for index, (name, move) in enumerate(moves.items()):
        (root / name).mkdir()
        seeds = range(index * EACH, (index + 1) * EACH)
        with torch.inference_mode():
            images = generator.synthesize(0.5 * generator.sample(seeds) + move)
        for seed, picture in zip(seeds, to_pictures(images), strict=True):
            write_picture(root / name / f"{seed}.png", picture)
    return root


def test_each_folder_gets_a_direction_that_leaves_the_others(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The table of effects is drawn on one face in place of 32.
    monkeypatch.setattr(effects, "measure_effects", partial(effects.measure_effects, seeds=range(1)))
    assert find("--folders", folders, "-o", tmp_path) == 0
    assert "2 directions are in" in capsys.readouterr().out
    known = {name: read_direction(find_direction(name, "composite-256"), 4, 160) for name in ("smile", "age")}
    for name, own, other in (("smiling", "smile", "age"), ("old", "age", "smile")):
        found = read_direction(tmp_path / f"{name}.safetensors", 4, 160).flatten()
        along = {each: float(torch.cosine_similarity(found, known[each].flatten(), dim=0)) for each in known}
        assert along[own] > 0.3
        assert along[own] > abs(along[other]) + 0.15
        about = read_about(tmp_path / f"{name}.safetensors")
        assert about["attribute"] == f"folder {name}, not neutral"
        assert about["leaves"] == ("old" if name == "smiling" else "smiling")


def test_folders_go_without_a_table_and_one_of_both_is_wanted(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find("--folders", folders, "--data", folders) == 2
    assert find("--data", folders) == 2
    assert capsys.readouterr().err.count("give --data, --labels and --attribute, or --folders alone") == 2


def test_the_page_of_faces_says_of_each_direction_of_the_default_weights_which_amounts_it_takes(root: Path) -> None:
    page = (root / "docs" / "faces.md").read_text(encoding="utf-8").partition("| direction | amounts |")[2]
    rows = page.partition("\n\n")[0].strip().splitlines()[1:]
    told = {name.strip("` "): row for row in rows for name in row.split("|")[1].split(",")}
    found = list_directions("faces-256", "composite-256")
    assert told.keys() == found.keys()
    for name, path in found.items():
        assert ("switches" in told[name]) == (read_switch(path) is not None)
        assert ("banks" in told[name]) == (len(read_directions(path, 4, 160)) > 1)


def test_a_sheet_of_all_directions_is_written_beside_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = tmp_path / "directions.png"
    assert run("list", "composite-256", "--sheet", drawn) == 0
    told = capsys.readouterr().out
    assert "smile" in told
    assert "directions.png" in told
    files = list_directions("composite-256").values()
    rows = sum(min(4, len(read_directions(path, 4, 160))) for path in files)
    assert read_photo(drawn).shape == (rows * 98 - 2, 6 * 98 - 2, 3)
    assert run("list", "composite-256", "--sheet", tmp_path / "directions.jpg") == 2
    assert "must end in .png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"attribute": "age=age_years", "method": "regression by encoding"}, "age in years"),
        ({"attribute": "age=hair_color:black,brown/blond"}, "hair color, from black, brown to blond"),
        ({"attribute": "age=nice_hat"}, "nice hat"),
        ({"attribute": "puts glasses on", "method": "quiet"}, "puts glasses on"),
        ({"method": "principal", "source": "the family's own"}, "what differs most between faces, then what"),
        ({"method": "closed form"}, "what changes the layers most"),
    ],
)
def test_what_a_direction_changes_is_said_without_names_of_columns(about: dict[str, str], said: str) -> None:
    assert say_change("age", about).startswith(said)
