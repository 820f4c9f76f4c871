"""Writer of a take: lines of JSON, packed, on the disk each second, by a thread of its own."""

import base64
import hashlib
import json
import logging
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from torch import Tensor

from likeness.errors import LikenessError, OutputError
from likeness.files.free_name import claim_name
from likeness.outputs.writer import explain
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

SUFFIX = ".take"
# What a kill can take.
FLUSH_S = 1.0
# Packed as gzip, so that `zcat` reads it too.
GZIP_BITS = 31

Line = list[Any] | Mapping[str, Any]


class TakeWriter:
    """Writes a take. Any thread puts lines, which costs it a place in a queue; `close` belongs to the owner.

    A disk that refuses ends the take with a line in the log; the show goes on. What a kill leaves behind is readable up
    to the second before.

    Args:
        path: wanted; where it is taken, the next free name.
        force: replace what is there.

    Attributes:
        path: of the file.

    Raises:
        OutputError: the name does not end in .take, or the file cannot be made.
    """

    def __init__(self, path: Path, *, force: bool = False) -> None:
        if path.suffix.lower() != SUFFIX:
            raise OutputError(f"--take {path}: the name of a take ends in {SUFFIX}, such as {path.stem}{SUFFIX}")
        try:
            self.path = claim_name(path, force=force)
            # One write for each flush: no buffer in between that a kill would take.
            self._file = open(self.path, "wb", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise explain(f"take {path}", error) from error
        self._packer = zlib.compressobj(9, wbits=GZIP_BITS)
        self._lines: SimpleQueue[Callable[[], Line | None]] = SimpleQueue()
        self._faces: dict[bytes, int] = {}
        self.failed = False
        self._thread = StoppableThread("take writer", self._run)
        self._thread.start()

    def put(self, line: Line) -> None:
        """Write `line`."""
        self.put_later(lambda: line)

    def put_face(self, number: int, face: Tensor) -> None:
        """Write the face `[num_ws, w_dim]` of the recall `number`."""
        self.put_later(lambda: self._describe_face(number, face))

    def put_later(self, make: Callable[[], Line | None]) -> None:
        """Write the line that `make` returns on the writer's thread, if it returns one."""
        if not self.failed:
            self._lines.put(make)

    def close(self) -> None:
        """Write what is left. Safe to call twice."""
        self._thread.close()

    # All below runs on the writer's thread.

    def _run(self) -> None:
        try:
            while not self._thread.stopping.wait(FLUSH_S):
                self._write(zlib.Z_SYNC_FLUSH)
            self._write(zlib.Z_FINISH)
        except OSError as error:
            self.failed = True
            log.error("the take ends here, and the show goes on: %s", explain(f"take {self.path}", error))
        finally:
            self._file.close()

    def _write(self, flush: int) -> None:
        packed = b""
        while True:
            try:
                make = self._lines.get_nowait()
            except Empty:
                break
            text = self._make_line(make)
            packed += self._packer.compress(text.encode())
        packed += self._packer.flush(flush)
        while packed:
            packed = packed[self._file.write(packed) :]
        if self.path.is_file():
            os.fsync(self._file.fileno())

    def _make_line(self, make: Callable[[], Line | None]) -> str:
        try:
            line = make()
        # A weights file that has gone, a device that was lost: the rest of the take is worth having.
        except (LikenessError, OSError, RuntimeError) as error:
            log.warning("take %s lacks something: %s", self.path, error)
            return ""
        return "" if line is None else json.dumps(line, separators=(",", ":")) + "\n"

    def _describe_face(self, number: int, face: Tensor) -> Line:
        values = face.detach().float().cpu().numpy()
        shape = list(values.shape)
        # Most faces are one row, the same for every layer.
        kept = np.ascontiguousarray(values[:1] if (values == values[:1]).all() else values)
        before = self._faces.setdefault(kept.tobytes(), number)
        if before != number:
            return {"face": number, "same": before}
        return {"face": number, "shape": shape, "data": base64.b64encode(kept.tobytes()).decode()}


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
