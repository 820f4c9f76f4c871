"""The end of a server: what would keep it waiting is let go of, and whoever waits for an answer gets one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ServerClosingError(Exception):
    """The server ends: what was begun is dropped, and can be sent again to the next one."""


class Closing:
    """Says that the server ends. One event loop."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether the server ends."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Let go of all that waits in `before`."""
        self._begun.set()

    async def before(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what comes of `work`, which is cancelled where the server ends first.

        Raises:
            ServerClosingError: it does.
        """
        task, end = asyncio.ensure_future(work), asyncio.ensure_future(self._begun.wait())
        try:
            await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            for each in (task, end):
                each.cancel()
            # The work cleans up first, as by ending a process of its own.
            await asyncio.wait((task, end))
        raise ServerClosingError
