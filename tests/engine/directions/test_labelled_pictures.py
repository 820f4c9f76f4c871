"""Labels from a table and from folders: who is known, from what each class is told, faces cut out of photos."""

import math
from pathlib import Path

import numpy as np
import pytest

from likeness import open_generator
from likeness.directions.labelled_pictures import cut_faces, read_labelled_folders, read_labelled_table
from likeness.errors import LikenessError
from likeness.files.paths import find_weights
from likeness.picture import Picture, to_picture, write_picture

GREY = np.full((16, 16, 3), 90, np.uint8)


def write_folders(root: Path, **classes: int) -> Path:
    for name, count in classes.items():
        for number in range(count):
            (root / name).mkdir(parents=True, exist_ok=True)
            write_picture(root / name / f"{number}.png", GREY)
    return root


def test_a_neutral_folder_is_what_each_class_is_told_from(tmp_path: Path) -> None:
    root = write_folders(tmp_path, happy=2, neutral=1, sad=1)
    pictures = read_labelled_folders(root, "neutral")
    assert list(pictures.questions) == ["happy", "sad"]
    assert not pictures.against_rest
    known = pictures.known(pictures.files)
    assert [file.parent.name for file in pictures.files] == ["happy", "happy", "neutral", "sad"]
    assert known["happy"][:3] == [1, 1, 0]
    assert math.isnan(known["happy"][3])
    assert math.isnan(known["sad"][0])
    assert known["sad"][2:] == [0, 1]


def test_without_one_each_class_is_told_from_the_rest(tmp_path: Path) -> None:
    pictures = read_labelled_folders(write_folders(tmp_path, happy=1, neutral=1, sad=1), "calm")
    assert pictures.against_rest
    assert pictures.known(pictures.files) == {"happy": [1, 0, 0], "neutral": [0, 1, 0], "sad": [0, 0, 1]}


def test_fewer_than_two_classes_are_refused_and_empty_folders_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LikenessError, match="holds 1 folders of pictures, wanted two"):
        read_labelled_folders(write_folders(tmp_path, happy=1), "neutral")
    assert "empty is left out" in caplog.text
    with pytest.raises(LikenessError, match="there is no folder"):
        read_labelled_folders(tmp_path / "nowhere", "neutral")


def test_pictures_of_which_a_table_says_nothing_are_left_out(tmp_path: Path) -> None:
    write_folders(tmp_path, faces=3)
    table = tmp_path / "labels.csv"
    table.write_text("file,age,mood\n0.png,30,\n1.png,,\n2.png,,glad\n")
    pictures = read_labelled_table(tmp_path / "faces", table, ["age=age", "glad=mood:sad/glad"])
    assert [file.name for file in pictures.files] == ["0.png", "2.png"]
    assert pictures.known(pictures.files)["age"][0] == 30
    assert pictures.known(pictures.files)["glad"][1] == 1
    assert pictures.questions == {"age": "age=age", "glad": "glad=mood:sad/glad"}


def test_faces_are_cut_out_of_photos_and_what_has_none_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    generator = open_generator(find_weights("composite-256"))
    scene: Picture = np.full((360, 500, 3), 70, np.uint8)
    scene[50:306, 150:406] = to_picture(generator.synthesize(0.6 * generator.sample([5])))
    root = write_folders(tmp_path / "classes", happy=1, sad=1)
    write_picture(root / "happy" / "scene.png", scene)
    pictures = read_labelled_folders(root, "neutral")
    cut = cut_faces(pictures, tmp_path, 64)
    assert len(cut.files) == 1
    assert cut.known(cut.files) == {"happy": [1], "sad": [0]}
    assert caplog.text.count("no face is found") == 2
    with pytest.raises(LikenessError, match="no face is found in any of 2 photos"):
        cut_faces(read_labelled_folders(write_folders(tmp_path / "grey", a=1, b=1), "neutral"), tmp_path, 64)
