"""A file is the old one or the new one, never half of either."""

import os
import threading
from pathlib import Path

import pytest

from likeness.files.atomic_write import atomic_write


def test_the_file_holds_the_new_content_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cue.safetensors"
    atomic_write(path, b"old")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_the_old_file_is_whole_until_the_new_one_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preset.toml"
    atomic_write(path, b"old")
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        steps.append("sync")
        assert path.read_bytes() == (b"old" if steps == ["sync"] else b"new")
        fsync(handle)

    def replaced(old: Path, new: Path) -> None:
        steps.append("replace")
        assert old.read_bytes() == b"new"
        replace(old, new)

    monkeypatch.setattr("likeness.files.atomic_write.os.fsync", synced)
    monkeypatch.setattr("likeness.files.atomic_write.os.replace", replaced)
    atomic_write(path, b"new")
    assert steps == ["sync", "replace", "sync"]


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "face.safetensors"
    atomic_write(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("likeness.files.atomic_write.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(path, b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    with pytest.raises(OSError, match="folder"):
        atomic_write(tmp_path / "folder" / "face", b"new")


def test_two_writers_leave_the_whole_file_of_one(tmp_path: Path) -> None:
    path = tmp_path / "both"
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    failures: list[OSError] = []

    def write(content: bytes) -> None:
        for _ in range(20):
            try:
                atomic_write(path, content)
            except OSError as error:
                failures.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert not failures
