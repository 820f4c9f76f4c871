"""Check of whether the show may come before other programs."""

import getpass
import sys

from likeness.toolkit.priority import RAISED, may_raise, read_session
from likeness.tools.preflight.finding import Finding, good


def check_priority() -> Finding:
    """Say whether the system lets the show have the cores before other programs, and how to allow it."""
    if may_raise():
        # Linux's sessions are what a terminal or a login has started.
        session = read_session() is not None
        whose = "other programs of this session; sysctl kernel.sched_autogroup_enabled=0 makes that all of them"
        return good("priority", f"the threads that play and draw come before {whose if session else 'other programs'}")
    if sys.platform != "linux":
        return good("priority", "the show shares the cores with other programs")
    line = f"{_find_user()} - nice {RAISED}"
    return good(
        "priority",
        f"the show shares the cores with other programs; it comes first where /etc/security/limits.d/faces.conf has "
        f"the line {line!r}, from the next login on",
    )


def _find_user() -> str:
    try:
        return getpass.getuser()
    # Some containers have no name for theirs.
    except (OSError, KeyError):
        return "@audio"
