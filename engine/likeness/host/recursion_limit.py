"""A recursion limit that no plugin can lower while a show plays."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def keep_recursion_limit() -> Iterator[None]:
    """Let nobody lower the recursion limit: it counts for every thread at once, and the show's own would fail.

    To put it back after the hook is too late, so `sys.setrecursionlimit` itself refuses within the context.
    """
    set_limit, lowest = sys.setrecursionlimit, sys.getrecursionlimit()
    told: set[str] = set()
    left = False

    def set_higher(limit: int, /) -> None:
        # Of two shows the one that began first may end first, and the other then puts this function back.
        if left:
            set_limit(limit)
            return
        who = Path(sys._getframe(1).f_code.co_filename).stem
        if limit < lowest and who not in told:
            told.add(who)
            log.warning("%s wants a recursion limit of %d; it stays %d, which the show needs", who, limit, lowest)
        set_limit(max(limit, lowest))

    sys.setrecursionlimit = set_higher
    try:
        yield
    finally:
        left = True
        sys.setrecursionlimit = set_limit
