from pathlib import Path

import pytest

from likeness.errors import OutputError
from likeness.outputs import disk_file
from likeness.outputs.disk_file import DiskFile


def test_what_is_written_is_on_the_disk_before_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "f"
    file = DiskFile("video f", path, synced=True)
    assert file.write(b"12345") == 5
    assert path.read_bytes() == b"12345"
    file.seek(1)
    file.write(b"x")
    assert file.tell() == 2
    file.close()
    file.close()
    assert path.read_bytes() == b"1x345"


def test_once_given_up_it_takes_what_comes_and_keeps_what_was_there(tmp_path: Path) -> None:
    file = DiskFile("video f", tmp_path / "f", synced=False)
    file.write(b"fragments")
    file.abandon()
    file.seek(0)
    assert file.write(b"index") == 5
    file.close()
    assert (tmp_path / "f").read_bytes() == b"fragments"


def test_a_file_that_nothing_came_to_is_removed(tmp_path: Path) -> None:
    DiskFile("video f", tmp_path / "f", synced=True).close()
    assert not (tmp_path / "f").exists()


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="video f cannot be written: that is a folder"):
        DiskFile("video f", tmp_path, synced=True)


def test_a_file_that_is_being_written_is_not_taken_by_a_second_output(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    first = DiskFile("first", path, synced=False)
    first.write(b"kept")
    with pytest.raises(OutputError, match="second is being written by another"):
        DiskFile("second", path, synced=False)
    first.close()
    assert path.read_bytes() == b"kept"
    DiskFile("third", path, synced=False).close()


def test_a_file_that_is_renamed_or_deleted_while_it_is_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_file, "SYNC_S", 0.0)
    path = tmp_path / "film.mkv"
    file = DiskFile("film", path, synced=False)
    file.write(b"1")
    assert file.place == path
    path.rename(tmp_path / "best.mkv")
    for _ in range(3):
        file.write(b"2")
    if file.place is not None:  # where the system says whereto
        assert file.place == tmp_path / "best.mkv"
        assert caplog.text.count("best.mkv now") == 1
    (tmp_path / "best.mkv").unlink()
    path.write_bytes(b"another one of that name")
    for _ in range(3):
        file.write(b"3")
    assert file.place is None
    assert caplog.text.count("is gone") == 1
    file.close()
    assert path.read_bytes() == b"another one of that name"


def test_an_empty_file_that_was_renamed_is_removed_and_its_namesake_is_not(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    file = DiskFile("film", path, synced=False)
    path.rename(tmp_path / "best.mkv")
    path.write_bytes(b"another one of that name")
    file.close()
    assert path.read_bytes() == b"another one of that name"
