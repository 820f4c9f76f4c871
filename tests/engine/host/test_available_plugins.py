"""Plugins that could be added: their help from files that are never run."""

import os
from pathlib import Path

import pytest

from likeness.host.available_plugins import SCAN_S, AvailablePlugins, PluginHelp, read_help
from likeness.host.discovery import find_plugins

RUN = 'raise SystemExit("it was run")\n'


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def available(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AvailablePlugins:
    monkeypatch.setattr("likeness.host.available_plugins.installed_plugins", lambda: {"packed": "a.package:Plugin"})
    return AvailablePlugins(lambda: find_plugins([tmp_path]), clock)


def settled(available: AvailablePlugins) -> dict[str, PluginHelp]:
    """Return what is said once every file was read."""
    for _ in range(20):
        told = available.plugins()
    return told


def test_help_is_the_first_line_of_the_module_or_the_class_and_nothing_is_run(
    available: AvailablePlugins, tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text('"""Waves of light.\n\nMore of them.\n"""\n' + RUN)
    (tmp_path / "two.py").write_text(RUN + 'class Plugin:\n    """\n    Tides.\n    """\n')
    (tmp_path / "none.py").write_text(RUN)
    told = settled(available)
    assert {name: each.help for name, each in told.items()} == {
        "none": "",
        "one": "Waves of light.",
        "packed": "Installed: a.package:Plugin.",
        "two": "Tides.",
    }


def test_a_file_that_is_dropped_into_the_folder_is_told_within_a_second(
    available: AvailablePlugins, tmp_path: Path, clock: Clock
) -> None:
    settled(available)
    (tmp_path / "late.py").write_text('"""Late."""\n')
    assert "late" not in settled(available)
    clock.now += SCAN_S
    assert settled(available)["late"].help == "Late."
    (tmp_path / "late.py").unlink()
    clock.now += SCAN_S
    assert "late" not in settled(available)


def test_a_file_is_read_again_only_once_it_has_changed(
    available: AvailablePlugins, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def spy(path: Path) -> PluginHelp:
        read.append(path.stem)
        return read_help(path)

    monkeypatch.setattr("likeness.host.available_plugins.read_help", spy)
    file = tmp_path / "one.py"
    file.write_text('"""Before."""\n')
    settled(available)
    clock.now += SCAN_S
    settled(available)
    assert read == ["one"]
    file.write_text('"""After."""\n')
    os.utime(file, ns=(1, 1))
    clock.now += SCAN_S
    assert settled(available)["one"].help == "After."
    assert read == ["one", "one"]


def test_what_cannot_be_parsed_says_so_in_words(available: AvailablePlugins, tmp_path: Path) -> None:
    (tmp_path / "slip.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "zero.py").write_bytes(b"x = 1\0")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    told = settled(available)
    assert told["slip"].error == "SyntaxError: invalid syntax (line 2)"
    assert "null bytes" in told["zero"].error
    assert "SyntaxError" in told["latin"].error


def test_a_file_that_is_gone_is_noticed(available: AvailablePlugins, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "one.py"
    path.write_text("")
    settled(available)
    assert not available.is_gone(path)
    path.unlink()
    clock.now += SCAN_S
    settled(available)
    assert available.is_gone(path)
