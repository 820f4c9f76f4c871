"""The log of a show on disk, with what the show last said of itself: what a report has once the show is gone."""

import faulthandler
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, Queue
from typing import IO, Any

import likeness
from likeness.files.atomic_write import atomic_write
from likeness.files.paths import user_dir
from likeness.files.rotating_file import RotatingFile
from likeness.stoppable_thread import StoppableThread
from likeness.web.log_lines import PROGRAM
from likeness.web.scrub import Scrubber

log = logging.getLogger(__name__)

# Of each of the two files, the newer and the older one: hours of a show that has much to say.
MOST_BYTES, OLDER = 256 * 2**10, 1
# How often the state is written; a frame is not held up by it. First after a second, since a show may be killed soon,
# then after twice as long each time.
STATE_S, FIRST_STATE_S = 10.0, 1.0
# So many lines wait for a slow disk; what is more is lost, and told.
MOST_WAITING = 1000
# How often the thread looks whether the show has ended.
LOOK_S = 0.2
# In the state of a show that does not play yet: what it is to play.
STARTING = "starting"
CLOCK = "%Y-%m-%d %H:%M:%S"
# Of a line with its traceback.
LONGEST = 8000
# How long a slow disk is waited for at the end.
CLOSE_S = 2.0


def log_file() -> Path:
    """Return the newest file of the log; `show.log.1` beside it is older."""
    return user_dir("autosave") / "show.log"


def state_file() -> Path:
    """Return the file with what the show that was started last says of itself."""
    return user_dir("autosave") / "show.json"


class ShowLog(logging.Handler):
    """Writes the program's log, and every ten seconds the show's state, so that both are there after `kill -9`.

    The first state is that the show starts: one that is killed before it plays is not taken for the one before it.
    Each line has the process's number, since two shows of one user write into one log.

    Any thread logs, and waits for no disk: a thread of its own writes, and where the disk is full or gone all that is
    lost is the log. What tells of anybody, such as the names of photos, is removed before it is written. A crash within
    a library leaves the lines of Python in which each thread was, where nobody else has asked for them.

    Use it as a context manager: an error with which it is left is the last that it writes.

    Args:
        preset: that is played, by name, for the first line.
        kept: whether anything is; otherwise it does nothing.

    Attributes:
        describe: returns the show's state, ready for JSON; on the log's thread. None before the show is built.
    """

    def __init__(self, preset: str, *, kept: bool = True) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s [%(process)d] %(levelname)s: %(message)s"))
        self.describe: Callable[[], Mapping[str, Any]] | None = None
        self._preset, self._kept, self._scrubber = preset, kept, Scrubber()
        self._lines: Queue[str] = Queue(MOST_WAITING)
        self._lost = 0
        self._file: RotatingFile | None = None
        self._crashes: IO[bytes] | None = None
        self._thread = StoppableThread("show log", self._run)

    def __enter__(self) -> "ShowLog":
        if not self._kept:
            return self
        try:
            self._file = RotatingFile(log_file(), MOST_BYTES, OLDER)
        # The folder cannot be written: `likeness check` says so, and so does the autosave.
        except OSError as error:
            log.debug("the show keeps no log: %s", error)
            return self
        said = f"plays {self._preset or 'a show'}, process {os.getpid()}"
        self._put(f"{_stamp()} likeness {likeness.__version__} {said}")
        self._write_state(lambda: {STARTING: self._preset or "a show"})
        self._watch_crashes()
        self._thread.start()
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._file is None:
            return
        logging.getLogger().removeHandler(self)
        if error is not None:
            told = logging.Formatter().formatException((type(error), error, error.__traceback__))
            self._put(f"{_stamp()} the show ends by an error\n{told}")
        else:
            self._put(f"{_stamp()} the show ends")
        if self._thread.close(CLOSE_S):
            self._file.close()
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record. As text: a record would keep a plugin alive through its traceback."""
        if not record.name.startswith(PROGRAM):
            return
        try:
            self._put(self.format(record))
        # A plugin may log with arguments that do not fit its text.
        except Exception:  # noqa: BLE001 - as above
            self._put(f"{_stamp()} {record.levelname}: {record.msg}")

    def _put(self, line: str) -> None:
        try:
            self._lines.put_nowait(_shorten(line))
        except Full:
            self._lost += 1

    def _run(self) -> None:
        due, pause_s = time.monotonic(), FIRST_STATE_S
        while not self._thread.stopping.is_set():
            if self.describe is not None and time.monotonic() >= due:
                due, pause_s = time.monotonic() + pause_s, min(2 * pause_s, STATE_S)
                self._write_state(self.describe)
            with suppress(Empty):
                self._write(self._lines.get(timeout=LOOK_S))
        if self.describe is not None:
            self._write_state(self.describe)
        with suppress(Empty):
            while True:
                self._write(self._lines.get_nowait())

    def _write(self, line: str) -> None:
        assert self._file is not None
        lost, self._lost = self._lost, 0
        if lost:
            line = f"{line}\n{_stamp()} {lost} lines are lost: the disk is too slow for them"
        self._file.write(f"{self._scrubber.scrub(line)}\n".encode("utf-8", "backslashreplace"))

    def _write_state(self, describe: Callable[[], Mapping[str, Any]]) -> None:
        try:
            state = {"pid": os.getpid(), "at": time.strftime(CLOCK), **describe()}
            # Not waited for: a frame that is being drawn has the disk, too.
            atomic_write(state_file(), json.dumps(state).encode(), sync=False)
        # The disk is full, or a plugin calls itself what no JSON holds: the show is more than a report of it.
        except Exception as error:  # noqa: BLE001 - as above
            log.debug("the show's state is not written: %s", error)

    def _watch_crashes(self) -> None:
        # Windows would then rename the file no more.
        if faulthandler.is_enabled() or sys.platform == "win32":
            return
        with suppress(OSError):
            self._crashes = log_file().open("ab")
            faulthandler.enable(self._crashes)


def read_show_log() -> str:
    """Return the newest lines of the log, of this show and those before it; "" where there are none."""
    newest = log_file()
    files: Sequence[Path] = (newest.with_name(f"{newest.name}.1"), newest)
    texts = []
    for path in files:
        with suppress(OSError):
            texts.append(path.read_bytes())
    return b"".join(texts)[-MOST_BYTES:].decode("utf-8", "replace")


def read_show_state() -> Mapping[str, Any]:
    """Return what the show that was started last said of itself; empty where there is nothing that can be read."""
    try:
        state = json.loads(state_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _shorten(line: str) -> str:
    """Return a line without its middle where it is too long: a traceback ends with what happened."""
    half = LONGEST // 2
    return line if len(line) <= LONGEST else f"{line[:half]}\n...\n{line[-half:]}"


def _stamp() -> str:
    """Return the time and the process, as each line begins."""
    return f"{time.strftime(CLOCK)} [{os.getpid()}]"
