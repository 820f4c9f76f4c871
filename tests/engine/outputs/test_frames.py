from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from likeness.errors import OutputError
from likeness.outputs.frames import FramesOutput, claim_row, file_pattern
from likeness.picture import Picture

Maker = Callable[..., Picture]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("out", "out/%06d.png"),
        ("out/face-%03d.png", "out/face-%03d.png"),
        ("out/%05d.png", "out/%05d.png"),
        ("face.png", "face-%06d.png"),
        ("100%/face.PNG", "100%/face-%06d.PNG"),
    ],
)
def test_a_folder_a_pattern_and_a_plain_name_say_where_the_files_go(asked: str, meant: str) -> None:
    assert file_pattern(Path(asked)) == Path(meant)


@pytest.mark.parametrize("wrong", ["%s.png", "a%d-%d.png", "100%.png", "%x.png"])
def test_a_pattern_without_exactly_one_number_is_refused(wrong: str) -> None:
    with pytest.raises(OutputError, match="wanted one number"):
        file_pattern(Path(wrong))


def test_each_picture_comes_back_exactly_from_its_file(tmp_path: Path, picture: Maker) -> None:
    shown = [picture(33, 17, step) for step in range(5)]
    output = FramesOutput(tmp_path / "new" / "f-%03d.png", 30.0, offline=True)
    for index, each in enumerate(shown):
        output.show(each, index / 30)
    output.close()
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == [f"f-{index:03d}.png" for index in range(5)]
    for name, each in zip(names, shown, strict=True):
        assert (cv2.cvtColor(cv2.imread(str(tmp_path / "new" / name)), cv2.COLOR_BGR2RGB) == each).all()


def test_live_a_missed_frame_is_the_picture_before(tmp_path: Path, picture: Maker) -> None:
    output = FramesOutput(tmp_path, 10.0, offline=False)
    for step, at in enumerate((0.0, 0.3)):
        output.show(picture(step=step), at)
    output.close()
    files = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert len(files) == 4
    assert files[0] == files[1] == files[2] != files[3]


def test_a_folder_that_goes_away_ends_in_an_output_error(tmp_path: Path, picture: Maker) -> None:
    output = FramesOutput(tmp_path / "gone", 30.0, offline=True)
    (tmp_path / "gone").rmdir()
    output.show(picture(), 0.0)
    with pytest.raises(OutputError, match=r"PNG files .*gone.* cannot be written"):
        output.close()


@pytest.mark.parametrize(
    ("there", "asked", "taken"),
    [
        ("face-000003.png", "face-%06d.png", "face-2-%06d.png"),
        ("face7.png", "face%d.png", "face-2-%d.png"),
        ("out/000000.png", "out/%06d.png", "out-2/%06d.png"),
        ("face-2-000000.png", "face-%06d.png", "face-%06d.png"),
        ("face-x.png", "face-%06d.png", "face-%06d.png"),
    ],
)
def test_a_row_takes_a_name_that_no_file_of_it_has(tmp_path: Path, there: str, asked: str, taken: str) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_bytes(b"precious")
    row = claim_row(tmp_path / asked)
    assert row == tmp_path / taken
    assert row.with_name(row.name % 0).is_file(), "no other show may take it now"
    assert claim_row(tmp_path / asked) != row
    assert claim_row(tmp_path / asked, force=True) == tmp_path / asked
    assert (tmp_path / there).read_bytes() == b"precious"


def test_a_row_without_a_number_before_it_is_numbered_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [claim_row(Path("%03d.png")) for _ in range(2)] == [Path("%03d.png"), Path("2-%03d.png")]


def test_a_row_that_no_picture_came_to_leaves_no_file(tmp_path: Path) -> None:
    FramesOutput(claim_row(tmp_path / "face-%03d.png"), 30.0, offline=True).close()
    assert not list(tmp_path.iterdir())
