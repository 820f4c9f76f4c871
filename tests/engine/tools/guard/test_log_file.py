"""The log of a guard and all that it starts: complete, and of bounded size."""

import subprocess
import sys
from pathlib import Path

import pytest

from likeness.errors import OutputError
from likeness.tools.guard.log_file import RotatingFile, logging_to

# Prints through the log, and lets a process of its own print too.
PRINTS = """
import subprocess, sys
from pathlib import Path
from likeness.tools.guard.log_file import logging_to
with logging_to(Path(sys.argv[1])):
    print("first")
    print("an error", file=sys.stderr)
    subprocess.run([sys.executable, "-c", "print('of a child')"])
print("afterwards")
"""


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
        file = RotatingFile(path)
        file.write(word)
        file.close()
    assert path.read_bytes() == b"one two"


def test_all_that_is_said_goes_to_the_file_also_by_what_is_started(tmp_path: Path) -> None:
    path = tmp_path / "night.log"
    ran = subprocess.run([sys.executable, "-c", PRINTS, str(path)], capture_output=True, text=True, check=True)
    assert sorted(path.read_text().splitlines()) == ["an error", "first", "of a child"]
    assert (ran.stdout, ran.stderr) == ("afterwards\n", "")


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), logging_to(tmp_path / "file" / "night.log"):
        pass
