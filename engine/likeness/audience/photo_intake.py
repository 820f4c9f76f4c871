"""Photos from strangers, each decoded in a process of its own: what comes back is a JPEG that we wrote ourselves."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from likeness.audience.photo_decoder import MOST_BYTES, SEPARATOR
from likeness.audience.priority import lower_child, stands_back
from likeness.audience.states import Reason

# Start and decoding take half a second of one core, and a decoder gets only what a show leaves; its processor time is
# bounded by itself.
PATIENCE_S = 60.0
# Each may take a gigabyte and a half.
MOST_AT_ONCE = 2
MOST_OUTPUT = 64_000_000


class PhotoIntake:
    """Decodes uploads. One event loop.

    Args:
        patience_s: after which a decoder is killed.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)

    async def decode(self, raw: bytes) -> bytes | Reason:
        """Return a photo as a clean JPEG, or why it is refused. The bytes are written nowhere."""
        if not raw:
            return Reason.EMPTY
        if len(raw) > MOST_BYTES:
            return Reason.TOO_LARGE
        async with self._turn:
            return await self._run(raw)

    async def _run(self, raw: bytes) -> bytes | Reason:
        decoder = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "likeness.audience.photo_decoder",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=_environment(), limit=MOST_OUTPUT,
        )  # fmt: skip
        # Behind a server that stands back itself; elsewhere it would wait for whatever else is in the session.
        if stands_back():
            lower_child(decoder.pid)
        try:
            output, _ = await asyncio.wait_for(decoder.communicate(raw), self._patience_s)
        except TimeoutError:
            return Reason.TOO_SLOW
        finally:
            # Also where the visitor has hung up meanwhile.
            with suppress(ProcessLookupError):
                if decoder.returncode is None:
                    decoder.kill()
                    await decoder.wait()
        if output.startswith(SEPARATOR):
            return output.removeprefix(SEPARATOR)
        with suppress(ValueError):
            return Reason(output.decode(errors="replace"))
        # It died of its bounds, or of the photo.
        return Reason.BROKEN


def _environment() -> dict[str, str]:
    """Return the environment of a decoder: where Python finds its modules, one thread, no secret of this process."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return {name: os.environ[name] for name in kept if name in os.environ} | dict.fromkeys(threads, "1")
