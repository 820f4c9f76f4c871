"""Title of this process: what `ps` shows of it."""

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# Counted from 0 behind the name of the command: where a process's arguments begin and end in its memory [proc(5)].
ARGUMENTS_BEGIN, ARGUMENTS_END = 45, 46


def set_title(words: Sequence[str]) -> None:
    """Make `ps` show these words, as far as there is room where the arguments were; on Linux, elsewhere nothing."""
    with suppress(OSError, ValueError, IndexError):
        # The name before the last parenthesis may hold anything.
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        begin, end = int(fields[ARGUMENTS_BEGIN]), int(fields[ARGUMENTS_END])
        room = end - begin
        # The last byte stays 0: otherwise the system takes the environment behind it for more of the title.
        text = b"\0".join(word.encode() for word in words)[: room - 1]
        ctypes.memmove(begin, text.ljust(room, b"\0"), room)
