"""Failures of plugins in one line, with the plugin's own line and without a folder."""

from pathlib import Path

import pytest

from likeness.errors import PluginError
from likeness.host.discovery import load_plugin
from likeness.host.failure import LONGEST, describe_failure


def failure(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text(text)
    try:
        load_plugin("mine", {"mine": path})
    except BaseException as error:  # noqa: BLE001 - whatever the file raises
        return describe_failure(error, path)
    pytest.fail("nothing was raised")


def test_the_line_is_the_innermost_one_of_the_plugins_own_file(tmp_path: Path) -> None:
    text = "import json\n\ndef read():\n    return json.loads('{')\n\nread()\n"
    told = failure(tmp_path, text)
    assert told.startswith("JSONDecodeError: ")
    assert told.endswith("(line 4)")


def test_a_slip_of_the_pen_names_its_line_and_no_folder(tmp_path: Path) -> None:
    assert failure(tmp_path, "x = 1\ny = = 2\n") == "SyntaxError: invalid syntax (line 2)"


def test_our_own_errors_speak_for_themselves_and_long_ones_are_cut() -> None:
    assert describe_failure(PluginError("it is not\nin the rack any more")) == "it is not in the rack any more"
    assert describe_failure(ValueError()) == "ValueError"
    long = describe_failure(ValueError("x" * 1000))
    assert len(long) == LONGEST
    assert long.endswith("...")
