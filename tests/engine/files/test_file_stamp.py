"""File stamps: another one after each write, none for what is not there."""

import os
from pathlib import Path

from likeness.files.file_stamp import read_stamp


def test_a_stamp_changes_with_the_file_and_is_none_without_one(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    assert read_stamp(path) is None
    path.write_text("one")
    first = read_stamp(path)
    assert first is not None
    assert first[1] == 3
    path.write_text("three")
    os.utime(path, ns=(first[0], first[0]))
    assert read_stamp(path) == (first[0], 5)
