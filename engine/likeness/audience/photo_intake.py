"""Photos from strangers, each decoded in a process of its own: what comes back is a JPEG that we wrote ourselves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress

from likeness.audience.photo_decoder import MOST_BYTES, SEPARATOR, STARTED
from likeness.audience.priority import lower_child, stands_back
from likeness.audience.states import Reason
from likeness.errors import AudienceError

# Start and decoding take half a second of one core, and a decoder gets only what a show leaves. Its processor time is
# bounded by itself, so that one that is not ready by then has been left without a core: the house's fault.
PATIENCE_S = 60.0
# Each may take a gigabyte and a half.
MOST_AT_ONCE = 2
MOST_OUTPUT = 64_000_000
# Status of a process that has used up its processor time; Windows knows no such bound.
OUT_OF_TIME = -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None


class PhotoIntake:
    """Decodes uploads. One event loop.

    Args:
        patience_s: after which a decoder is killed.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)

    async def decode(self, raw: bytes) -> bytes | Reason:
        """Return a photo as a clean JPEG, or why it is refused. The bytes are written nowhere.

        Raises:
            AudienceError: it is not the photo's fault: no decoder could be started, or it had no core for too long.
        """
        if not raw:
            return Reason.EMPTY
        if len(raw) > MOST_BYTES:
            return Reason.TOO_LARGE
        async with self._turn:
            return await self._run(raw)

    async def _run(self, raw: bytes) -> bytes | Reason:
        try:
            decoder = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "likeness.audience.photo_decoder",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env=_environment(), limit=MOST_OUTPUT,
            )  # fmt: skip
        except OSError as error:
            raise AudienceError(f"no decoder of photos can be started: {error}") from error
        # Behind a server that stands back itself; elsewhere it would wait for whatever else is in the session.
        if stands_back():
            lower_child(decoder.pid)
        try:
            output, _ = await asyncio.wait_for(decoder.communicate(raw), self._patience_s)
        except TimeoutError as error:
            raise AudienceError(
                f"a photo was not decoded within {self._patience_s:g} s; is the machine too busy for an audience?"
            ) from error
        finally:
            # Also where the visitor has hung up meanwhile.
            with suppress(ProcessLookupError):
                if decoder.returncode is None:
                    decoder.kill()
                    await decoder.wait()
        if not output.startswith(STARTED):
            raise AudienceError(f"a decoder of photos ended with {decoder.returncode} before it had looked at one")
        content = output.removeprefix(STARTED)
        if content.startswith(SEPARATOR):
            return content.removeprefix(SEPARATOR)
        with suppress(ValueError):
            return Reason(content.decode(errors="replace"))
        # It died of its bounds, or of the photo.
        return Reason.TOO_SLOW if decoder.returncode == OUT_OF_TIME else Reason.BROKEN


def _environment() -> dict[str, str]:
    """Return the environment of a decoder: where Python finds its modules, one thread, no secret of this process."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return {name: os.environ[name] for name in kept if name in os.environ} | dict.fromkeys(threads, "1")
