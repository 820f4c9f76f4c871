"""The audience's processes stand back behind a show, also behind one in another terminal."""

import os
import subprocess
import sys

import pytest

from likeness.audience.priority import SERVER_NICENESS, lower_child
from likeness.toolkit.priority import LEAST, read_session

TELL = """
import os, sys
from likeness.audience import priority
from likeness.toolkit.priority import read_session
with getattr(priority, sys.argv[1])():
    policy = os.sched_getscheduler(0) if hasattr(os, "SCHED_IDLE") else -1
    group = read_session()
after = read_session()
print(os.nice(0), policy, group, after)
"""


def lowered(how: str) -> list[str]:
    """Return the niceness, the policy and the session's niceness of a new session that was lowered."""
    said = subprocess.run(
        [sys.executable, "-c", TELL, how], check=True, capture_output=True, text=True, start_new_session=True
    )
    return said.stdout.split()


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="the system has no such policy")
def test_a_worker_takes_only_what_is_left_and_the_server_comes_before_it() -> None:
    niceness, policy, group, _ = lowered("lower_worker")
    assert (int(niceness), int(policy)) == (LEAST, os.SCHED_IDLE)
    served, normal, served_group, after = lowered("lower_server")
    assert (int(served), int(normal)) == (max(SERVER_NICENESS, os.nice(0)), os.SCHED_OTHER)
    # A nice value alone means nothing between two terminals.
    if read_session() is not None:
        assert (int(group), int(served_group)) == (LEAST, SERVER_NICENESS)
        # A show that is started in the terminal later is not slowed down.
        assert int(after) == 0


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="the system has no such policy")
def test_a_decoder_runs_behind_the_server_that_started_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        lower_child(child.pid)
        found = (os.getpriority(os.PRIO_PROCESS, child.pid), os.sched_getscheduler(child.pid))
        assert found == (LEAST, os.SCHED_IDLE)
    finally:
        child.communicate(b"\n")
    # One that has ended meanwhile is no fault.
    lower_child(child.pid)
