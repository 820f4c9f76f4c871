"""`likeness check` says whether the show may come before other programs, and how to allow it."""

import getpass
import sys

import pytest

from likeness.tools.preflight import priority
from likeness.tools.preflight.finding import Verdict
from likeness.tools.preflight.priority import check_priority


def found(monkeypatch: pytest.MonkeyPatch, *, may: bool, session: int | None, platform: str = "linux") -> str:
    monkeypatch.setattr(priority, "may_raise", lambda: may)
    monkeypatch.setattr(priority, "read_session", lambda: session)
    monkeypatch.setattr(sys, "platform", platform)
    finding = check_priority()
    # Nothing of it was asked for, so nothing is less than that.
    assert finding.verdict is Verdict.GOOD
    return finding.text


def test_what_the_system_allows_is_said_and_beside_whom_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, may=True, session=None).endswith("come before other programs")
    assert "sched_autogroup_enabled=0" in found(monkeypatch, may=True, session=0)


def test_where_it_is_refused_the_line_that_allows_it_is_said_on_linux_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "vj")
    assert "/etc/security/limits.d/faces.conf has the line 'vj - nice -10'" in found(monkeypatch, may=False, session=0)
    assert "limits" not in found(monkeypatch, may=False, session=None, platform="darwin")

    def nobody() -> str:
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "'@audio - nice -10'" in found(monkeypatch, may=False, session=0)
