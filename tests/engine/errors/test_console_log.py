"""The log on a terminal: the place of a failure and its sentence, a traceback only where it is asked for."""

import logging
from pathlib import Path

import pytest

from likeness.errors import PluginError
from likeness.errors.console_log import ConsoleFormatter
from likeness.host.discovery import load_plugin


def record(error: BaseException) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__)
    return logging.LogRecord("likeness.show", logging.ERROR, __file__, 1, "plugin %s: %s", ("glow", error), told)


def failure(folder: Path, text: str) -> Exception:
    (folder / "glow.py").write_text(text)
    try:
        load_plugin("glow", {"glow": folder / "glow.py"})
    except Exception as error:  # noqa: BLE001 - whatever the file raises
        return error
    pytest.fail("nothing was raised")


@pytest.mark.parametrize("text", ["import json\n\njson.loads('{')\n", "\n\nx = = 2\n", "\n\nnothing_of_that_name\n"])
def test_a_failure_in_a_plugin_is_one_line_that_begins_with_its_place(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failed = record(failure(tmp_path, text))
    told = ConsoleFormatter(traces=False).format(failed)
    assert told.startswith("ERROR: glow.py:3: plugin glow: ")
    assert "\n" not in told
    # The record keeps its traceback for other handlers.
    assert failed.exc_info
    assert "Traceback (most recent call last)" in ConsoleFormatter(traces=True).format(failed)


def test_our_own_errors_name_the_thing_themselves_and_lines_without_an_error_stay() -> None:
    assert ConsoleFormatter(traces=False).format(record(PluginError("no lamp"))) == "ERROR: plugin glow: no lamp"
    plain = logging.LogRecord("likeness", logging.INFO, __file__, 1, "%d %%", (3,), None)
    assert ConsoleFormatter(traces=False).format(plain) == "INFO: 3 %"
