"""A file of bounded size that is only appended to."""

from pathlib import Path

from likeness.files.rotating_file import RotatingFile


def test_a_file_that_is_full_gives_way_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "night.log"
    file = RotatingFile(path, most_bytes=10, older=2)
    for number in range(8):
        file.write(f"line {number}.\n".encode())
    file.close()
    files = {file.name: file.read_text().split("\n") for file in path.parent.iterdir()}
    assert files == {
        "night.log": ["line 6.", "line 7.", ""],
        "night.log.1": ["line 4.", "line 5.", ""],
        "night.log.2": ["line 2.", "line 3.", ""],
    }


def test_a_file_that_is_there_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "night.log"
    for word in (b"one ", b"two"):
        file = RotatingFile(path, most_bytes=10, older=2)
        file.write(word)
        file.close()
    assert path.read_bytes() == b"one two"
