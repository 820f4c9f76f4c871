"""What `ps` shows of a process that was the spare."""

import subprocess
import sys

import pytest

SETS = """
import sys
from pathlib import Path
from likeness.tools.guard.title import set_title
set_title(sys.argv[1].split())
print(Path("/proc/self/cmdline").read_bytes().rstrip(b"\\0").replace(b"\\0", b" ").decode())
print(sys.argv[2:])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the title is set on Linux alone")
@pytest.mark.parametrize("words", ["likeness play installation --resume", "likeness " + "a" * 2000])
def test_a_title_stands_where_the_arguments_were(words: str) -> None:
    ran = subprocess.run([sys.executable, "-c", SETS, words, "x"], capture_output=True, text=True, check=True)
    title, kept = ran.stdout.splitlines()
    assert words.startswith(title)
    assert title.startswith("likeness ")
    assert kept == "['x']"
