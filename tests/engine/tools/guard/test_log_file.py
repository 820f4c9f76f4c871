"""The log of a guard and all that it starts: complete, and of bounded size."""

import subprocess
import sys
from pathlib import Path

import pytest

from likeness.errors import OutputError
from likeness.tools.guard.log_file import logging_to

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


def test_all_that_is_said_goes_to_the_file_also_by_what_is_started(tmp_path: Path) -> None:
    path = tmp_path / "night.log"
    ran = subprocess.run([sys.executable, "-c", PRINTS, str(path)], capture_output=True, text=True, check=True)
    assert sorted(path.read_text().splitlines()) == ["an error", "first", "of a child"]
    assert (ran.stdout, ran.stderr) == ("afterwards\n", "")


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), logging_to(tmp_path / "file" / "night.log"):
        pass
