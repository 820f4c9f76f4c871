"""Base of the file outputs: a thread that writes, a bounded queue before it, and frames on the wall clock."""

import errno
import logging
import queue
import threading
from abc import ABC, abstractmethod
from fractions import Fraction
from pathlib import Path

from likeness.errors import OutputError
from likeness.errors.fault_log import Faults
from likeness.outputs.pacing import Pacing
from likeness.picture import Picture

log = logging.getLogger(__name__)

# Pictures that may wait for the writer: half a second at 60 fps rides out a slow disk; at 1920x1080 they hold 200 MB.
ROOM = 32
# Of large pictures fewer wait: 32 of 4000x3000 would be 1.2 GB. Two always may, whatever their size.
ROOM_BYTES = 256 * 2**20
# Live, a writer that writes nothing for so long (a dead network disk) is left behind so that the program can end.
FINISH_S = 60.0
# A show that ends waits this long for its writers without a word.
SILENT_S = 1.0

_NEXT_STEP = {
    errno.ENOSPC: "the disk is full; free some space or choose another disk",
    errno.EDQUOT: "your quota on this disk is used up; free some space or choose another disk",
    errno.EFBIG: "the file is as large as this system allows; choose another disk or start a new file",
    errno.EACCES: "no permission to write there; choose another folder or change its permissions",
    errno.EPERM: "no permission to write there; choose another folder or change its permissions",
    errno.EROFS: "the disk is read-only; choose another one",
    errno.EIO: "the disk reports an error; check its cable and health, or choose another one",
    errno.EISDIR: "that is a folder; give the name of a file",
    errno.EEXIST: "a part of that path is a file, not a folder; choose another path",
    errno.ENOTDIR: "a part of that path is a file, not a folder; choose another path",
}


def explain(name: str, error: Exception) -> OutputError:
    """Return `error` of the output `name` as an `OutputError` that says what to do next."""
    if isinstance(error, OutputError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    why = _NEXT_STEP.get(number or 0, f"{error}; another name, folder or --profile may work")
    explained = OutputError(f"{name} cannot be written: {why}.")
    explained.__cause__ = error
    return explained


def make_folder(name: str, folder: Path) -> None:
    """Make `folder` and those above it where they are absent.

    Raises:
        OutputError: it cannot be made; `name` is the output that wanted it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(name, error) from error


class QueuedOutput(ABC):
    """Write pictures on a thread of its own.

    Offline `show` waits for room and each picture is one frame. Live it never waits: each picture goes to the frame
    of its time, missed frames repeat the picture before, and a picture is dropped where its frame is taken already
    or the queue is full; the file is as long as the show all the same. What fails on the thread is raised by the
    next `show`, else by `close`.

    Args:
        name: what messages call it.
        rate: frames a second.
        offline: wait for room instead of dropping.
        room: pictures that may wait, or fewer where they hold more than `ROOM_BYTES`.
    """

    # A format that stores how long a picture stands needs no copy of it for a missed frame.
    holds = False
    # What is written; of a row of files their pattern.
    path: Path

    def __init__(self, name: str, rate: Fraction, *, offline: bool, room: int = ROOM) -> None:
        self.name, self.rate, self.offline = name, rate, offline
        self.dropped = 0
        self.repeated = 0
        self._pacing = Pacing(rate, offline=offline)
        self._faults = Faults(log)
        self._room = room
        self._waiting: queue.Queue[tuple[Picture, int] | None] = queue.Queue(room)
        # The newest frame that was left out, and the one to be written next.
        self._left_out, self._next = -1, 0
        self._error: OutputError | None = None
        self._error_raised = self._closed = False
        # A daemon: a writer stuck in a driver must not keep a finished program from ending.
        self._thread = threading.Thread(target=self._run, name=f"write {name}", daemon=True)
        self._thread.start()

    def show(self, picture: Picture, at: float) -> None:
        """Queue one picture `[height, width, 3]`; `at` is looked at only live.

        Raises:
            OutputError: this output is closed, or what it wrote before has failed.
        """
        self._raise_error()
        if self._closed:
            raise OutputError(f"{self.name} is closed; open a new output to write more pictures.")
        frame = self._pacing.frame_of(at)
        if frame is None:
            self.dropped += 1
            return
        self._waiting.maxsize = min(self._room, max(2, ROOM_BYTES // picture.nbytes))
        try:
            self._waiting.put((picture, frame), block=self.offline)
        except queue.Full:
            self.dropped, self._left_out = self.dropped + 1, frame
            behind = OutputError("the writer is behind, so a picture was left out to keep the show going")
            self._faults.tell(self.name, behind, trace=False)
            return
        self._pacing.mark_written(frame)

    def close(self) -> None:
        """Write what is queued and finish the file; waits for that, so a show that goes on calls it elsewhere.

        Raises:
            OutputError: the file could not be written or finished, and no `show` has said so yet.
        """
        if self._closed:
            return
        self._closed = True
        patience = None if self.offline else FINISH_S
        try:
            self._waiting.put(None, timeout=patience)
        except queue.Full:
            raise OutputError(f"{self.name} is stuck: nothing was written for {FINISH_S:.0f} s.") from None
        if not self._wait_for_end(patience):
            raise OutputError(f"{self.name} did not finish in {FINISH_S:.0f} s; its last second may be missing.")
        if self.dropped or self.repeated:
            log.info("%s: %d pictures left out, %d repeated to keep time", self.name, self.dropped, self.repeated)
        if not self._error_raised:
            self._raise_error()

    def find_result(self) -> Path | None:
        """Return where the file is by now; None where it is gone. Any thread."""
        return self.path

    @property
    def disk_minutes(self) -> float | None:
        """How long until the disk is full, as far as it is known. Any thread."""
        return None

    @abstractmethod
    def _write(self, picture: Picture, frame: int) -> None:
        """Write `picture` as `frame`, on the thread: 0, 1, 2, ... (with gaps if it `holds`).

        A repeat passes the same array again.
        """

    @abstractmethod
    def _finish(self) -> None:
        """Finish the file after the last frame, on the thread; only called if nothing failed."""

    @abstractmethod
    def _abandon(self) -> None:
        """Let go of the file after a failure and keep what is on the disk, on the thread."""

    def _wait_for_end(self, patience: float | None) -> bool:
        """Wait while anything is written within `patience` seconds; return whether the thread has ended."""
        self._thread.join(SILENT_S if patience is None else min(SILENT_S, patience))
        # The last item says that no more come.
        waiting = self._waiting.qsize() - 1
        if self._thread.is_alive() and waiting > 0:
            log.info("%s: %d pictures still wait to be written", self.name, waiting)
        while self._thread.is_alive():
            written = self._next
            self._thread.join(patience)
            if self._next == written:
                break
        return not self._thread.is_alive()

    def _raise_error(self) -> None:
        if self._error:
            self._error_raised = True
            raise self._error

    def _run(self) -> None:
        # A lower priority for this thread was tried: on two busy cores the renderer gained nothing that could be
        # measured, and at 512x512 the recording lost up to 20 times as many pictures.
        try:
            self._write_all()
        except Exception as error:  # noqa: BLE001 - an encoder or a disk fails in ways of its own
            self._fail(error)
            while self._waiting.get() is not None:
                pass  # a show that waits for room gets it, and finds the error the next time
            return
        try:
            self._finish()
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def _write_all(self) -> None:
        last: Picture | None = None
        while (item := self._waiting.get()) is not None:
            picture, frame = item
            if last is not None and not self.holds:
                self._repeat(last, frame)
            self._write(picture, frame)
            self._next, last = frame + 1, picture
        if last is not None and self._left_out >= self._next:
            # The show went on after the last picture that there was room for.
            if self.holds:
                self._write(last, self._left_out)
            else:
                self._repeat(last, self._left_out + 1)

    def _repeat(self, picture: Picture, end: int) -> None:
        """Write `picture` as each frame before `end` that has none."""
        while self._next < end:
            self._write(picture, self._next)
            self._next += 1
            self.repeated += 1

    def _fail(self, error: Exception) -> None:
        log.debug("%s failed", self.name, exc_info=error)
        self._error = explain(self.name, error)
        try:
            self._abandon()
        except Exception as second:  # noqa: BLE001 - the file is given up already; this only says how
            log.warning("%s: letting go of the file failed too: %s", self.name, second)
