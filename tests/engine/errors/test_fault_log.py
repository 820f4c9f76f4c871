"""Faults that come back every frame fill no log."""

import logging

import pytest

from likeness.errors import RenderError, WeightsError
from likeness.errors.fault_log import QUIET_S, Faults


def test_a_fault_is_told_once_with_its_traceback_then_counted_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    faults = Faults(logging.getLogger("test"), lambda: now)
    for index in range(600):
        now = index / 60
        faults.tell("walk.update", ValueError("boom"))
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]
    assert "failed 301 times" in caplog.text
    assert QUIET_S == 5.0


def test_places_are_counted_apart(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults(logging.getLogger("test"))
    counts = [faults.tell(where, ValueError("boom")) for where in ("a", "b", "a")]
    assert counts == [1, 1, 2]
    faults.forget("a")
    assert faults.tell("a", ValueError("boom")) == 1


def test_what_is_no_fault_is_a_warning_that_is_counted_as_well(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    faults = Faults(logging.getLogger("test"), lambda: now)
    for index in range(600):
        now = index / 60
        faults.warn("silence", "no picture")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert [record.message for record in caplog.records] == ["no picture", "no picture (301 times by now)"]


def test_a_fatal_fault_is_raised_in_one_line_with_what_was_raised_as_its_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = Faults(logging.getLogger("test"), fatal=True)
    with pytest.raises(RenderError, match=r"^walk\.update failed: boom$") as raised:
        faults.tell("walk.update", ValueError("boom"))
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(RenderError, match=r"^walk: no face; name one$") as raised:
        faults.tell("walk.update", WeightsError("no face; name one"))
    with pytest.raises(RenderError, match=r"^walk: no face; name one$"):
        faults.tell("drawing", raised.value)
    assert not caplog.records
